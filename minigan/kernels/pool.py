"""The maximum of each k x k block, and where it was.

NumPy's way (reorder into blocks, argmax, pick) copies the whole image twice.  Here each row of C channels is read once and
compared in registers.  No place of a maximum is stored: the backward pass finds it again, as the first pixel that equals y,
because a network keeps x and y anyway.  Speed relative to the twins, (8, 56, 56, 256) float32, two threads: forward 25,
backward 15.

Rows and columns beyond the last complete block do not count: their gradient is 0.
"""

import numpy as np

from minigan.kernels.parallel.launch import kernel, launch
from minigan.kernels.parallel.scratch import scratch
from minigan.kernels.parallel.threads import BYTE, parts


@kernel
def _maxpool(i: int, j: int, s: int, x: np.ndarray, k: int, y: np.ndarray) -> None:
    # rows i .. j of y, counted over all images
    for q in range(i, j):
        n, r = divmod(q, y.shape[1])
        for u in range(y.shape[2]):
            best, pixel = y[n, r, u], x[n, r * k, u * k]
            for c in range(len(best)):
                best[c] = pixel[c]
            for p in range(1, k * k):
                pixel = x[n, r * k + p // k, u * k + p % k]
                for c in range(len(best)):
                    larger = pixel[c] > best[c] or pixel[c] != pixel[c]  # a NaN stays, as in np.max
                    best[c] = pixel[c] if larger else best[c]


@kernel
def _maxpool_dx(
    i: int, j: int, s: int, dy: np.ndarray, x: np.ndarray, y: np.ndarray, k: int, rest: np.ndarray, dx: np.ndarray
) -> None:  # fmt: skip
    # rows i .. j of dy; rest (parts, C): the gradient that no pixel of the block has received yet
    left = rest[s]
    for q in range(i, j):
        n, r = divmod(q, y.shape[1])
        for u in range(y.shape[2]):
            best, gradient = y[n, r, u], dy[n, r, u]
            for c in range(len(left)):
                left[c] = gradient[c]
            for p in range(k * k):
                pixel, to = x[n, r * k + p // k, u * k + p % k], dx[n, r * k + p // k, u * k + p % k]
                for c in range(len(left)):
                    to[c] = left[c] if pixel[c] == best[c] else 0
                for c in range(len(left)):
                    left[c] = 0 if pixel[c] == best[c] else left[c]


def maxpool(x: np.ndarray, k: int) -> np.ndarray:
    """y[i] = max_a x[k i + a]: (N, H, W, C) -> (N, H // k, W // k, C)."""
    N, height, width, C = x.shape
    x, y = np.ascontiguousarray(x), np.empty((N, height // k, width // k, C), x.dtype)
    launch(_maxpool, parts(BYTE * x.nbytes), N * y.shape[1], x, k, y)
    return y


def maxpool_dx(dy: np.ndarray, x: np.ndarray, y: np.ndarray, k: int) -> np.ndarray:
    """dx[k i + a] = dy[i] at the first a with x[k i + a] = y[i], else 0: (N, H', W', C), x, y -> (N, H, W, C)."""
    whole = x.shape[1] % k == x.shape[2] % k == 0
    dx = np.empty(x.shape, x.dtype) if whole else np.zeros(x.shape, x.dtype)
    shares = parts(BYTE * 2 * x.nbytes)
    rest = scratch("rest", (shares, x.shape[3]), x.dtype)
    dy, x, y = map(np.ascontiguousarray, (dy, x, y))
    launch(_maxpool_dx, shares, len(x) * y.shape[1], dy, x, y, k, rest, dx)
    return dx
