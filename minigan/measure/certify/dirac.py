"""DiracGAN: the smallest GAN, whose whole dynamics is known in closed form (Mescheder et al. 2018, sec. 2).

The data is one point, x = 0.  G(z) = theta (a Dense(1, 1) fed with z = 1), D(x) = psi x.  Training follows the vector field
w(theta, psi) = (-dL_G/dtheta, -dL_D/dpsi).  D scores the data r = 0 and the fake f = psi theta, so with the slopes written by hand

    w = (-L_G'(f) psi,  -L_D'(f) theta - P'(psi))

and the Jacobian at the equilibrium (0, 0) has the eigenvalues, with a^2 = -L_G'(0) L_D'(0),

    +- i a                                 without a penalty: it circles for ever
    -gamma/2 +- sqrt(gamma^2/4 - a^2)      with R1 or R2: it settles        (Mescheder, theorem 4.1, a = f'(0); R3GAN, app.)

It tests what single gradients cannot: that loss, penalty, routing and signs together make the right game.  Least squares is
the odd one: its D wants r = 1 and f = 0, psi x is 0 at the data whatever psi, and at f = 0 D has nothing to learn: a = 0.
"""

import cmath
import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from minigan import losses
from minigan.gradcheck import Check, compare
from minigan.layers import Dense
from minigan.measure.certify.claim import Claim
from minigan.network import Sequential
from minigan.penalties import add_penalty, as_penalties, r1, r2

BOUND = 1e-8


def _sigmoid(s):
    return 1 / (1 + math.exp(-s))


def _one(f):
    return 1.0


FORCES = {  # L_D'(f), -L_G'(f): how the fake's score pushes D, and how it pulls G
    "minimax": (_sigmoid, _sigmoid),
    "non_saturating": (_sigmoid, lambda f: _sigmoid(-f)),
    "least_squares": (lambda f: f, lambda f: 1 - f),
    "hinge": (lambda f: float(f > -1), _one),
    "wasserstein": (_one, _one),
    "relativistic": (_sigmoid, lambda f: _sigmoid(-f)),
}
PULLS = {  # P'(psi) with weight gamma or lam: D is linear, so dD/dx = psi everywhere
    "r1": lambda psi, gamma: gamma * psi,
    "r2": lambda psi, gamma: gamma * psi,
    "wgan_gp": lambda psi, lam: 2 * lam * (psi - (psi > 0) + (psi < 0)),  # of lam (|psi| - 1)^2; 0 at 0
    "dragan": lambda psi, lam: 2 * lam * (psi - (psi > 0) + (psi < 0)),
}


class DiracGAN:
    def __init__(self, loss, penalty=None):
        self.loss, self.penalty = loss, penalty
        self.G, self.D = (Sequential(Dense(1, 1, bias=False), rng=0, dtype=np.float64) for _ in "GD")

    def field(self, theta: float, psi: float) -> np.ndarray:
        """w(theta, psi) = (-dL_G/dtheta, -dL_D/dpsi) -> (2,), by the library's own forward and backward."""
        G, D = self.G, self.D
        G.theta[...], D.theta[...] = theta, psi
        G.zero_grad(), D.zero_grad()
        fake, caches = G.forward(np.ones((1, 1)))
        r, real_caches = D.forward(np.zeros((1, 1)))
        f, fake_caches = D.forward(fake)
        _, d_fake, *_ = self.loss.g(r, f)
        G.backward(D.backward(d_fake, fake_caches, learn=False), caches)
        _, d_real, d_fake = self.loss.d(r, f)
        D.backward(d_real, real_caches)
        D.backward(d_fake, fake_caches)
        if self.penalty:
            points = {"real": 0 * fake, "fake": fake, "between": fake / 2, "around": 0 * fake}[
                as_penalties([self.penalty])[0].place
            ]
            add_penalty(D, *D.forward(points), self.penalty)
        return -np.concatenate([G.grad, D.grad])  # eq:dirac.field

    def eigenvalues(self, h: float = 1e-5) -> np.ndarray:
        """Of the Jacobian of w at (0, 0), by central differences -> (2,) complex."""
        columns = [(self.field(*step) - self.field(*-step)) / (2 * h) for step in h * np.eye(2)]  # eq:dirac.jacobian
        return np.linalg.eigvals(np.stack(columns, axis=1).astype(complex))


def closed_field(loss: str, penalty: str | None, weight: float, theta: float, psi: float) -> np.ndarray:
    """The same w(theta, psi) by the formula above -> (2,)."""
    push, pull = FORCES[loss]
    f = psi * theta
    # eq:dirac.closed_field
    return np.array([pull(f) * psi, -push(f) * theta - (PULLS[penalty](psi, weight) if penalty else 0.0)])


def closed_form(loss: str, gamma: float) -> list[complex]:
    """The eigenvalues: of [[0, -L_G'(0)], [-L_D'(0), -gamma]]."""
    push, pull = FORCES[loss]
    root = cmath.sqrt(gamma**2 / 4 - push(0.0) * pull(0.0))
    return [-gamma / 2 + root, -gamma / 2 - root]  # eq:dirac.eigenvalues


def in_order(eigenvalues) -> list[complex]:
    """Sorted, so that two pairs can be compared."""
    return sorted(map(complex, eigenvalues), key=lambda e: (round(e.imag, 6), e.real))


def eigenvalues(name, penalty, gamma) -> Iterator[Check]:
    game = DiracGAN(losses.GAN_LOSSES[name], partial(penalty, gamma=gamma) if penalty else None)
    yield compare("eigenvalues", in_order(game.eigenvalues()), in_order(closed_form(name, gamma)), BOUND)


def claims() -> list[Claim]:
    made = []
    for name in FORCES:
        for penalty, gammas in ((None, (0.0,)), (r1, (0.3, 3.0)), (r2, (0.3, 3.0))):  # a spiral, a straight way in
            for gamma in gammas:
                title = f"{penalty.name}, gamma={gamma}" if penalty else "no penalty"
                run = partial(eigenvalues, name, penalty, gamma)
                made.append(Claim("DiracGAN", title.partition(",")[0], "eigenvalues", f"{name}, {title}", run))
    return made
