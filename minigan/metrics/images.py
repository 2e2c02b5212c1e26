"""PSNR and SSIM: how near is a restored picture to its original?

These two compare picture with picture, so they serve where there is a right answer (inpainting, reconstruction), not where a
generator invents.  PSNR is the mean squared error in decibels: it sees every pixel and no shape, and calls a picture moved by one
pixel bad and a blurred one fair.  SSIM compares mean, contrast and structure in small windows, which is nearer to what
people say; it too is blind to meaning: the wrong digit with the right strokes in most windows does well.
"""

import math

import numpy as np

from minigan.metrics import checks

WINDOW, WIDTH = 11, 1.5  # pixels, standard deviation of the Gaussian
K1, K2 = 0.01, 0.03
BATCH = 64  # images at a time: the windows' five statistics of more would leave the cache


def psnr(a: np.ndarray, b: np.ndarray, peak: float) -> np.ndarray:
    """10 log10(peak^2 / mean (a - b)^2), in dB, for each image; inf for equal images.

    a, b (N, H, W, C), integers or floats -> (N,) float64.  peak: the span of the values, 255 for uint8, 2 for floats in [-1, 1].
    Raises ValueError for shapes that differ or are not (N, H, W, C), NaN, and peak <= 0.
    """
    a, b = checks.images(a, b, peak)
    error = np.mean((a - b) ** 2, axis=(1, 2, 3))  # (N,)
    with np.errstate(divide="ignore"):
        return 20 * math.log10(peak) - 10 * np.log10(error)  # eq:metric.psnr


def ssim(a: np.ndarray, b: np.ndarray, peak: float) -> np.ndarray:
    """mean over windows of (2 m_a m_b + c1) (2 s_ab + c2) / ((m_a^2 + m_b^2 + c1) (s_a^2 + s_b^2 + c2)),   c = (K peak)^2.

    m, s^2, s_ab: mean, variance, covariance in a window, Gaussian of deviation 1.5 in 11 x 11 pixels, that lies wholly in
    the image; the mean runs over windows and channels.  a, b (N, H, W, C), H and W at least 11 -> (N,) float64 in -1 .. 1, 1 for
    equal images.  peak: 255 for uint8, 2 for floats in [-1, 1].  Raises ValueError as psnr, and for smaller images.
    Wang et al. 2004, eq. 13 and section III C.
    """
    a, b = checks.images(a, b, peak)
    if min(a.shape[1:3]) < WINDOW:
        raise ValueError(f"SSIM needs images of at least {WINDOW} x {WINDOW} pixels, got {a.shape[1]} x {a.shape[2]}")
    # eq:metric.ssim
    return np.concatenate([_ssim(a[i : i + BATCH], b[i : i + BATCH], peak) for i in range(0, len(a), BATCH)])


def _ssim(a, b, peak):
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    m_a, m_b = _windows(a), _windows(b)
    var_a, var_b = _windows(a * a) - m_a * m_a, _windows(b * b) - m_b * m_b  # s^2 = mean x^2 - m^2
    cov = _windows(a * b) - m_a * m_b
    s = (2 * m_a * m_b + c1) * (2 * cov + c2) / ((m_a**2 + m_b**2 + c1) * (var_a + var_b + c2))  # eq:metric.ssim
    return s.mean(axis=(1, 2, 3))


def _windows(x):
    """The Gaussian mean in each window, first down, then across.   (N, H, W, C) -> (N, H - 10, W - 10, C)"""
    g = np.exp(-((np.arange(WINDOW) - WINDOW // 2) ** 2) / (2 * WIDTH**2))
    g /= g.sum()
    H, W = x.shape[1] - WINDOW + 1, x.shape[2] - WINDOW + 1
    x = sum(w * x[:, i : i + H] for i, w in enumerate(g))
    return sum(w * x[:, :, i : i + W] for i, w in enumerate(g))
