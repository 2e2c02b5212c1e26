"""The product of a dense layer, and the rule by which every large matrix product is cut for our threads.

OpenBLAS on one thread runs near the core's peak, so a product needs no kernel of ours, only a cut: half of the output
to each thread.  Cut the longer side of the output: a batch of 64 against 784 columns is cut by columns, so that each
thread packs only its own half of the weights.  Entries of the output never meet, so the cut changes no sum.
"""

import numpy as np

from minigan.kernels.parallel.blas import jit_with_products, matmul
from minigan.kernels.parallel.jit import inside
from minigan.kernels.parallel.threads import BYTE, launch, parts, share


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


def product(a: np.ndarray, b: np.ndarray, c: np.ndarray | None = None) -> np.ndarray:
    """a b, or c += a b in place, over our threads: (m, k), (k, n), (m, n); a and b may be transposed views.

    NumPy's own product serves what is too small to be cut, its call being 2 microseconds shorter than compiled code's (but
    not where k = 1, which NumPy gives to a slow loop), and a c that lies in pieces.
    """
    (m, k), n = a.shape, b.shape[1]
    if len(b) != k or (c is not None and c.shape != (m, n)):
        given = ", ".join(str(matrix.shape) for matrix in (a, b, c) if matrix is not None)
        raise ValueError(f"expected matrices (m, k), (k, n) and (m, n), got {given}")
    size = max(m * n * k, BYTE * (a.nbytes + b.nbytes))
    if c is None:
        if k > 1 and parts(size) == 1:
            return a @ b
        c, beta = np.empty((m, n), a.dtype), 0.0
    else:
        if (k > 1 and parts(size) == 1) or not c.flags.c_contiguous:
            c += a @ b
            return c
        beta = 1.0
    a, b = (p if p.flags.forc else np.ascontiguousarray(p) for p in (a, b))
    launch(_product, size, a, b, c, beta)
    return c


def dense(x: np.ndarray, W: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """y = x W + b: (N, n), (n, m), (m,) -> (N, m)."""
    y = product(x, W)
    if b is not None:
        y += b
    return y


def dense_dx(dy: np.ndarray, W: np.ndarray) -> np.ndarray:
    """dx = dy W': (N, m), (n, m) -> (N, n)."""
    return product(dy, W.T)


def dense_dW(x: np.ndarray, dy: np.ndarray, dW: np.ndarray) -> None:
    """dW += x' dy, in place: (N, n), (N, m) -> (n, m); each thread has its own rows of dW."""
    product(x.T, dy, dW)
