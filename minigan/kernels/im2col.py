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

import numpy as np

from minigan.kernels.jit import jit
from minigan.kernels.product import multiply
from minigan.kernels.threads import BYTE, run, scratch

BLOCK = 1 << 21  # bytes of P at a time


@jit
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


@jit
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


def _blocks(first, last, row_bytes):
    """Cut output rows first..last into blocks of P that fit the cache."""
    step = max(1, BLOCK // max(1, row_bytes))
    return ((q, min(q + step, last)) for q in range(first, last, step))


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
    flat, w, out = x.reshape(N, H, width * C), W.reshape(-1, O), y.reshape(-1, O)
    row_bytes = columns * len(w) * x.itemsize

    def share(start, stop):  # output rows of all images, numbered through
        for q, end in _blocks(start, stop, row_bytes):
            P = scratch("patches", (end - q, columns, k, k * C), x.dtype)
            _gather(flat, P, q, stride, pad, C, rows, columns)
            multiply(P.reshape(-1, len(w)), w, out[q * columns : end * columns])

    run(share, N * rows, out.size * len(w) + BYTE * out.nbytes)
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
    flat, w, slopes = dx.reshape(N, H, width * C), W.reshape(-1, O), dy.reshape(-1, O)
    row_bytes = columns * len(w) * dy.itemsize

    def share(start, stop):  # whole images: patches of one image overlap, those of two never
        flat[start:stop] = 0
        for q, end in _blocks(start * rows, stop * rows, row_bytes):
            P = scratch("patches", (end - q, columns, k, k * C), dy.dtype)
            multiply(slopes[q * columns : end * columns], w.T, P.reshape(-1, len(w)))
            _scatter(P, flat, q, stride, pad, C, rows, columns)

    run(share, N, dy.size * len(w) + BYTE * dx.nbytes)
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
    flat, w, slopes = x.reshape(N, H, width * C), dW.reshape(-1, O), dy.reshape(-1, O)
    row_bytes = columns * len(w) * x.itemsize

    def share(start, stop):
        total, product = np.zeros(w.shape, w.dtype), scratch("product", w.shape, w.dtype)
        for q, end in _blocks(start, stop, row_bytes):
            P = scratch("patches", (end - q, columns, k, k * C), x.dtype)
            _gather(flat, P, q, stride, pad, C, rows, columns)
            np.matmul(P.reshape(-1, len(w)).T, slopes[q * columns : end * columns], out=product)
            total += product
        return total

    for total in run(share, N * rows, dy.size * len(w)):
        w += total
