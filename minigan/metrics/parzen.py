"""The Parzen likelihood: put a little Gaussian on each generated image, and ask how probable the test images are.

A GAN can draw and cannot tell a probability, so the first GAN paper estimated one from samples.  It punishes a missing mode without
mercy: the real images there lie far from every sample.  For the rest it is a poor judge: in 784 dimensions 10,000 samples estimate
nothing but closeness, and the centres of k-means, which nobody would call a model of digits, beat the training images themselves
(Theis et al. 2016, section 3.2).  It stands here because the numbers of that time were measured with it.

The protocol of Goodfellow et al. 2014: 10,000 samples, pixels in [0, 1], sigma the best of np.logspace(-1, 0, 10) on validation
images, then the mean and standard error over the 10,000 test images.  Pixels in [-1, 1] would cost log 2 nats each.
"""

import math

import numpy as np

from minigan.metrics.checks import samples as checked
from minigan.metrics.pairs import over_pairs


def parzen_log_likelihood(samples: np.ndarray, x: np.ndarray, sigma: float) -> np.ndarray:
    """log p(x) = log 1/n sum_j exp(-||x - s_j||^2 / (2 sigma^2)) - d/2 log(2 pi sigma^2), in nats.

    samples (n, d): generated, flattened, in [0, 1].  x (N, d): real, likewise.  -> (N,) float64, whose mean is the published number.
    Raises ValueError for sets that do not match, NaN, and a sigma that is not above 0.
    Goodfellow et al. 2014, section 5; Breuleux et al. 2011.
    """
    return _log_likelihoods(samples, x, [sigma])[0]  # eq:metric.parzen


def parzen_sigma(samples: np.ndarray, validation: np.ndarray, sigmas) -> float:
    """argmax over sigma of mean_i log p(validation_i).   samples (n, d), validation (N, d), sigmas: some numbers above 0.

    Never on the test images: the best sigma for them is part of the answer.  A winner at either end says that the range is too short.
    """
    if len(sigmas) == 0:
        raise ValueError("sigmas must hold at least one number above 0, got none; the protocol: np.logspace(-1, 0, 10)")
    return float(sigmas[_log_likelihoods(samples, validation, sigmas).mean(axis=1).argmax()])


def _log_likelihoods(samples, x, sigmas):  # -> (S, N): the distances serve all sigmas
    samples, x = checked(samples=samples, x=x)
    if bad := [sigma for sigma in sigmas if not 0 < sigma < math.inf]:
        raise ValueError(f"sigma, the width of the Gaussian at each sample, must be a number above 0, got {bad[0]}")
    n, d = samples.shape
    centre = samples.mean(axis=0)

    def work(rows, d2):  # (B, n) -> (S, B)
        least = d2.min(axis=1)
        d2 -= least[:, None]  # log sum exp(-u) = log sum exp(m - u) - m: the largest term is exp(0) = 1
        return np.stack([np.log(np.exp(d2 / (-2 * s * s)).sum(axis=1)) - least / (2 * s * s) for s in sigmas])

    log_sums = np.concatenate(over_pairs(work, x - centre, samples - centre), axis=1)  # (S, N)
    norms = [math.log(n) + d / 2 * math.log(2 * math.pi * s * s) for s in sigmas]
    return log_sums - np.array(norms)[:, None]  # eq:metric.parzen
