"""The product of a dense layer, and the rule by which every large matrix product is cut for our threads.

OpenBLAS on one thread runs near the core's peak, so a product needs no kernel of ours, only a cut: half of the output
to each thread.  Cut the longer side of the output: a batch of 64 against 784 columns is cut by columns, so that each
thread packs only its own half of the weights.  Entries of the output never meet, so the cut changes no sum.
"""

import numpy as np

from minigan.kernels.threads import is_small, run, scratch


def multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """out = a b on this thread.  NumPy sends (m, 1) (1, n) to a slow loop of its own: an outer product is better."""
    if a.shape[1] == 1:
        np.multiply(a, b, out=out)
    else:
        np.matmul(a, b, out=out)


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """out = a b over our threads: (m, k), (k, n) -> (m, n); transposed views are welcome."""
    m, n = out.shape

    def rows(i, j):
        multiply(a[i:j], b, out[i:j])

    def columns(i, j):
        multiply(a, b[:, i:j], out[:, i:j])

    work, length = (rows, m) if m >= n else (columns, n)
    run(work, length, m * n * a.shape[1])


def dense(x: np.ndarray, W: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """y = x W + b: (N, n), (n, m), (m,) -> (N, m)."""
    if W.shape[0] > 1 and is_small(len(x) * W.size):
        y = x @ W
    else:
        y = np.empty((len(x), W.shape[1]), x.dtype)
        matmul(x, W, y)
    if b is not None:
        y += b
    return y


def dense_dx(dy: np.ndarray, W: np.ndarray) -> np.ndarray:
    """dx = dy W': (N, m), (n, m) -> (N, n)."""
    if W.shape[1] > 1 and is_small(len(dy) * W.size):
        return dy @ W.T
    dx = np.empty((len(dy), W.shape[0]), dy.dtype)
    matmul(dy, W.T, dx)
    return dx


def dense_dW(x: np.ndarray, dy: np.ndarray, dW: np.ndarray) -> None:
    """dW += x' dy, in place: (N, n), (N, m) -> (n, m); each thread has its own rows of dW."""

    if is_small(dW.size * len(x)):
        dW += x.T @ dy
        return

    def rows(i, j):
        product = scratch("dense", (j - i, dW.shape[1]), dW.dtype)
        np.matmul(x[:, i:j].T, dy, out=product)
        dW[i:j] += product

    run(rows, len(dW), dW.size * len(x))
