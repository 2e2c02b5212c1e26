"""The Parzen likelihood: put a small Gaussian on each generated image, and ask how probable the test images are.

A GAN can draw samples but cannot evaluate a probability, so the first GAN paper estimated one from samples.  The estimate
punishes a missing mode severely: the real images of that mode are far from every sample.  Otherwise it is a poor judge: in 784
dimensions, 10,000 samples estimate little more than closeness, and the centres of k-means, hardly a model of digits, beat the
training images themselves (Theis et al. 2016, section 3.2).  It is included because the early papers report it.

The protocol of Goodfellow et al. 2014: 10,000 samples, pixels in [0, 1], sigma the best of np.logspace(-1, 0, 10) on validation
images, then the mean and standard error over the 10,000 test images.  With pixels in [-1, 1] the result is lower by log 2 nats
per pixel.
"""

import math
from collections.abc import Sequence

import numpy as np

from minigan.metrics.checks import as_samples
from minigan.metrics.pairs import over_pairs
from minigan.running.arguments import is_number


def parzen_log_likelihood(samples: np.ndarray, x: np.ndarray, sigma: float) -> np.ndarray:
    """log p(x) = log 1/n sum_j exp(-||x - s_j||^2 / (2 sigma^2)) - d/2 log(2 pi sigma^2), in nats.

    Parameters
    ----------
    samples
        Generated images (n, d), flattened, in [0, 1].
    x
        Real images (N, d), flattened, in [0, 1].
    sigma
        The standard deviation of the Gaussians; choose it by `parzen_sigma`.

    Returns
    -------
    np.ndarray
        (N,) float64.  Its mean is the number that papers report.

    Raises
    ------
    ValueError
        For sets that do not match, NaN and Inf, and sigma <= 0.

    Source: Goodfellow et al. 2014, section 5; Breuleux et al. 2011.
    """
    return _log_likelihoods(samples, x, [sigma])[0]  # eq:metric.parzen


def parzen_sigma(samples: np.ndarray, validation: np.ndarray, sigmas: Sequence[float] | np.ndarray) -> float:
    """argmax over sigma of mean_i log p(validation_i).

    Parameters
    ----------
    samples
        Generated images (n, d).
    validation
        Real images (N, d).  Never the test images: choosing sigma on them would be fitting to them.
    sigmas
        Candidates above 0.  If the best is the first or the last, the range is too narrow.

    Raises
    ------
    ValueError
        As `parzen_log_likelihood`, and for no candidates.
    """
    if len(sigmas) == 0:
        raise ValueError("sigmas must hold at least one number above 0, got none; the protocol: np.logspace(-1, 0, 10)")
    return float(sigmas[_log_likelihoods(samples, validation, sigmas).mean(axis=1).argmax()])


def _log_likelihoods(samples: np.ndarray, x: np.ndarray, sigmas: Sequence[float] | np.ndarray) -> np.ndarray:
    """log p(x) for each of the S sigmas; the distances are computed only once.   (n, d), (N, d) -> (S, N)"""
    samples, x = as_samples(samples=samples, x=x)
    if bad := [sigma for sigma in sigmas if not (is_number(sigma) and sigma > 0)]:
        raise ValueError(f"sigma, the standard deviation of the Gaussians, must be a number above 0, got {bad[0]}")
    n, d = samples.shape
    centre = samples.mean(axis=0)

    def work(rows: slice, d2: np.ndarray) -> np.ndarray:  # (B, n) -> (S, B)
        least = d2.min(axis=1)
        d2 -= least[:, None]  # log sum exp(-u) = log sum exp(m - u) - m: the largest term is exp(0) = 1
        return np.stack([np.log(np.exp(d2 / (-2 * s * s)).sum(axis=1)) - least / (2 * s * s) for s in sigmas])

    log_sums = np.concatenate(over_pairs(work, x - centre, samples - centre), axis=1)  # (S, N)
    norms = [math.log(n) + d / 2 * math.log(2 * math.pi * s * s) for s in sigmas]
    return log_sums - np.array(norms)[:, None]  # eq:metric.parzen
