"""Statistics of columns: BatchNorm's mean and variance over (N, H, W), and its two passes.

E[x^2] - E[x]^2 needs one look at the data and is wrong in float32 once the mean is large: at mean 1000 and deviation
1 both terms are a million, and seven digits leave nothing of their difference.  So each share looks twice at its own
rows (still in the cache), first for its mean, then for the sum of squared deviations S from it, and Chan's formula
joins two shares exactly:

    mean = (n1 mean1 + n2 mean2) / n        S = S1 + S2 + (mean1 - mean2)^2 n1 n2 / n    (Chan, Golub, LeVeque 1979)

All sums run in float64 whatever the data's dtype; the data is read four rows at a time, so that the float64 sums are
loaded and stored once for four rows.  Measured at (64, 16, 16, 64) float32, one thread, against the twins: moments 6
times as fast, forward 5.7, backward 4.7.
"""

import numpy as np

from minigan.kernels.jit import jit
from minigan.kernels.threads import BYTE, run


@jit
def _sums(x, sums):  # (M, C) -> (C,) float64
    M, C = x.shape
    whole = M - M % 4
    for r in range(0, whole, 4):
        x0, x1, x2, x3 = x[r], x[r + 1], x[r + 2], x[r + 3]
        for c in range(C):
            sums[c] += (np.float64(x0[c]) + x1[c]) + (np.float64(x2[c]) + x3[c])
    for r in range(whole, M):
        x0 = x[r]
        for c in range(C):
            sums[c] += x0[c]


@jit
def _moments(x, mean, S):  # (M, C) -> mean (C,), S (C,) float64: sum (x - mean)^2
    M, C = x.shape
    whole = M - M % 4
    _sums(x, mean)
    for c in range(C):
        mean[c] /= max(M, 1)
    for r in range(0, whole, 4):
        x0, x1, x2, x3 = x[r], x[r + 1], x[r + 2], x[r + 3]
        for c in range(C):
            d0, d1, d2, d3 = x0[c] - mean[c], x1[c] - mean[c], x2[c] - mean[c], x3[c] - mean[c]
            S[c] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3)
    for r in range(whole, M):
        x0 = x[r]
        for c in range(C):
            d0 = x0[c] - mean[c]
            S[c] += d0 * d0


@jit
def _batchnorm(x, mean, scale, beta, y):  # (M, C), (C,) each
    for r in range(len(x)):
        u, v = x[r], y[r]
        for c in range(len(u)):
            v[c] = (u[c] - mean[c]) * scale[c] + beta[c]


@jit
def _slope_sums(dy, x, mean, sums, products):  # (M, C) -> sum dy, sum dy (x - mean), float64
    M, C = x.shape
    whole = M - M % 2
    for r in range(0, whole, 2):
        d0, d1, x0, x1 = dy[r], dy[r + 1], x[r], x[r + 1]
        for c in range(C):
            sums[c] += np.float64(d0[c]) + d1[c]
            products[c] += np.float64(d0[c]) * (x0[c] - mean[c]) + np.float64(d1[c]) * (x1[c] - mean[c])
    for r in range(whole, M):
        d0, x0 = dy[r], x[r]
        for c in range(C):
            sums[c] += d0[c]
            products[c] += np.float64(d0[c]) * (x0[c] - mean[c])


@jit
def _batchnorm_dx(dy, x, mean, scale, level, tilt, dx):  # dx = scale (dy - level - tilt (x - mean))
    for r in range(len(x)):
        d, u, v = dy[r], x[r], dx[r]
        for c in range(len(u)):
            v[c] = scale[c] * (d[c] - level[c] - (u[c] - mean[c]) * tilt[c])


def column_sums(x: np.ndarray) -> np.ndarray:
    """sum over all axes but the last: (..., C) -> (C,); the slope of a bias."""
    rows = x.reshape(-1, x.shape[-1])

    def share(i, j):
        sums = np.zeros(x.shape[-1])
        _sums(rows[i:j], sums)
        return sums

    return sum(run(share, len(rows), BYTE * x.nbytes)).astype(x.dtype)


def column_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """mean and biased variance over all axes but the last: (..., C) -> (C,), (C,); nan for no rows at all."""
    rows = x.reshape(-1, x.shape[-1])

    def share(i, j):
        mean, S = np.zeros((2, x.shape[-1]))
        _moments(rows[i:j], mean, S)
        return j - i, mean, S

    n, mean, S = 0, 0.0, 0.0
    for n2, mean2, S2 in run(share, len(rows), BYTE * 2 * x.nbytes):  # Chan's formula, share by share
        gap, total = mean2 - mean, n + n2
        weight = n2 / max(total, 1)
        mean, S, n = mean + gap * weight, S + S2 + gap * gap * (n * weight), total
    if n == 0:
        return np.full_like(mean, np.nan, x.dtype), np.full_like(mean, np.nan, x.dtype)
    return mean.astype(x.dtype), (S / n).astype(x.dtype)


def batchnorm(x, mean, inv_std, gamma, beta) -> np.ndarray:
    """y = gamma (x - mean) inv_std + beta; x (..., C), the others (C,)  (Ioffe & Szegedy 2015, algorithm 1)."""
    y = np.empty_like(x, order="C")
    u, v, scale = x.reshape(-1, x.shape[-1]), y.reshape(-1, x.shape[-1]), inv_std * gamma
    run(lambda i, j: _batchnorm(u[i:j], mean, scale, beta, v[i:j]), len(u), BYTE * 2 * x.nbytes)
    return y


def batchnorm_dx(dy, x, mean, inv_std, gamma) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dx = gamma inv_std (dy - dbeta/M - xhat dgamma/M), dgamma = sum dy xhat, dbeta = sum dy.

    Here xhat = (x - mean) inv_std.  The mean and the deviation depend on x too: that is what is subtracted
    (Ioffe & Szegedy 2015, section 3).
    """
    C, M = x.shape[-1], x.size // x.shape[-1]
    d, u = dy.reshape(-1, C), x.reshape(-1, C)

    def share(i, j):
        sums = np.zeros((2, C))
        _slope_sums(d[i:j], u[i:j], mean, sums[0], sums[1])
        return sums

    dbeta, products = sum(run(share, M, BYTE * 2 * x.nbytes))
    dgamma = products * inv_std
    level = (dbeta / max(M, 1)).astype(x.dtype)
    tilt = (dgamma * inv_std / max(M, 1)).astype(x.dtype)  # xhat dgamma/M = (x - mean) tilt
    dx, scale = np.empty_like(x, order="C"), gamma * inv_std
    v = dx.reshape(-1, C)
    run(lambda i, j: _batchnorm_dx(d[i:j], u[i:j], mean, scale, level, tilt, v[i:j]), M, BYTE * 3 * x.nbytes)
    return dx, dgamma.astype(x.dtype), dbeta.astype(x.dtype)
