"""Any convolution as matrix products: copy the patches into the rows of a matrix, block by block, and multiply.

Output pixel i reads a patch of x, k x k pixels of C channels.  Written as a row of k k C numbers, all output pixels
make a matrix P (pixels, k k C), and the three directions of the convolution are three products with the weights w = W
as (k k C, O):

    y = P w        dP = dy w', then each patch is added back where it was read        dw += P' dy

P is k k / s^2 times larger than x, which is why plain im2col is slow: P is written to memory and read back.  So we
never build all of it.  We process output rows in blocks small enough that P stays in the cache (and large enough for
BLAS, which below some hundred rows spends its time on preparing w), in a scratch buffer that is used again and again.
Measured, 3x3, 128 to 64 channels at 32 x 32, two AVX2 cores: 164 GFLOP/s, against 116 for the whole batch at once.

Channels are last, so one row of a patch is k C neighbouring numbers in x: P is filled by k copies a patch.

With stride 1 the two sides are interchangeable: y is also the transposed convolution of x by the flipped kernel
W[k-1-a]'.  So we make patches of the side with fewer channels: for 64 channels to 1, rows of k k numbers instead of
64 k k.  Measured: 2 to 20 times as fast.
"""

import math

import numpy as np

from minigan.kernels.parallel.blas import matmul, subroutine
from minigan.kernels.parallel.launch import launch, product_kernel
from minigan.kernels.parallel.scratch import scratch
from minigan.kernels.parallel.threads import BYTE, parts
from minigan.kernels.rows import clear

BLOCK = 1 << 21  # bytes of P at a time


@subroutine
def _gather(x: np.ndarray, P: np.ndarray, first: int, stride: int, pad: int, C: int, rows: int, columns: int) -> None:
    """P[r, j, a] = the k C numbers of x under row a of the kernel at output pixel (first + r, j); zero outside the image.

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
                left = (j * stride - pad) * C  # where this row of the patch starts in the row of x; may be outside
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
def _scatter(
    P: np.ndarray, dx: np.ndarray, first: int, stride: int, pad: int, C: int, rows: int, columns: int
) -> None:  # fmt: skip
    """The adjoint of _gather: dx[...] += P[r, j, a]; what belongs to pixels outside the image is dropped."""
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


def _buffer(like: np.ndarray, rows: int, row: tuple[int, int, int], shares: int) -> tuple[np.ndarray, np.ndarray]:
    """Scratch for P: for each share, a block of output rows that fits the cache; and the same memory as rows of k k C numbers."""
    step = max(1, min(BLOCK // max(1, like.itemsize * math.prod(row)), rows))
    P = scratch("patches", (shares, step, *row), like.dtype)
    return P, P.reshape(len(P), step * row[0], row[1] * row[2])


@product_kernel
def _forward(
    i: int, j: int, s: int, state: np.ndarray, x: np.ndarray, w: np.ndarray, y: np.ndarray, P: np.ndarray, p: np.ndarray,
    stride: int, pad: int, C: int, rows: int, columns: int
) -> None:  # fmt: skip
    # output rows i .. j of all images
    step = P.shape[1]
    for q in range(i, j, step):
        Q = min(step, j - q)
        block = P[s][:Q]
        _gather(x, block, q, stride, pad, C, rows, columns)
        matmul(state, p[s][: Q * columns], w, y[q * columns : (q + Q) * columns], 0.0)


@product_kernel
def _backward(
    i: int, j: int, s: int, state: np.ndarray, dy: np.ndarray, w: np.ndarray, dx: np.ndarray, P: np.ndarray, p: np.ndarray,
    stride: int, pad: int, C: int, rows: int, columns: int
) -> None:  # fmt: skip
    # images i .. j, not output rows, because patches overlap
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
def _weight_gradient(
    i: int, j: int, s: int, state: np.ndarray, x: np.ndarray, dy: np.ndarray, dw: np.ndarray, P: np.ndarray, p: np.ndarray,
    stride: int, pad: int, C: int, rows: int, columns: int
) -> None:  # fmt: skip
    # dw (parts, k k C, O)
    step = P.shape[1]
    for q in range(i, j, step):
        Q = min(step, j - q)
        block = P[s][:Q]
        _gather(x, block, q, stride, pad, C, rows, columns)
        matmul(state, p[s][: Q * columns].T, dy[q * columns : (q + Q) * columns], dw[s], 1.0)


def _flipped(W: np.ndarray) -> np.ndarray:  # (k, k, C, O) -> (k, k, O, C): W[k-1-a]'
    return np.ascontiguousarray(W[::-1, ::-1].swapaxes(2, 3))


def conv2d(x: np.ndarray, W: np.ndarray, stride: int, pad: int) -> np.ndarray:
    """y[i] = sum_a x[s i - p + a] W[a]: (N, H, W, C), (k, k, C, O) -> (N, H', W', O)."""
    (_, H, width, C), (k, _, _, O) = x.shape, W.shape
    rows, columns = (H + 2 * pad - k) // stride + 1, (width + 2 * pad - k) // stride + 1
    if stride == 1 and pad < k and 2 * O <= C:
        return _scattered(x, _flipped(W), 1, k - 1 - pad, (rows, columns))
    return _gathered(x, W, stride, pad, rows, columns)


def _gathered(x: np.ndarray, W: np.ndarray, stride: int, pad: int, rows: int, columns: int) -> np.ndarray:
    (N, H, width, C), (k, _, _, O) = x.shape, W.shape
    y = np.empty((N, rows, columns, O), x.dtype)
    shares = parts(y.size * k * k * C + BYTE * y.nbytes)
    P = _buffer(x, N * rows, (columns, k, k * C), shares)
    flat, w, out = x.reshape(N, H, width * C), W.reshape(-1, O), y.reshape(-1, O)
    launch(_forward, shares, N * rows, flat, w, out, *P, stride, pad, C, rows, columns)
    return y


def conv2d_dx(dy: np.ndarray, W: np.ndarray, stride: int, pad: int, hw: tuple[int, int]) -> np.ndarray:
    """dx[s i - p + a] += dy[i] W[a]': (N, H', W', O), (k, k, C, O) -> (N, *hw, C), the transposed convolution."""
    k, _, C, O = W.shape
    if stride == 1 and pad < k and O < C:
        return _gathered(dy, _flipped(W), 1, k - 1 - pad, *hw)
    return _scattered(dy, W, stride, pad, hw)


def _scattered(dy: np.ndarray, W: np.ndarray, stride: int, pad: int, hw: tuple[int, int]) -> np.ndarray:
    (N, rows, columns, O), (k, _, C, _), (H, width) = dy.shape, W.shape, hw
    dx = np.empty((N, H, width, C), dy.dtype)
    shares = parts(dy.size * k * k * C + BYTE * dx.nbytes)
    P = _buffer(dy, N * rows, (columns, k, k * C), shares)
    flat, w, gradient = dx.reshape(N, H, width * C), W.reshape(-1, O), dy.reshape(-1, O)
    launch(_backward, shares, N, gradient, w, flat, *P, stride, pad, C, rows, columns)
    return dx


def conv2d_dW(x: np.ndarray, dy: np.ndarray, stride: int, pad: int, dW: np.ndarray) -> None:
    """dW[a] += x[s i - p + a]' dy[i], in place: (N, H, W, C), (N, H', W', O) -> (k, k, C, O)."""
    k, _, C, O = dW.shape
    if stride == 1 and pad < k and O < C:
        flipped = np.zeros((k, k, O, C), dW.dtype)  # dW[k-1-a]' += dy[i - (k-1-p) + a]' x[i]
        _gathered_dW(dy, x, 1, k - 1 - pad, flipped)
        dW += _flipped(flipped)
    else:
        _gathered_dW(x, dy, stride, pad, dW)


def _gathered_dW(x: np.ndarray, dy: np.ndarray, stride: int, pad: int, dW: np.ndarray) -> None:
    (N, H, width, C), (_, rows, columns, O), k = x.shape, dy.shape, len(dW)
    shares = parts(dy.size * k * k * C)
    P = _buffer(x, N * rows, (columns, k, k * C), shares)
    dw = np.zeros((shares, k * k * C, O), dW.dtype)
    launch(
        _weight_gradient,
        shares,
        N * rows,
        x.reshape(N, H, width * C),
        dy.reshape(-1, O),
        dw,
        *P,
        stride,
        pad,
        C,
        rows,
        columns,
    )
    for part in dw:
        dW += part.reshape(dW.shape)
