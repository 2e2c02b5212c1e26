"""The weights' side of the 4x4 Winograd convolution: U = G g G' of winograd.py, and its adjoint, for both layouts of W.

Nine matrices from the sixteen taps, by copies and sums only.  A convolution keeps its weights as (4, 4, C, O); a
transposed one keeps (4, 4, c_in, c_out), and passes them as a view with the last two axes swapped.  `_hops` gives the
distances between numbers in U for both, so that weights are read and written in the order of memory, without a
transposed copy.
"""

import numpy as np

from minigan.kernels.parallel.threads import BYTE, kernel, launch, scratch
from minigan.kernels.rows import add, copy


@kernel
def _weights(i: int, j: int, s: int, W: np.ndarray, U: np.ndarray, hops: tuple[int, int, int, int]) -> None:
    """U = G g G' for the channels i .. j: W (4, 4, channel, other) as stored, U flat, hops: see _hops."""
    entry, row, column, channel = hops
    n = W.shape[3]
    for c in range(i, j):
        for p in range(2):  # the phase of the row, and of the column
            for r in range(2):
                g00, g01, g10, g11 = W[p, r, c], W[p, 2 + r, c], W[2 + p, r, c], W[2 + p, 2 + r, c]
                at = p * row + r * column + c * channel
                u00, u01, u02 = U[at:][:n], U[at + entry :][:n], U[at + 2 * entry :][:n]
                u10, u11, u12 = U[at + 3 * entry :][:n], U[at + 4 * entry :][:n], U[at + 5 * entry :][:n]
                u20, u21, u22 = U[at + 6 * entry :][:n], U[at + 7 * entry :][:n], U[at + 8 * entry :][:n]
                copy(g00, u00)
                add(g00, g01, u01)
                copy(g01, u02)
                copy(g10, u20)
                add(g10, g11, u21)
                copy(g11, u22)
                add(u00, u20, u10)
                add(u01, u21, u11)
                add(u02, u22, u12)


@kernel
def _weights_back(i: int, j: int, s: int, dU: np.ndarray, dW: np.ndarray, hops: tuple[int, int, int, int]) -> None:
    """dW += G' (sum of the parts of dU) G, the adjoint of _weights; dU (parts, flat)."""
    entry, row, column, channel = hops
    n = dW.shape[3]
    for c in range(i, j):
        for p in range(2):
            for r in range(2):
                at = p * row + r * column + c * channel
                for part in range(1, len(dU)):
                    for e in range(9):
                        total = dU[0][at + e * entry :][:n]
                        add(total, dU[part][at + e * entry :][:n], total)
                for a in range(2):
                    for b in range(2):
                        u = dU[0][at + (3 * a + b) * entry :]
                        d00, d01, d10, d11 = u[:n], u[entry:][:n], u[3 * entry :][:n], u[4 * entry :][:n]
                        gradient = dW[2 * a + p, 2 * b + r, c]
                        for k in range(n):
                            gradient[k] += (d00[k] + d01[k]) + (d10[k] + d11[k])


def swapped(W: np.ndarray) -> bool:
    """True if W (4, 4, C, O) is a view of an array (4, 4, O, C)."""
    return not W.flags.c_contiguous


def _stored(W: np.ndarray) -> np.ndarray:
    return W.swapaxes(2, 3) if swapped(W) else W


def _shape(W: np.ndarray) -> tuple[int, int, int]:  # of U
    C, O = W.shape[2:]
    return (9, O, 4 * C) if swapped(W) else (9, 4 * C, O)


def _hops(W: np.ndarray) -> tuple[int, int, int, int]:
    """The distances in U between entries, between row phases, between column phases, and between channels of W as stored."""
    C, O = W.shape[2:]
    return (4 * C * O, 2 * C, C, 4 * C) if swapped(W) else (4 * C * O, 2 * C * O, C * O, O)


def transformed(W: np.ndarray) -> np.ndarray:
    """U = G g G' of W (4, 4, C, O): (9, 4C, O), or (9, O, 4C) if W is swapped."""
    U = np.empty(_shape(W), W.dtype)
    W_stored = _stored(W)
    launch(_weights, BYTE * 2 * U.nbytes, W_stored.shape[2], W_stored, U.reshape(-1), _hops(W))
    return U


def gradients_like(dW: np.ndarray, n: int) -> np.ndarray:
    """Scratch for n parts of dU, each in the shape of `transformed`."""
    return scratch("slopes", (n, *_shape(dW)), dW.dtype)


def add_back(dU: np.ndarray, dW: np.ndarray) -> None:
    """dW += G' (sum of the parts of dU) G, in place."""
    dW_stored = _stored(dW)
    launch(_weights_back, BYTE * 3 * dU.nbytes, dW_stored.shape[2], dU.reshape(len(dU), -1), dW_stored, _hops(dW))
