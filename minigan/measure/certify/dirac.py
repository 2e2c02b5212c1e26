"""DiracGAN: the smallest GAN; its dynamics is known in closed form (Mescheder et al. 2018, sec. 2).

The data is one point, x = 0.  G(z) = theta (a Dense(1, 1) with input z = 1), D(x) = psi x.  Training follows the vector field
w(theta, psi) = (-dL_G/dtheta, -dL_D/dpsi).  The scores are r = 0 for the data and f = psi theta for the fake, so by the chain rule

    w = (-L_G'(f) psi,  -L_D'(f) theta - P'(psi))

and the Jacobian at the equilibrium (0, 0) has the eigenvalues, with a^2 = -L_G'(0) L_D'(0),

    +- i a                                 without a penalty: it circles for ever
    -gamma/2 +- sqrt(gamma^2/4 - a^2)      with R1 or R2: it converges      (Mescheder, theorem 4.1, a = f'(0); R3GAN, app.)

This tests what single gradients cannot: that loss, penalty, routing and signs together form the right game.  Least squares is
the exception: its D aims for r = 1 and f = 0, but psi x is 0 at the data for any psi, and at f = 0 D has nothing to learn: a = 0.
"""

import cmath
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np

from minigan import losses
from minigan.gradcheck import Check, compare
from minigan.layers import Dense
from minigan.measure.certify.claim import Claim
from minigan.measure.certify.losses import sigmoid
from minigan.network import Sequential
from minigan.penalties import R1, R2, add_penalty, as_penalties

BOUND = 1e-8


def _one(f: float) -> float:
    return 1.0


FORCES: dict[
    str, tuple[Callable[[float], float], Callable[[float], float]]
] = {  # L_D'(f), -L_G'(f): the derivatives of both losses in the fake's score
    "minimax": (sigmoid, sigmoid),
    "non_saturating": (sigmoid, lambda f: sigmoid(-f)),
    "least_squares": (lambda f: f, lambda f: 1 - f),
    "hinge": (lambda f: float(f > -1), _one),
    "wasserstein": (_one, _one),
    "relativistic": (sigmoid, lambda f: sigmoid(-f)),
}
PULLS: dict[
    str, Callable[[float, float], float]
] = {  # P'(psi), weight gamma or lam; D is linear: dD/dx = psi everywhere
    "r1": lambda psi, gamma: gamma * psi,
    "r2": lambda psi, gamma: gamma * psi,
    "wgan_gp": lambda psi, lam: 2 * lam * (psi - (psi > 0) + (psi < 0)),  # d/dpsi of lam (|psi| - 1)^2; 0 at psi = 0
    "dragan": lambda psi, lam: 2 * lam * (psi - (psi > 0) + (psi < 0)),
}


class DiracGAN:
    """G(z) = theta, D(x) = psi x, built from the library's own layers, in float64.

    Parameters
    ----------
    loss : GANLoss
        Such as losses.wasserstein.
    penalty : penalty, optional
        Such as R1(gamma=0.3).
    """

    def __init__(self, loss: losses.GANLoss, penalty: Callable | None = None):
        self.loss, self.penalties = loss, as_penalties([penalty] if penalty else None)
        self.G, self.D = (Sequential(Dense(1, 1, bias=False), rng=0, dtype=np.float64) for _ in "GD")

    def field(self, theta: float, psi: float) -> np.ndarray:
        """w(theta, psi) = (-dL_G/dtheta, -dL_D/dpsi) -> (2,), computed with the library's forward and backward."""
        G, D = self.G, self.D
        G.theta[...], D.theta[...] = theta, psi
        G.zero_grad()
        D.zero_grad()
        fake, caches = G.forward(np.ones((1, 1)))
        r, real_caches = D.forward(np.zeros((1, 1)))
        f, fake_caches = D.forward(fake)
        _, d_fake, *_ = self.loss.g(r, f)
        G.backward(D.backward(d_fake, fake_caches, learn=False), caches)
        _, d_real, d_fake = self.loss.d(r, f)
        D.backward(d_real, real_caches)
        D.backward(d_fake, fake_caches)
        for penalty in self.penalties:
            points = {"real": 0 * fake, "fake": fake, "between": fake / 2, "around": 0 * fake}[penalty.place]
            add_penalty(D, *D.forward(points), penalty)
        return -np.concatenate([G.grad, D.grad])  # eq:dirac.field

    def eigenvalues(self, h: float = 1e-5) -> np.ndarray:
        """The eigenvalues of the Jacobian of w at (0, 0), by central differences with step h -> (2,) complex."""
        columns = [(self.field(*step) - self.field(*-step)) / (2 * h) for step in h * np.eye(2)]  # eq:dirac.jacobian
        return np.linalg.eigvals(np.stack(columns, axis=1).astype(complex))


def closed_field(loss: str, penalty: str | None, weight: float, theta: float, psi: float) -> np.ndarray:
    """w(theta, psi) by the formula above -> (2,).  weight: gamma or lam of the penalty."""
    push, pull = FORCES[loss]
    f = psi * theta
    # eq:dirac.closed_field
    return np.array([pull(f) * psi, -push(f) * theta - (PULLS[penalty](psi, weight) if penalty else 0.0)])


def closed_form(loss: str, gamma: float) -> list[complex]:
    """The two eigenvalues of [[0, -L_G'(0)], [-L_D'(0), -gamma]]: the Jacobian at (0, 0) with R1 or R2, or gamma = 0."""
    push, pull = FORCES[loss]
    root = cmath.sqrt(gamma**2 / 4 - push(0.0) * pull(0.0))
    return [-gamma / 2 + root, -gamma / 2 - root]  # eq:dirac.eigenvalues


def in_order(eigenvalues: Iterable[complex]) -> list[complex]:
    """The eigenvalues, sorted by imaginary then real part, so two pairs can be compared."""
    return sorted(map(complex, eigenvalues), key=lambda e: (round(e.imag, 6), e.real))


def eigenvalues(name: str, penalty: type[R1] | None, gamma: float) -> Iterator[Check]:
    """The eigenvalues of the library's field against the closed form."""
    game = DiracGAN(losses.GAN_LOSSES[name], penalty(gamma) if penalty else None)
    yield compare("eigenvalues", in_order(game.eigenvalues()), in_order(closed_form(name, gamma)), BOUND)


def claims() -> list[Claim]:
    """The eigenvalues for each loss, without a penalty and with R1 and R2 at two weights."""
    made = []
    for name in FORCES:
        for penalty, gamma in ((None, 0.0), (R1, 0.3), (R1, 3.0), (R2, 0.3), (R2, 3.0)):  # 0.3: complex, 3.0: real
            subject, weight = (penalty().name, f", gamma={gamma}") if penalty else ("no penalty", "")
            run = partial(eigenvalues, name, penalty, gamma)
            made.append(Claim("DiracGAN", subject, "eigenvalues", f"{name}, {subject}{weight}", run))
    return made
