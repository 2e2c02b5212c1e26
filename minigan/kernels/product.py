"""The product of a dense layer, and the rule by which every large matrix product is cut for our threads.

OpenBLAS on one thread runs near the core's peak, so a product needs no kernel of ours, only a cut: half of the output
to each thread.  Cut the longer side of the output: a batch of 64 against 784 columns is cut by columns, so that each
thread packs only its own half of the weights.  Entries of the output never meet, so the cut changes no sum.
"""

import numpy as np

from minigan.kernels.blas import jit_with_products, matmul
from minigan.kernels.jit import inside
from minigan.kernels.threads import BYTE, launch, parts, share


@inside
def _rows(i, j, s, state, a, b, c, beta):
    matmul(state, a[i:j], b, c[i:j], beta)


@inside
def _columns(i, j, s, state, a, b, c, beta):
    matmul(state, a, b[:, i:j], c[:, i:j], beta)


@jit_with_products
def _product(state, a, b, c, beta):
    if c.shape[0] >= c.shape[1]:
        share(state, _rows, (state, a, b, c, beta), c.shape[0])
    else:
        share(state, _columns, (state, a, b, c, beta), c.shape[1])


def _whole(m: int, k: int, n: int) -> bool:
    """Is a product too small to be cut?  Then it is NumPy's own: its call is 2 microseconds shorter than compiled code's.

    But not an outer product (k = 1), which NumPy gives to a slow loop.
    """
    return k > 1 and parts(_size(m, k, n)) == 1


def _size(m, k, n):  # multiplications, or the bytes of both matrices where they take longer
    return max(m * n * k, BYTE * 4 * k * (m + n))


def product(a: np.ndarray, b: np.ndarray, c: np.ndarray, beta: float) -> None:
    """c = a b + beta c over our threads: (m, k), (k, n), (m, n); a and b may be transposed views, c is C-contiguous."""
    (m, k), n = a.shape, b.shape[1]
    if len(b) != k or c.shape != (m, n):
        raise ValueError(f"expected matrices (m, k), (k, n) and (m, n), got {a.shape}, {b.shape} and {c.shape}")
    a, b = (p if p.flags.forc else np.ascontiguousarray(p) for p in (a, b))
    launch(_product, _size(m, k, n), a, b, c, beta)


def dense(x: np.ndarray, W: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """y = x W + b: (N, n), (n, m), (m,) -> (N, m)."""
    if _whole(*x.shape, W.shape[1]):
        y = x @ W
    else:
        product(x, W, y := np.empty((len(x), W.shape[1]), x.dtype), 0.0)
    if b is not None:
        y += b
    return y


def dense_dx(dy: np.ndarray, W: np.ndarray) -> np.ndarray:
    """dx = dy W': (N, m), (n, m) -> (N, n)."""
    if _whole(*dy.shape, len(W)):
        return dy @ W.T
    product(dy, W.T, dx := np.empty((len(dy), len(W)), dy.dtype), 0.0)
    return dx


def dense_dW(x: np.ndarray, dy: np.ndarray, dW: np.ndarray) -> None:
    """dW += x' dy, in place: (N, n), (N, m) -> (n, m); each thread has its own rows of dW."""
    if _whole(x.shape[1], *dy.shape) or not dW.flags.c_contiguous:
        dW += x.T @ dy
    else:
        product(x.T, dy, dW, 1.0)
