"""The eigenvalues of a map that is known only by what it does to a vector.

With few weights J is written down column by column, and all eigenvalues are exact.  With many, Arnoldi's iteration builds an orthonormal
basis Q of u, J u, J^2 u, ... in which J is a small matrix H; the largest eigenvalues of H approach those of J, and

    || J (Q y) - mu (Q y) || = |h_{m+1,m}| |y_m|        is the residual of the eigenvalue mu with H y = mu y

(Saad 2011, *Numerical methods for large eigenvalue problems*, proposition 6.8).
"""

import math
from typing import NamedTuple

import numpy as np

from minigan.measure.spectrum.step import Map

DENSE = 2000  # up to this many weights the whole matrix is made


class Mode(NamedTuple):
    """One eigenvalue of a step; of a conjugate pair the one with arg mu > 0."""

    mu: complex
    residual: float  # || J y - mu y || of its unit vector y; 0 where the whole matrix was made

    @property
    def growth(self) -> float:
        """|mu|, the factor of one step."""
        return abs(self.mu)

    @property
    def period(self) -> float:
        """2 pi / |arg mu| steps; inf for a mode that does not turn, 2 for one that changes its sign in every step."""
        angle = abs(math.atan2(self.mu.imag, self.mu.real))
        return 2 * math.pi / angle if angle > 0 else math.inf


def modes(step: Map, n: int, m: int = 200, rng: np.random.Generator | None = None) -> list[Mode]:
    """The eigenvalues of u -> step(u), u (n,), by falling |mu|: all up to n = DENSE, else the largest that m products give.

    rng draws the first vector of the iteration (default: seed 0).
    """
    if n <= DENSE:
        mu = np.linalg.eigvals(np.stack([step(column) for column in np.eye(n)], axis=1))
        residual = np.zeros(n)
    else:
        mu, residual = arnoldi(step, n, m, rng or np.random.default_rng(0))
    found = [Mode(complex(value), float(r)) for value, r in zip(mu, residual, strict=True) if value.imag >= 0]
    return sorted(found, key=lambda mode: -mode.growth)


def arnoldi(step: Map, n: int, m: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(mu (k,), residual (k,)) with k <= m products; fewer if the basis cannot grow any more."""
    Q, H = np.zeros((m + 1, n)), np.zeros((m + 1, m))
    q = rng.standard_normal(n)
    Q[0] = q / math.sqrt(q @ q)
    for k in range(m):
        w = step(Q[k])
        for _ in range(2):  # once is not enough in floating point
            c = Q[: k + 1] @ w
            w = w - c @ Q[: k + 1]
            H[: k + 1, k] += c
        H[k + 1, k] = math.sqrt(w @ w)
        if H[k + 1, k] < 1e-12 * abs(H).max():  # Q spans an invariant space: its eigenvalues are exact
            m = k + 1
            break
        Q[k + 1] = w / H[k + 1, k]
    mu, y = np.linalg.eig(H[:m, :m])
    return mu, np.abs(H[m, m - 1] * y[-1])
