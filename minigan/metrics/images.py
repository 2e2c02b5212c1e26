"""PSNR and SSIM: how close is a restored image to its original?

Both compare one image with another, so they apply where there is a right answer (inpainting, reconstruction), not where a
generator invents.  PSNR is the mean squared error in decibels.  It compares pixel by pixel and knows no shapes: it rates an
image shifted by one pixel badly and a blurred one fairly well.  SSIM compares mean, contrast and structure in small windows, which
is closer to human judgement.  It is blind to meaning too: the wrong digit scores well if its strokes agree in most windows.
"""

import math
from functools import reduce

import numpy as np

from minigan.metrics.checks import as_images

WINDOW, WIDTH = 11, 1.5  # pixels on a side, standard deviation of the Gaussian in pixels
K1, K2 = 0.01, 0.03
BATCH = 64  # images at a time: for more, the five window statistics would not fit into the cache


def psnr(a: np.ndarray, b: np.ndarray, peak: float) -> np.ndarray:
    """10 log10(peak^2 / mean (a - b)^2), in dB, for each image; inf for equal images.

    Parameters
    ----------
    a, b
        Images (N, H, W, C), integers or floats.
    peak
        The range of the values: 255 for uint8, 2 for floats in [-1, 1].

    Returns
    -------
    np.ndarray
        (N,) float64.

    Raises
    ------
    ValueError
        For shapes that differ or are not (N, H, W, C), NaN and Inf, and peak <= 0.
    """
    a, b = as_images(a, b, peak)
    error = np.mean((a - b) ** 2, axis=(1, 2, 3))  # (N,)
    with np.errstate(divide="ignore"):
        return 20 * math.log10(peak) - 10 * np.log10(error)  # eq:metric.psnr


def ssim(a: np.ndarray, b: np.ndarray, peak: float) -> np.ndarray:
    """mean over windows of (2 m_a m_b + c1) (2 s_ab + c2) / ((m_a^2 + m_b^2 + c1) (s_a^2 + s_b^2 + c2)),   c = (K peak)^2.

    m, s^2 and s_ab are mean, variance and covariance within a window, weighted by a Gaussian of standard deviation 1.5 over
    11 x 11 pixels.  Only windows that lie entirely inside the image count; the mean is over windows and channels.

    Parameters
    ----------
    a, b
        Images (N, H, W, C), integers or floats, H and W at least 11.
    peak
        The range of the values: 255 for uint8, 2 for floats in [-1, 1].

    Returns
    -------
    np.ndarray
        (N,) float64 in [-1, 1], 1 for equal images.

    Raises
    ------
    ValueError
        As `psnr`, and for smaller images.

    Source: Wang et al. 2004, eq. 13 and section III C.
    """
    a, b = as_images(a, b, peak)
    if min(a.shape[1:3]) < WINDOW:
        raise ValueError(f"SSIM needs images of at least {WINDOW} x {WINDOW} pixels, got {a.shape[1]} x {a.shape[2]}")
    # eq:metric.ssim
    return np.concatenate([_ssim(a[i : i + BATCH], b[i : i + BATCH], peak) for i in range(0, len(a), BATCH)])


def _ssim(a: np.ndarray, b: np.ndarray, peak: float) -> np.ndarray:  # (N, H, W, C) -> (N,)
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    m_a, m_b = _window_means(a), _window_means(b)
    var_a, var_b = _window_means(a * a) - m_a * m_a, _window_means(b * b) - m_b * m_b  # s^2 = mean x^2 - m^2
    cov = _window_means(a * b) - m_a * m_b
    s = (2 * m_a * m_b + c1) * (2 * cov + c2) / ((m_a**2 + m_b**2 + c1) * (var_a + var_b + c2))  # eq:metric.ssim
    return s.mean(axis=(1, 2, 3))


def _window_means(x: np.ndarray) -> np.ndarray:
    """The Gaussian-weighted mean in each window, first vertically, then horizontally.  (N, H, W, C) -> (N, H-10, W-10, C)"""
    g = np.exp(-((np.arange(WINDOW) - WINDOW // 2) ** 2) / (2 * WIDTH**2))
    g /= g.sum()
    H, W = x.shape[1] - WINDOW + 1, x.shape[2] - WINDOW + 1
    x = reduce(np.add, (w * x[:, i : i + H] for i, w in enumerate(g)))
    return reduce(np.add, (w * x[:, :, i : i + W] for i, w in enumerate(g)))
