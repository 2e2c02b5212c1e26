"""Poisson blending: take the differences between pixels from G's image, and the values at the border from the real one.

G's image fits the known pixels only nearly, so pasting its part into the hole leaves an edge.  The blended image x has, inside the
hole, the gradient of G's image g, and outside it the known pixels k (Perez et al. 2003, eq. 4; Yeh et al. 2017, eq. 8):

    sum over neighbours q of p of  (x_p - x_q) = (g_p - g_q)    for each hidden pixel p,      x = k elsewhere

A linear system with a symmetric positive definite matrix: conjugate gradients, all images and channels at once.
"""

import numpy as np

from minigan.running.arguments import check_range, check_whole
from minigan.running.arrays import as_array


def laplacian(x: np.ndarray) -> np.ndarray:
    """sum over the neighbours inside the image of (x_p - x_q).     (N, H, W, C) -> the same"""
    out = np.zeros_like(x)
    for axis in (1, 2):
        d = np.diff(x, axis=axis)
        low, high = (slice(None),) * axis + (slice(None, -1),), (slice(None),) * axis + (slice(1, None),)
        out[low] -= d
        out[high] += d
    return out


def blend(
    known: np.ndarray, image: np.ndarray, generated: np.ndarray, steps: int = 500, tolerance: float = 1e-5
) -> np.ndarray:
    """The image with its hidden pixels filled from `generated`, without an edge -> (N, H, W, C) in [-1, 1].

    known (H, W) bool; image, generated (N, H, W, C).  Conjugate gradients stop after `steps`, or where the residual's norm
    is below `tolerance` times that at the start.
    """
    check_whole("blend", least=0, steps=steps)
    check_range("blend", tolerance=tolerance)
    known, image, generated = (as_array("blend", a) for a in (known, image, generated))
    hole = ~known[:, :, None]
    start = np.where(hole, generated, image).astype(np.float64)
    b = np.where(hole, laplacian(generated.astype(np.float64)) - laplacian(start), 0)  # eq:poisson
    e = np.zeros_like(b)  # x = start + e
    r, p = b.copy(), b.copy()
    rr = first = float((r * r).sum())
    for _ in range(steps):
        if rr <= tolerance**2 * first:
            break
        Ap = np.where(hole, laplacian(p), 0)
        a = rr / float((p * Ap).sum())
        e += a * p
        r -= a * Ap
        rr, before = float((r * r).sum()), rr
        p = r + rr / before * p
    return np.clip(start + e, -1, 1).astype(image.dtype)
