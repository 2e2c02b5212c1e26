"""DiracGAN: the smallest GAN, whose whole dynamics is known in closed form (Mescheder et al. 2018, sec. 2).

The data is one point, x = 0.  G(z) = theta (a Dense(1, 1) fed with z = 1), D(x) = psi x.  Training follows the vector field
w(theta, psi) = (-dL_G/dtheta, -dL_D/dpsi), whose Jacobian at the equilibrium (0, 0) has the eigenvalues

    +- i f'(0)                                       without a penalty: it circles for ever
    -gamma/2 +- sqrt(gamma^2/4 - f'(0)^2)            with R1 or R2: it settles        (Mescheder, theorem 4.1; R3GAN, app.)

It tests what single gradients cannot: that loss, penalty, routing and signs together make the right game.
"""

import cmath
from collections.abc import Iterator
from functools import partial

import numpy as np

from minigan import losses
from minigan.certify.claim import Claim
from minigan.gradcheck import Check, compare
from minigan.layers import Dense
from minigan.network import Sequential
from minigan.penalties import add_penalty, r1, r2

BOUND = 1e-8
SLOPES = {  # f'(0) of the losses whose G plays against the same f as D
    "minimax": 0.5,
    "non_saturating": 0.5,
    "relativistic": 0.5,
    "wasserstein": 1.0,
    "hinge": 1.0,
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
            add_penalty(D, *((f, fake_caches) if self.penalty.func is r2 else (r, real_caches)), self.penalty)
        return -np.concatenate([G.grad, D.grad])

    def eigenvalues(self, h: float = 1e-5) -> np.ndarray:
        """Of the Jacobian of w at (0, 0), by central differences -> (2,) complex."""
        columns = [(self.field(*step) - self.field(*-step)) / (2 * h) for step in h * np.eye(2)]
        return np.linalg.eigvals(np.stack(columns, axis=1).astype(complex))


def closed_form(slope: float, gamma: float) -> list[complex]:
    root = cmath.sqrt(gamma**2 / 4 - slope**2)
    return [-gamma / 2 + root, -gamma / 2 - root]


def eigenvalues(name, penalty, gamma) -> Iterator[Check]:
    game = DiracGAN(losses.GAN_LOSSES[name], partial(penalty, gamma=gamma) if penalty else None)
    got, expected = (
        sorted(map(complex, pair), key=lambda e: (round(e.imag, 6), e.real))
        for pair in (game.eigenvalues(), closed_form(SLOPES[name], gamma))
    )
    yield compare("eigenvalues", got, expected, BOUND)


def claims() -> list[Claim]:
    made = []
    for name in SLOPES:
        for penalty, gammas in ((None, (0.0,)), (r1, (0.3, 3.0)), (r2, (0.3, 3.0))):  # a spiral, a straight way in
            for gamma in gammas:
                title = f"{penalty.__name__}, gamma={gamma}" if penalty else "no penalty"
                run = partial(eigenvalues, name, penalty, gamma)
                made.append(Claim("DiracGAN", title.partition(",")[0], "eigenvalues", f"{name}, {title}", run))
    return made
