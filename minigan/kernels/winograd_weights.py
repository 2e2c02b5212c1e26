"""The weights' side of the 4x4 Winograd convolution: U = G g G' of winograd.py, and its adjoint, for both layouts of W.

Nine matrices from the sixteen taps, by copies and sums only.  A convolution keeps its weights as (4, 4, C, O); a
transposed one keeps (4, 4, c_in, c_out), and passes them as a view with the last two axes swapped.  `_hops` gives the
distances between numbers in U for both, so that weights are read and written in the order of memory, without a
transposed copy.
"""

import numpy as np

from minigan.kernels.parallel.blas import subroutine
from minigan.kernels.parallel.launch import kernel, launch
from minigan.kernels.parallel.scratch import scratch
from minigan.kernels.parallel.threads import BYTE, parts
from minigan.kernels.rows import accumulate, add


@kernel
def _weights(i: int, j: int, s: int, W: np.ndarray, U: np.ndarray, hops: tuple[int, int, int]) -> None:
    """U = G g G' for the channels i .. j: W (4, 4, channel, other) as stored, U (9, flat), hops: see _hops."""
    row, column, channel = hops
    n = W.shape[3]
    for c in range(i, j):
        for p in range(2):  # the phase of the row, and of the column
            for r in range(2):
                g00, g01, g10, g11 = W[p, r, c], W[p, 2 + r, c], W[2 + p, r, c], W[2 + p, 2 + r, c]
                at = p * row + r * column + c * channel
                _columns(g00, g01, U[0:3], at)
                _columns(g10, g11, U[6:9], at)
                for b in range(3):
                    add(U[b, at : at + n], U[6 + b, at : at + n], U[3 + b, at : at + n])


@subroutine
def _columns(g0: np.ndarray, g1: np.ndarray, U: np.ndarray, at: int) -> None:  # (n,), (n,) -> U[:, at : at + n]: g G'
    u0, u1, u2 = U[0, at : at + len(g0)], U[1, at : at + len(g0)], U[2, at : at + len(g0)]
    for k in range(len(g0)):
        u0[k] = g0[k]
    for k in range(len(g0)):
        u1[k] = g0[k] + g1[k]
    for k in range(len(g0)):
        u2[k] = g1[k]


@kernel
def _weights_back(i: int, j: int, s: int, dU: np.ndarray, dW: np.ndarray, hops: tuple[int, int, int]) -> None:
    """dW += G' (sum of the parts of dU) G, the adjoint of _weights; dU (parts, 9, flat)."""
    row, column, channel = hops
    n = dW.shape[3]
    for c in range(i, j):
        for p in range(2):
            for r in range(2):
                at = p * row + r * column + c * channel
                for part in range(1, len(dU)):
                    for e in range(9):
                        accumulate(dU[part, e, at : at + n], dU[0, e, at : at + n])
                for a in range(2):
                    for b in range(2):
                        _tap_back(dU[0], 3 * a + b, at, dW[2 * a + p, 2 * b + r, c])


@subroutine
def _tap_back(
    dU: np.ndarray, e: int, at: int, gradient: np.ndarray
) -> None:  # gradient (n,) += entries e, e+1, e+3, e+4
    n = len(gradient)
    d00, d01, d10, d11 = dU[e, at : at + n], dU[e + 1, at : at + n], dU[e + 3, at : at + n], dU[e + 4, at : at + n]
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


def _hops(W: np.ndarray) -> tuple[int, int, int]:
    """The distances in an entry of U between row phases, between column phases, and between channels of W as stored."""
    C, O = W.shape[2:]
    return (2 * C, C, 4 * C) if swapped(W) else (2 * C * O, C * O, O)


def transformed(W: np.ndarray) -> np.ndarray:
    """U = G g G' of W (4, 4, C, O): (9, 4C, O), or (9, O, 4C) if W is swapped."""
    U = np.empty(_shape(W), W.dtype)
    stored = _stored(W)
    launch(_weights, parts(BYTE * 2 * U.nbytes), stored.shape[2], stored, U.reshape(9, -1), _hops(W))
    return U


def gradients_like(dW: np.ndarray, n: int) -> np.ndarray:
    """Scratch for n parts of dU, each in the shape of `transformed`."""
    return scratch("gradients", (n, *_shape(dW)), dW.dtype)


def add_back(dU: np.ndarray, dW: np.ndarray) -> None:
    """dW += G' (sum of the parts of dU) G, in place."""
    stored = _stored(dW)
    launch(_weights_back, parts(BYTE * 3 * dU.nbytes), stored.shape[2], dU.reshape(len(dU), 9, -1), stored, _hops(dW))
