"""Any convolution as one matrix product: lay the patches side by side, multiply, and keep the block in the cache.

Output pixel i reads a patch of x, k x k pixels of C channels.  Written as a row of k k C numbers, all output pixels
make a matrix P (pixels, k k C), and the three directions of the convolution are three products with the weights w = W
as (k k C, O):

    y = P w        dP = dy w', then each patch is added back where it was read        dw += P' dy

P is k k / s^2 times larger than x, and this is why plain im2col is slow: P is written to memory and read back.  We
never build it whole.  Output rows go through in blocks small enough that P stays in the cache (and large enough that
BLAS is busy: below some hundred rows it spends its time on preparing w), in a scratch buffer that is used again and
again.  Measured against the whole batch at once, 3x3, 128 to 64 channels at 32 x 32, two AVX2 cores: 164 GFLOP/s
instead of 116.

Channels are last, so one row of a patch is one run of k C neighbouring numbers in x: P is filled by k copies a patch.

With stride 1 the two sides are alike: y is the transposed convolution of x by the turned kernel W[k-1-a]'.  So the
side with fewer channels is the one laid out: for 64 channels to 1, rows of k k numbers instead of 64 k k.  Measured:
2 to 20 times as fast.
"""

import math

import numpy as np

from minigan.kernels.parallel.blas import matmul, subroutine
from minigan.kernels.parallel.threads import BYTE, launch, parts, product_kernel, scratch
from minigan.kernels.rows import clear

BLOCK = 1 << 21  # bytes of P at a time


@subroutine
def _gather(x, P, first, stride, pad, C, rows, columns):
    """P[r, j, a] = the k C numbers of x under row a of the kernel at output pixel (first + r, j); zero off the image.

    x (N, H, W*C); P (R, columns, k, k*C); output row number q = n * rows + i.
    """
    H, WC = x.shape[1:]
    R, _, k, kC = P.shape
    for r in range(R):
        n, i = divmod(first + r, rows)
        for a in range(k):
            h = i * stride - pad + a
            inside = 0 <= h < H
            for j in range(columns):
                to = P[r, j, a]
                left = (j * stride - pad) * C  # where the run starts in the row of x: maybe off its edge
                lo = min(kC, max(0, -left)) if inside else kC
                hi = max(lo, min(kC, WC - left)) if inside else kC
                for c in range(lo):
                    to[c] = 0
                source, target = x[n, h if inside else 0, left + lo : left + hi], to[lo:hi]
                for c in range(len(target)):
                    target[c] = source[c]
                for c in range(hi, kC):
                    to[c] = 0


@subroutine
def _scatter(P, dx, first, stride, pad, C, rows, columns):
    """The adjoint of _gather: dx[...] += P[r, j, a], and what lay off the image is dropped."""
    H, WC = dx.shape[1:]
    R, _, k, kC = P.shape
    for r in range(R):
        n, i = divmod(first + r, rows)
        for a in range(k):
            h = i * stride - pad + a
            if 0 <= h < H:
                for j in range(columns):
                    left = (j * stride - pad) * C
                    lo = min(kC, max(0, -left))
                    hi = max(lo, min(kC, WC - left))
                    source, target = P[r, j, a, lo:hi], dx[n, h, left + lo : left + hi]
                    for c in range(len(source)):
                        target[c] += source[c]


def _buffer(like, rows, row, size):
    """Scratch for P, for each share a block of output rows that fits the cache; and the same as rows of k k C numbers."""
    step = max(1, min(BLOCK // max(1, like.itemsize * math.prod(row)), rows))
    P = scratch("patches", (parts(size), step, *row), like.dtype)
    return P, P.reshape(len(P), step * row[0], row[1] * row[2])


@product_kernel
def _forward(i, j, s, state, x, w, y, P, p, stride, pad, C, rows, columns):  # output rows i .. j of all images
    step = P.shape[1]
    for q in range(i, j, step):
        Q = min(step, j - q)
        block = P[s][:Q]
        _gather(x, block, q, stride, pad, C, rows, columns)
        matmul(state, p[s][: Q * columns], w, y[q * columns : (q + Q) * columns], 0.0)


@product_kernel
def _backward(i, j, s, state, dy, w, dx, P, p, stride, pad, C, rows, columns):  # images i .. j: their patches overlap
    step = P.shape[1]
    for n in range(i, j):
        for h in range(dx.shape[1]):
            clear(dx[n, h])
    for q in range(i * rows, j * rows, step):
        Q = min(step, j * rows - q)
        block = P[s][:Q]
        matmul(state, dy[q * columns : (q + Q) * columns], w.T, p[s][: Q * columns], 0.0)
        _scatter(block, dx, q, stride, pad, C, rows, columns)


@product_kernel
def _slopes(i, j, s, state, x, dy, dw, P, p, stride, pad, C, rows, columns):  # dw (parts, k k C, O)
    step = P.shape[1]
    for q in range(i, j, step):
        Q = min(step, j - q)
        block = P[s][:Q]
        _gather(x, block, q, stride, pad, C, rows, columns)
        matmul(state, p[s][: Q * columns].T, dy[q * columns : (q + Q) * columns], dw[s], 1.0)


def _turned(W):  # (k, k, C, O) -> (k, k, O, C): W[k-1-a]'
    return np.ascontiguousarray(W[::-1, ::-1].swapaxes(2, 3))


def conv2d(x: np.ndarray, W: np.ndarray, stride: int, pad: int) -> np.ndarray:
    """y[i] = sum_a x[s i - p + a] W[a]: (N, H, W, C), (k, k, C, O) -> (N, H', W', O)."""
    (_, H, width, C), (k, _, _, O) = x.shape, W.shape
    rows, columns = (H + 2 * pad - k) // stride + 1, (width + 2 * pad - k) // stride + 1
    if stride == 1 and pad < k and 2 * O <= C:
        return _scattered(x, _turned(W), 1, k - 1 - pad, (rows, columns))
    return _gathered(x, W, stride, pad, rows, columns)


def _gathered(x, W, stride, pad, rows, columns):
    (N, H, width, C), (k, _, _, O) = x.shape, W.shape
    y = np.empty((N, rows, columns, O), x.dtype)
    size = y.size * k * k * C + BYTE * y.nbytes
    P = _buffer(x, N * rows, (columns, k, k * C), size)
    flat, w, out = x.reshape(N, H, width * C), W.reshape(-1, O), y.reshape(-1, O)
    launch(_forward, size, N * rows, flat, w, out, *P, stride, pad, C, rows, columns)
    return y


def conv2d_dx(dy: np.ndarray, W: np.ndarray, stride: int, pad: int, hw: tuple[int, int]) -> np.ndarray:
    """dx[s i - p + a] += dy[i] W[a]': (N, H', W', O), (k, k, C, O) -> (N, *hw, C), the transposed convolution."""
    k, _, C, O = W.shape
    if stride == 1 and pad < k and O < C:
        return _gathered(dy, _turned(W), 1, k - 1 - pad, *hw)
    return _scattered(dy, W, stride, pad, hw)


def _scattered(dy, W, stride, pad, hw):
    (N, rows, columns, O), (k, _, C, _), (H, width) = dy.shape, W.shape, hw
    dx = np.empty((N, H, width, C), dy.dtype)
    size = dy.size * k * k * C + BYTE * dx.nbytes
    P = _buffer(dy, N * rows, (columns, k, k * C), size)
    flat, w, slopes = dx.reshape(N, H, width * C), W.reshape(-1, O), dy.reshape(-1, O)
    launch(_backward, size, N, slopes, w, flat, *P, stride, pad, C, rows, columns)
    return dx


def conv2d_dW(x: np.ndarray, dy: np.ndarray, stride: int, pad: int, dW: np.ndarray) -> None:
    """dW[a] += x[s i - p + a]' dy[i], in place: (N, H, W, C), (N, H', W', O) -> (k, k, C, O)."""
    k, _, C, O = dW.shape
    if stride == 1 and pad < k and O < C:
        turned = np.zeros((k, k, O, C), dW.dtype)  # dW[k-1-a]' += dy[i - (k-1-p) + a]' x[i]
        _gathered_dW(dy, x, 1, k - 1 - pad, turned)
        dW += _turned(turned)
    else:
        _gathered_dW(x, dy, stride, pad, dW)


def _gathered_dW(x, dy, stride, pad, dW):
    (N, H, width, C), (_, rows, columns, O), k = x.shape, dy.shape, len(dW)
    size = dy.size * k * k * C
    P = _buffer(x, N * rows, (columns, k, k * C), size)
    dw = np.zeros((parts(size), k * k * C, O), dW.dtype)
    launch(
        _slopes, size, N * rows, x.reshape(N, H, width * C), dy.reshape(-1, O), dw, *P, stride, pad, C, rows, columns
    )
    for part in dw:
        dW += part.reshape(dW.shape)
