"""How probable is an image under a VAE?  log p(x) itself is an integral over all codes; importance sampling estimates it from below.

    log p(x) >= E[ log 1/k sum_i w_i ],    w_i = p(x|z_i) p(z_i) / q(z_i|x),    z_i ~ q(z|x) = N(mu, s^2)

k = 1 is the ELBO, which a VAE is trained on.  The bound rises with k towards log p(x) (Burda et al. 2016, theorem 1): k = 5 or 50
is the loss of an IWAE, and k = 5,000 the number that papers report as the log-likelihood.
"""

import math
from typing import Any

import numpy as np

from minigan.losses import gaussian_kl
from minigan.models.likelihood import Likelihood


def log_weights(log_p: np.ndarray, z: np.ndarray, eps: np.ndarray, log_var: np.ndarray) -> np.ndarray:
    """log w = log p(x|z) + log N(z; 0, 1) - log N(z; mu, s^2) = log p(x|z) + 1/2 sum (eps^2 + log_var - z^2).

    log_p (k, N);  z = mu + s eps and eps (k, N, latent);  log_var (N, latent) -> (k, N).   2 pi and s cancel.
    """
    return log_p + 0.5 * (eps * eps + log_var - z * z).sum(axis=2, dtype=np.float64)  # eq:iwae.weights


def log_mean_exp(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log (1/k sum_i exp a_i) (N,), and its gradient softmax(a) (k, N);   a (k, N).  The largest a is subtracted first."""
    top = a.max(axis=0)
    w = np.exp(a - top)
    total = w.sum(axis=0)
    return top + np.log(total / len(a)), w / total  # eq:iwae eq:iwae.gradient


def elbo(E: Any, G: Any, likelihood: Likelihood, x: np.ndarray, eps: np.ndarray) -> tuple[float, float]:
    """The means over the images of log p(x|z), one code each, and of the KL divergence; the ELBO is their difference.

    x (N, ...): images that the density describes (likelihood.prepare), eps (N, latent); both networks in evaluation mode.
    """
    mu, log_var = E(x)
    log_p = likelihood.log_p(x, G(mu + np.exp(log_var / 2) * eps))
    return float(log_p.mean()), gaussian_kl(mu, log_var)[0]


def log_likelihood(
    E: Any, G: Any, likelihood: Likelihood, x: np.ndarray, k: int, rng: np.random.Generator, rows: int = 5000
) -> np.ndarray:
    """The bound with k codes for each image -> (N,), in nats.

    x as in `elbo`; `rows`: how many codes G sees at once, which bounds the memory.  At k = 5,000 the bound is the estimate of
    log p(x) that Burda et al. 2016 report in their table 1.  Raises ValueError for k < 1.
    """
    if k < 1:
        raise ValueError(f"the bound needs k >= 1 codes for each image, got {k}")
    mu, log_var = E(x)
    s = np.exp(log_var / 2)
    found = np.empty(len(x))
    step = max(1, rows // k)  # images at a time; a large k is cut into parts of `rows` codes
    for start in range(0, len(x), step):
        at = slice(start, start + step)
        parts = []
        for first in range(0, k, rows):
            m, n = min(rows, k - first), len(x[at])
            eps = rng.standard_normal((m, n, mu.shape[1]), dtype=np.float32).astype(mu.dtype, copy=False)
            z = mu[at] + s[at] * eps
            y = G(z.reshape(m * n, -1))
            log_p = likelihood.log_p(np.concatenate([x[at]] * m), y).reshape(m, n)
            parts.append(log_mean_exp(log_weights(log_p, z, eps, log_var[at]))[0] + math.log(m / k))
        found[at] = np.logaddexp.reduce(parts, axis=0)
    return found
