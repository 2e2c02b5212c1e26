"""Statistics of columns: BatchNorm's mean and variance over (N, H, W), and its two passes.

E[x^2] - E[x]^2 needs one pass over the data and is wrong in float32 once the mean is large: for mean 1000 and standard
deviation 1 both terms are a million, and seven digits leave nothing of their difference.  So each share reads a piece of
its rows twice, small enough to stay in the cache, first for its mean, then for the sum S of squared differences from it.
Chan's formula then joins two pieces exactly, and in the end two shares:

    mean = (n1 mean1 + n2 mean2) / n        S = S1 + S2 + (mean1 - mean2)^2 n1 n2 / n    (Chan, Golub, LeVeque 1979)

All sums are in float64, whatever the dtype of the data; four rows are read at a time, so that the float64 sums are
loaded and stored once for four rows.  Speed relative to the twins, (64, 16, 16, 64) float32, one thread: moments 6,
forward 5.7, backward 4.7.
"""

from typing import Any

import numpy as np
from numba.extending import register_jitable

from minigan.kernels.parallel.blas import subroutine
from minigan.kernels.parallel.launch import kernel, launch
from minigan.kernels.parallel.threads import BYTE, FEW, parts
from minigan.kernels.rows import clear

PIECE = 1 << 17  # bytes of x that are read twice


@subroutine
def _sums(x: np.ndarray, sums: np.ndarray) -> None:  # (M, C) -> (C,) float64
    M, C = x.shape
    fours = M - M % 4
    for r in range(0, fours, 4):
        x0, x1, x2, x3 = x[r], x[r + 1], x[r + 2], x[r + 3]
        for c in range(C):
            sums[c] += (np.float64(x0[c]) + x1[c]) + (np.float64(x2[c]) + x3[c])
    for r in range(fours, M):
        x0 = x[r]
        for c in range(C):
            sums[c] += x0[c]


@subroutine
def _moments(x: np.ndarray, mean: np.ndarray, S: np.ndarray) -> None:
    # (M, C) -> mean (C,), S (C,) float64: sum (x - mean)^2
    M, C = x.shape
    fours = M - M % 4
    _sums(x, mean)
    for c in range(C):
        mean[c] /= max(M, 1)
    for r in range(0, fours, 4):
        x0, x1, x2, x3 = x[r], x[r + 1], x[r + 2], x[r + 3]
        for c in range(C):
            d0, d1, d2, d3 = x0[c] - mean[c], x1[c] - mean[c], x2[c] - mean[c], x3[c] - mean[c]
            S[c] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3)
    for r in range(fours, M):
        x0 = x[r]
        for c in range(C):
            d0 = x0[c] - mean[c]
            S[c] += d0 * d0


@kernel
def _sums_share(i: int, j: int, s: int, x: np.ndarray, sums: np.ndarray) -> None:  # (M, C) -> (parts, C)
    _sums(x[i:j], sums[s])


@register_jitable(inline="always")
def _join(n: float, mean: Any, S: Any, n2: float, mean2: Any, S2: Any) -> tuple[Any, Any]:
    """(mean, S) of n rows with mean and S and n2 more rows with mean2 and S2: Chan's formula, for numbers and arrays."""
    gap, total = mean2 - mean, max(n + n2, 1)
    return mean + gap * (n2 / total), S + (S2 + gap * gap * (n * n2 / total))


@kernel
def _moments_share(
    i: int, j: int, s: int, x: np.ndarray, n: np.ndarray, mean: np.ndarray, S: np.ndarray, mean2: np.ndarray,
    S2: np.ndarray
) -> None:  # fmt: skip
    # (M, C) -> (parts,), (parts, C), (parts, C); scratch as these
    step = max(PIECE // (x.shape[1] * x.itemsize), 4)
    for r in range(i, j, step):
        rows = x[r : min(r + step, j)]
        clear(mean2[s])
        clear(S2[s])
        _moments(rows, mean2[s], S2[s])
        for c in range(x.shape[1]):
            mean[s, c], S[s, c] = _join(r - i, mean[s, c], S[s, c], len(rows), mean2[s, c], S2[s, c])
    n[s] = j - i


@kernel
def _batchnorm(
    i: int, j: int, s: int, x: np.ndarray, mean: np.ndarray, scale: np.ndarray, beta: np.ndarray, y: np.ndarray
) -> None:  # fmt: skip
    # (M, C), (C,) each
    for r in range(i, j):
        u, v = x[r], y[r]
        for c in range(len(u)):
            v[c] = (u[c] - mean[c]) * scale[c] + beta[c]


@kernel
def _gradient_sums(
    i: int, j: int, s: int, dy: np.ndarray, x: np.ndarray, mean: np.ndarray, sums: np.ndarray, products: np.ndarray
) -> None:  # fmt: skip
    # (M, C) -> sum dy, sum dy (x - mean): (parts, C) float64
    dy, x, S, P = dy[i:j], x[i:j], sums[s], products[s]
    M, C = x.shape
    twos = M - M % 2
    for r in range(0, twos, 2):
        d0, d1, x0, x1 = dy[r], dy[r + 1], x[r], x[r + 1]
        for c in range(C):
            S[c] += np.float64(d0[c]) + d1[c]
            P[c] += np.float64(d0[c]) * (x0[c] - mean[c]) + np.float64(d1[c]) * (x1[c] - mean[c])
    for r in range(twos, M):
        d0, x0 = dy[r], x[r]
        for c in range(C):
            S[c] += d0[c]
            P[c] += np.float64(d0[c]) * (x0[c] - mean[c])


@kernel
def _batchnorm_dx(
    i: int, j: int, s: int, dy: np.ndarray, x: np.ndarray, mean: np.ndarray, scale: np.ndarray, offset: np.ndarray,
    factor: np.ndarray, dx: np.ndarray
) -> None:  # fmt: skip
    # dx = scale (dy - offset - factor (x - mean))
    for r in range(i, j):
        d, u, v = dy[r], x[r], dx[r]
        for c in range(len(u)):
            v[c] = scale[c] * (d[c] - offset[c] - (u[c] - mean[c]) * factor[c])


def column_sums(x: np.ndarray) -> np.ndarray:
    """sum over all axes but the last: (..., C) -> (C,); the gradient of a bias."""
    C, shares = x.shape[-1], parts(BYTE * x.nbytes)
    if C == 1 and x.size <= FEW:
        return np.add.reduce(x.reshape(-1, 1), 0, np.float64).astype(x.dtype)
    sums = np.zeros((shares, C))
    launch(_sums_share, shares, x.size // C, x.reshape(-1, C), sums)
    total = sums[0]
    for part in sums[1:]:
        total += part
    return total.astype(x.dtype)


def column_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """mean and biased variance over all axes but the last: (..., C) -> (C,), (C,); nan if there are no rows."""
    C, shares = x.shape[-1], parts(BYTE * 2 * x.nbytes)
    counts, (means, squares, *pieces) = np.zeros(shares), np.zeros((4, shares, C))
    launch(_moments_share, shares, x.size // C, x.reshape(-1, C), counts, means, squares, *pieces)
    n, mean, S = counts[0], means[0], squares[0]
    for n2, mean2, S2 in zip(counts[1:], means[1:], squares[1:], strict=True):
        mean, S = _join(n, mean, S, n2, mean2, S2)
        n += n2
    if n == 0:
        return np.full_like(mean, np.nan, x.dtype), np.full_like(mean, np.nan, x.dtype)
    return mean.astype(x.dtype), (S / n).astype(x.dtype)


def batchnorm(x: np.ndarray, mean: np.ndarray, inv_std: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """y = gamma (x - mean) inv_std + beta; x (..., C), the others (C,)  (Ioffe & Szegedy 2015, algorithm 1)."""
    y, C = np.empty_like(x, order="C"), x.shape[-1]
    u, v = x.reshape(-1, C), y.reshape(-1, C)
    launch(_batchnorm, parts(BYTE * 2 * x.nbytes), len(u), u, mean, inv_std * gamma, beta, v)
    return y


def batchnorm_dx(
    dy: np.ndarray, x: np.ndarray, mean: np.ndarray, inv_std: np.ndarray, gamma: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dx = gamma inv_std (dy - dbeta/M - xhat dgamma/M), dgamma = sum dy xhat, dbeta = sum dy.

    Here xhat = (x - mean) inv_std.  The two subtracted terms exist because mean and standard deviation depend on x too
    (Ioffe & Szegedy 2015, section 3).  x and dy (..., C), the others (C,).
    """
    C, M, shares = x.shape[-1], x.size // x.shape[-1], parts(BYTE * 2 * x.nbytes)
    d, u = dy.reshape(-1, C), x.reshape(-1, C)
    sums, products = np.zeros((2, shares, C))
    launch(_gradient_sums, shares, M, d, u, mean, sums, products)
    dbeta, dgamma = sums.sum(0), products.sum(0) * inv_std
    offset = (dbeta / max(M, 1)).astype(x.dtype)
    factor = (dgamma * inv_std / max(M, 1)).astype(x.dtype)  # xhat dgamma/M = (x - mean) factor
    dx = np.empty_like(x, order="C")
    launch(_batchnorm_dx, shares, M, d, u, mean, gamma * inv_std, offset, factor, dx.reshape(-1, C))
    return dx, dgamma.astype(x.dtype), dbeta.astype(x.dtype)
