"""log p(x) of any generator, between two bounds: annealed importance sampling.

A GAN has no encoder, so there is no q(z|x) for the importance weights of bound.py.  Annealing needs none.  It leads codes from the prior
to the posterior through the densities

    p_t(z)  proportional to  p(z) p(x|z)^b_t,    0 = b_0 < b_1 < ... < b_T = 1

and at each t moves them by a step of Hamiltonian Monte Carlo, which leaves p_t as it is.  The weight of a chain,

    log w = sum_t (b_t - b_{t-1}) log p(x|z_{t-1}),    has E[w] = p(x)              Neal 2001, eq. 6, 12

so log mean w is below log p(x) on average.  The same chain run backwards, from an exact sample of the posterior, has E[1/w] = 1/p(x),
so -log mean(1/w) is above it.  An exact sample is known for an image that was made from z, x ~ p(x|z) (Grosse et al. 2015).  The gap
of the two bounds on such images says how far the first may be off.     Wu et al. 2017, sec. 3 and 4.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigan.models.bound import log_mean_exp
from minigan.models.likelihood import Likelihood

ACCEPT = 0.65  # the share of accepted moves at which the step size stays (Neal 2011, sec. 5.4.4.3)
FASTER = 1.02  # factor of the step size after a move


class State(NamedTuple):
    """Codes z (M, latent), log p(x|z) (M,) and its gradient in z."""

    z: np.ndarray
    log_p: np.ndarray
    dz: np.ndarray


def schedule(steps: int, delta: float = 4.0) -> np.ndarray:
    """b_0 .. b_T, T = steps: a sigmoid from -delta to delta, moved to 0 .. 1; slow at both ends.     Wu et al. 2017, sec. 4.1."""
    if steps < 1:
        raise ValueError(f"annealing needs at least 1 step, got {steps}")
    s = 1 / (1 + np.exp(-delta * np.linspace(-1, 1, steps + 1)))
    return (s - s[0]) / (s[-1] - s[0])


def log_weights(
    G: Any, likelihood: Likelihood, x: np.ndarray, latent: int, b: np.ndarray, chains: int, rng: np.random.Generator,
    leapfrog: int = 10, posterior: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """log w (chains, N) of the chains for the images x (N, ...); from the prior to the posterior, or back.

    Parameters
    ----------
    G : a frozen network (layers.more.frozen.freeze), codes (M, latent) -> parameters of the likelihood (M, ...)
    b : schedule(T)
    leapfrog : steps of the Hamiltonian dynamics in a move
    posterior : an exact sample of p(z|x) for each image, (N, latent): the chains start there, and run from b_T to b_0
    """
    images = np.concatenate([x] * chains)

    def at(z: np.ndarray) -> State:
        y, caches = G.forward(z)
        log_p, d_y = likelihood(images, y)
        return State(z, log_p, G.backward(d_y, caches, learn=False))

    z = rng.standard_normal((len(images), latent)) if posterior is None else np.concatenate([posterior] * chains)
    state, size = at(z.astype(G.dtype)), np.full(len(images), 0.1)
    log_w = np.zeros(len(images))
    T = len(b) - 1
    for t in range(1, T + 1):
        if posterior is None:
            log_w += (b[t] - b[t - 1]) * state.log_p  # eq:ais.weights
            state, size = move(at, state, b[t], size, leapfrog, rng)
        else:  # the moves of p_T, ..., p_1, and the terms of the sum in reverse
            state, size = move(at, state, b[T - t + 1], size, leapfrog, rng)
            log_w += (b[T - t + 1] - b[T - t]) * state.log_p
    return log_w.reshape(chains, len(x))


def move(
    at: Callable[[np.ndarray], State], state: State, b: float, size: np.ndarray, leapfrog: int, rng: np.random.Generator
) -> tuple[State, np.ndarray]:
    """One move of Hamiltonian Monte Carlo that leaves p(z) p(x|z)^b as it is -> the new state, the new step sizes (M,).

    U = |z|^2 / 2 - b log p(x|z);   z' = v,  v' = -dU/dz, by leapfrog steps;   accepted with min(1, exp(-change of U + |v|^2 / 2)).
    """
    e = size[:, None].astype(state.z.dtype)
    b_ = state.z.dtype.type(b)
    v = rng.standard_normal(state.z.shape).astype(state.z.dtype)
    before = energy(state, b) + half_square(v)
    new = state
    for _ in range(leapfrog):
        v = v + e / 2 * (b_ * new.dz - new.z)
        new = at(new.z + e * v)
        v = v + e / 2 * (b_ * new.dz - new.z)
    change = energy(new, b) + half_square(v) - before
    accepted = np.log(rng.random(len(size))) < -np.where(np.isfinite(change), change, np.inf)  # eq:ais.accept
    kept = State(
        *(np.where(accepted.reshape(-1, *[1] * (a.ndim - 1)), a, old) for a, old in zip(new, state, strict=True))
    )
    return kept, size * np.where(accepted, FASTER, FASTER ** (-ACCEPT / (1 - ACCEPT)))


def energy(state: State, b: float) -> np.ndarray:
    """U (M,) = |z|^2 / 2 - b log p(x|z)."""
    return half_square(state.z) - b * state.log_p


def half_square(v: np.ndarray) -> np.ndarray:
    """|v|^2 / 2 of each row, in float64."""
    return 0.5 * (v * v).sum(axis=1, dtype=np.float64)


class Bounds(NamedTuple):
    """log p in nats.   simulated images have both bounds; the gap is their mean difference."""

    log_p: np.ndarray  # (N,) of the images x, from below
    below: np.ndarray  # (n,) of simulated images
    above: np.ndarray  # (n,)

    @property
    def gap(self) -> float:
        """Mean of above - below: how far log_p may be too low on images that G can draw."""
        return float((self.above - self.below).mean())


def log_likelihood(
    G: Any, likelihood: Likelihood, x: np.ndarray, latent: int, steps: int, chains: int, rng: np.random.Generator,
    leapfrog: int = 10,
) -> Bounds:  # fmt: skip
    """The lower bound for the images x (N, ...), and both bounds for N images that were simulated from G.

    G, leapfrog : as in `log_weights`
    latent : length of a code
    steps : T, the densities between prior and posterior
    chains : for each image
    """
    b = schedule(steps)
    z = rng.standard_normal((len(x), latent)).astype(G.dtype)
    simulated = likelihood.sample(G.forward(z)[0], rng)
    args = (latent, b, chains, rng, leapfrog)
    real, below = (log_mean_exp(log_weights(G, likelihood, images, *args))[0] for images in (x, simulated))
    backwards = log_weights(G, likelihood, simulated, *args, posterior=z)
    return Bounds(real, below, -log_mean_exp(-backwards)[0])
