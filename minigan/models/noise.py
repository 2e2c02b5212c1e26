"""How much noise there is at each step of a diffusion:   x_k = sqrt(a_k) x_0 + sqrt(1 - a_k) eps,   from a_0 = 1 to a_T near 0.

The letter of the papers for a_k is alpha bar.  Everything else follows from it: alpha_k = a_k / a_(k-1), beta_k = 1 - alpha_k.
"""

import numpy as np

from minigan.layers.tree import per_sample
from minigan.running.arguments import check_whole


def linear_betas(T: int = 1000) -> np.ndarray:
    """a_k = prod_(j <= k) (1 - beta_j), beta from 1e-4 to 0.02 in equal steps at T = 1000, for another T in proportion.   -> (T + 1,)

    Ho et al. 2020, sec. 4.
    """
    check_whole("linear_betas", least=20, T=T)
    betas = np.linspace(1e-4, 0.02, T) * 1000 / T
    return np.concatenate([[1.0], np.cumprod(1 - betas)])  # eq:noise.linear


def few_steps(T: int = 4, least: float = 0.1, most: float = 20.0) -> np.ndarray:
    """a_k = exp(-least s - (most - least) s^2 / 2),  s = k / T: the continuous process seen at T moments.   -> (T + 1,)

    Xiao et al. 2022, appendix C; Song et al. 2021, eq. 33.
    """
    check_whole("few_steps", T=T)
    s = np.arange(T + 1) / T
    return np.exp(-least * s - (most - least) * s * s / 2)  # eq:noise.few


def noisy(x: np.ndarray, eps: np.ndarray, a: np.ndarray) -> np.ndarray:
    """sqrt(a) x + sqrt(1 - a) eps.   x, eps (N, ...), a (N,)     Ho et al. 2020, eq. 4"""
    a = per_sample(a, x)
    return (np.sqrt(a) * x + np.sqrt(1 - a) * eps).astype(x.dtype)  # eq:noise.forward


def without_noise(x: np.ndarray, eps: np.ndarray, a: float) -> np.ndarray:
    """x_0 = (x_k - sqrt(1 - a_k) eps) / sqrt(a_k): what `noisy` started from.     Song et al. 2021 (DDIM), eq. 9"""
    return (x - np.sqrt(1 - a) * eps) / np.sqrt(a)  # eq:noise.inverse


def earlier(
    x0: np.ndarray, eps: np.ndarray, a: float, b: float, eta: float = 0.0, z: np.ndarray | None = None
) -> np.ndarray:
    """From the step with a to an earlier one with b > a:   sqrt(b) x_0 + sqrt(1 - b - s^2) eps + s z.     Song et al. 2021 (DDIM), eq. 12

    s = eta sqrt((1 - b) / (1 - a)) sqrt(1 - a / b).  eta = 0, DDIM, uses no new noise; eta = 1 is the sampler of DDPM, with z ~ N(0, 1).
    """
    s = eta * np.sqrt((1 - b) / (1 - a)) * np.sqrt(1 - a / b)  # eq:noise.new
    moved = np.sqrt(b) * x0 + np.sqrt(1 - b - s * s) * eps  # eq:noise.earlier
    return moved.astype(x0.dtype) if z is None else (moved + s * z).astype(x0.dtype)


def posterior(a: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """q(x_(k-1) | x_k, x_0) = N(c_0 x_0 + c_k x_k, s^2) for the steps k (N,) -> c_0, c_k, s (N,).     Ho et al. 2020, eqs. 6 and 7"""
    now, before = a[k], a[k - 1]
    alpha = now / before
    c0 = np.sqrt(before) * (1 - alpha) / (1 - now)  # eq:noise.posterior
    ck = np.sqrt(alpha) * (1 - before) / (1 - now)
    return c0, ck, np.sqrt((1 - before) / (1 - now) * (1 - alpha))
