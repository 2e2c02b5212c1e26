"""The product of a dense layer, and the rule by which every large matrix product is cut for our threads.

OpenBLAS on one thread runs near the core's peak, so a product needs no kernel of ours, only a cut: each thread computes a
part of the output.  The longer side of the output is cut: a batch of 64 against 784 columns is cut by columns, so that
each thread packs only its own part of the weights.  Each number of the output is computed by one thread, so the cut does
not change the order of any sum.
"""

import numpy as np

from minigan.kernels.parallel.blas import matmul
from minigan.kernels.parallel.launch import launch, product_kernel
from minigan.kernels.parallel.threads import BYTE, parts


@product_kernel
def _rows(
    i: int, j: int, s: int, state: np.ndarray, a: np.ndarray, turn_a: bool, b: np.ndarray, turn_b: bool,
    c: np.ndarray, beta: float
) -> None:  # fmt: skip
    # rows i .. j of c = a b + beta c
    left = a[:, i:j].T if turn_a else a[i:j]
    right = b.T if turn_b else b
    matmul(state, left, right, c[i:j], beta)


@product_kernel
def _columns(
    i: int, j: int, s: int, state: np.ndarray, a: np.ndarray, turn_a: bool, b: np.ndarray, turn_b: bool,
    c: np.ndarray, beta: float
) -> None:  # fmt: skip
    # columns i .. j
    left = a.T if turn_a else a
    right = b[i:j].T if turn_b else b[:, i:j]
    matmul(state, left, right, c[:, i:j], beta)


def _stored(a: np.ndarray) -> tuple[np.ndarray, bool]:
    """(a or a.T, whichever is C-contiguous; True if it is a.T): one kernel then serves both ways to store a matrix."""
    if a.flags.c_contiguous:
        return a, False
    return (a.T, True) if a.flags.f_contiguous else (np.ascontiguousarray(a), False)


def product(a: np.ndarray, b: np.ndarray, c: np.ndarray | None = None) -> np.ndarray:
    """a b, or c += a b in place, on our threads: (m, k), (k, n), (m, n); a and b may be transposed views.

    NumPy computes what is too small to be cut, because its call takes 2 microseconds less than that of compiled code (except
    for k = 1, where NumPy has only a slow loop), and what is to be added to a c that is not contiguous.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    (m, k), n = a.shape, b.shape[1]
    if len(b) != k or (c is not None and c.shape != (m, n)):
        given = ", ".join(str(matrix.shape) for matrix in (a, b, c) if matrix is not None)
        raise ValueError(f"expected matrices (m, k), (k, n) and (m, n), got {given}")
    shares = parts(max(m * n * k, BYTE * (a.nbytes + b.nbytes)))
    if c is None:
        if k > 1 and shares == 1:
            return a @ b
        c, beta = np.empty((m, n), a.dtype), 0.0
    else:
        if (k > 1 and shares == 1) or not c.flags.c_contiguous:
            c += a @ b
            return c
        beta = 1.0
    launch(_rows if m >= n else _columns, shares, max(m, n), *_stored(a), *_stored(b), c, beta)
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
    """dW += x' dy, in place: (N, n), (N, m) -> (n, m); each thread computes its own rows of dW."""
    product(x.T, dy, dW)
