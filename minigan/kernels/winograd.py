"""4x4 kernels with stride 2 and padding 1, DCGAN's convolution, with 9 multiplications where the definition has 16.

In one dimension y[i] = x[2i-1] W0 + x[2i] W1 + x[2i+1] W2 + x[2i+2] W3.  With stride 2, x splits into two phases: odd
pixels are multiplied by W0 and W2 only, even pixels by W1 and W3 only.  If we take the phases as channels (p = 0: odd,
p = 1: even, 2C channels), this is a plain convolution with two taps g0 = W[p], g1 = W[2 + p] over d[i] = x[2i - 1 + p]:

    y0 = d0 g0 + d1 g1            Winograd's F(2, 2): three products instead of four      m0 = (d0 - d1) g0
    y1 = d1 g0 + d2 g1            y0 = m0 + m1,   y1 = m1 + m2                            m1 = d1 (g0 + g1)
                                                                                         m2 = (d2 - d1) g1
As matrices y = A' [(G g) * (B' d)],

    B' = [1 -1  0]     G = [1 0]     A' = [1 1 0]        and in two dimensions the same on rows and columns:
         [0  1  0]         [1 1]          [0 1 1]        y = A' [(G g G') * (B' d B)] A
         [0 -1  1]         [0 1]

The product * is over 4C channels and O outputs: nine matrix products, one for each entry of the 3x3 grid, over all
tiles of 2x2 output pixels.  16/9 = 1.78 times fewer multiplications.  Every coefficient is 0 or +-1, so no accuracy
is lost: the relative error stays near 1e-6 in float32 and 1e-15 in float64.

The transposes of the same three matrices give the other directions, because y is linear in d and in g:

    dx = B [(G g G') * (A dy A')] B'  (also the transposed convolution)        dg = G' [(B' d B) * (A dy A')] G

Tile t reads the six rows 4t-1 .. 4t+4 of x; the tile below begins at row 4t+3, so in dx neighbouring tiles overlap in
two rows, which are added.  All numbers of a tile are neighbours in memory (tile-major): nine streams at power-of-two
distances would evict each other from the cache.  Tiles are processed in blocks that stay in the cache.  H and W must be
divisible by 4.  Speed relative to blocked im2col, 64 to 128 channels at 16 x 16, one thread: 1.7 forward, 1.9 dx, 1.7 dW.

The loops over one row of tiles are functions of their own, compiled once: otherwise the compiler copies them for each
tap and phase, and takes five times as long.
"""

from typing import Any

import numpy as np

from minigan.kernels.parallel.blas import matmul, subroutine
from minigan.kernels.parallel.jit import inside
from minigan.kernels.parallel.launch import launch, product_kernel
from minigan.kernels.parallel.scratch import scratch
from minigan.kernels.parallel.threads import BYTE, parts
from minigan.kernels.rows import add, clear, copy, middle, subtract
from minigan.kernels.winograd_weights import add_back, gradients_like, swapped, transformed

BLOCK = 1 << 22  # bytes of V and M: products gain more from 100 tiles at once than from the innermost cache


@subroutine
def _columns_in(row: np.ndarray, V: np.ndarray, j: int, p: int) -> None:
    """V[:, j, :, p] = d B for each tile: row (W/2 + 1, 2*C) -> V (T, 3, 3, 2, 2*C).

    Both column phases of a pixel pair are neighbours in memory, so one loop of 2C numbers does both.
    """
    for u in range(len(V)):
        d0, d1, d2 = row[2 * u], row[2 * u + 1], row[2 * u + 2]
        v0, v1, v2 = V[u, j, 0, p], V[u, j, 1, p], V[u, j, 2, p]
        for c in range(len(v0)):
            v0[c] = d0[c] - d1[c]
        for c in range(len(v0)):
            v1[c] = d1[c]
        for c in range(len(v0)):
            v2[c] = d2[c] - d1[c]


@subroutine
def _columns_out(V: np.ndarray, j: int, p: int, row: np.ndarray) -> None:
    """row += V[:, j, :, p] B', the adjoint of _columns_in; row[0] must be zero."""
    for u in range(len(V)):
        v0, v1, v2 = V[u, j, 0, p], V[u, j, 1, p], V[u, j, 2, p]
        d0, d1, d2 = row[2 * u], row[2 * u + 1], row[2 * u + 2]  # d0 holds v2 of the tile to the left
        for c in range(len(v0)):
            d0[c] += v0[c]
        for c in range(len(v0)):
            d1[c] = v1[c] - v0[c] - v2[c]
        for c in range(len(v0)):
            d2[c] = v2[c]


@subroutine
def _patches_in(x: np.ndarray, first: int, V: np.ndarray, R: np.ndarray, pairs: np.ndarray) -> None:
    """V = B' d B: x (N, H, W*C) -> V (Q, T, 3, 3, 2, 2*C), tile rows first .. first + Q.

    The six rows of a tile row are combined first, whole rows at a time; then the columns.
    R (4, 2, (W+2)*C), and the same memory as pairs (4, 2, W/2 + 1, 2*C): scratch.
    """
    H, WC = x.shape[1:]
    Q, C = len(V), V.shape[5] // 2
    zero = R[3, 0, C : C + WC]  # the row above the image, and the one below
    clear(zero)
    for j in range(3):
        for p in range(2):
            clear(R[j, p, :C])
            clear(R[j, p, C + WC :])
    for q in range(Q):
        n, t = divmod(first + q, H // 4)
        for p in range(2):
            d0 = x[n, 4 * t - 1 + p] if t > 0 or p == 1 else zero
            d1 = x[n, 4 * t + 1 + p]
            d2 = x[n, 4 * t + 3 + p] if 4 * t + 3 + p < H else zero
            subtract(d0, d1, R[0, p, C : C + WC])
            copy(d1, R[1, p, C : C + WC])
            subtract(d2, d1, R[2, p, C : C + WC])
        for j in range(3):
            for p in range(2):
                _columns_in(pairs[j, p], V[q], j, p)


@subroutine
def _patches_out(
    V: np.ndarray, first: int, dx: np.ndarray, R: np.ndarray, pairs: np.ndarray, carry: np.ndarray
) -> None:  # fmt: skip
    """dx = B V B', the adjoint of _patches_in; carry (2, (W+2)*C): what the tile row above still adds."""
    H, WC = dx.shape[1:]
    Q, C = len(V), V.shape[5] // 2
    for q in range(Q):
        n, t = divmod(first + q, H // 4)
        if t == 0:
            clear(carry[0])
            clear(carry[1])
        for j in range(3):
            for p in range(2):
                clear(pairs[j, p, 0])
                _columns_out(V[q], j, p, pairs[j, p])
        for p in range(2):
            above, r0, r1, r2 = carry[p, C : C + WC], R[0, p, C : C + WC], R[1, p, C : C + WC], R[2, p, C : C + WC]
            if t > 0 or p == 1:
                add(above, r0, dx[n, 4 * t - 1 + p])
            middle(r0, r1, r2, dx[n, 4 * t + 1 + p])
            copy(r2, above)
        if 4 * t + 4 == H:
            copy(carry[0, C : C + WC], dx[n, H - 1])


@subroutine
def _corner(M: np.ndarray, i: int, j: int, row: np.ndarray) -> None:
    """Entry (i, j) of A' M A for each tile: M (T, 3, 3, O) -> row (2T, O) at 2u + j."""
    for u in range(len(M)):
        m00, m01, m10, m11 = M[u, i, j], M[u, i, j + 1], M[u, i + 1, j], M[u, i + 1, j + 1]
        out = row[2 * u + j]
        for c in range(len(out)):
            out[c] = (m00[c] + m01[c]) + (m10[c] + m11[c])


@subroutine
def _outputs(M: np.ndarray, first: int, y: np.ndarray) -> None:
    """y = A' M A: M (Q, T, 3, 3, O) -> y (N, H', 2T, O)."""
    for q in range(len(M)):
        n, t = divmod(first + q, y.shape[1] // 2)
        for i in range(2):
            for j in range(2):
                _corner(M[q], i, j, y[n, 2 * t + i])


@subroutine
def _columns_of_gradient(row: np.ndarray, M: np.ndarray, i: int) -> None:
    """M[:, i] = dy A' for each tile: row (2T, O) -> M (T, 3, 3, O)."""
    for u in range(len(M)):
        left, right = row[2 * u], row[2 * u + 1]
        m0, m1, m2 = M[u, i, 0], M[u, i, 1], M[u, i, 2]
        for c in range(len(m0)):
            m0[c] = left[c]
        for c in range(len(m0)):
            m1[c] = left[c] + right[c]
        for c in range(len(m0)):
            m2[c] = right[c]


@subroutine
def _gradients(dy: np.ndarray, first: int, M: np.ndarray) -> None:
    """M = A dy A', the adjoint of _outputs: row 1 of A is the sum of rows 0 and 2, and so are the columns."""
    Q, T = M.shape[:2]
    for q in range(Q):
        n, t = divmod(first + q, dy.shape[1] // 2)
        _columns_of_gradient(dy[n, 2 * t], M[q], 0)
        _columns_of_gradient(dy[n, 2 * t + 1], M[q], 2)
        for u in range(T):
            for j in range(3):
                add(M[q, u, 0, j], M[q, u, 2, j], M[q, u, 1, j])


@inside
def products(state: np.ndarray, left: np.ndarray, U: np.ndarray, transposed: bool, out: np.ndarray) -> None:
    """out[:, e] = left[:, e] U[e] for each entry e of the grid, or U[e]' if `transposed`: (tiles, entries, ...)."""
    for e in range(len(U)):
        right = U[e].T if transposed else U[e]
        matmul(state, left[:, e], right, out[:, e], 0.0)


@product_kernel
def _conv2d(
    i: int, j: int, s: int, state: np.ndarray, x: np.ndarray, U: np.ndarray, transposed: bool, V: np.ndarray,
    M: np.ndarray, v9: np.ndarray, m9: np.ndarray, R: np.ndarray, pairs: np.ndarray, y: np.ndarray
) -> None:  # fmt: skip
    # tile rows i .. j, counted over all images
    step, T = V.shape[1:3]
    for q in range(i, j, step):
        Q = min(step, j - q)
        _patches_in(x, q, V[s][:Q], R[s], pairs[s])
        products(state, v9[s][: Q * T], U, transposed, m9[s][: Q * T])  # eq:winograd.forward
        _outputs(M[s][:Q], q, y)


@product_kernel
def _conv2d_dx(
    i: int, j: int, s: int, state: np.ndarray, dy: np.ndarray, U: np.ndarray, transposed: bool, V: np.ndarray,
    M: np.ndarray, v9: np.ndarray, m9: np.ndarray, R: np.ndarray, pairs: np.ndarray, carry: np.ndarray,
    dx: np.ndarray
) -> None:  # fmt: skip
    # images i .. j: tile rows overlap
    (step, T), rows = V.shape[1:3], dx.shape[1] // 4
    for q in range(i * rows, j * rows, step):
        Q = min(step, j * rows - q)
        _gradients(dy, q, M[s][:Q])
        products(state, m9[s][: Q * T], U, not transposed, v9[s][: Q * T])  # eq:winograd.dx
        _patches_out(V[s][:Q], q, dx, R[s], pairs[s], carry[s])


@product_kernel
def _conv2d_dW(
    i: int, j: int, s: int, state: np.ndarray, x: np.ndarray, dy: np.ndarray, transposed: bool, V: np.ndarray,
    M: np.ndarray, v9: np.ndarray, m9: np.ndarray, R: np.ndarray, pairs: np.ndarray, dU: np.ndarray
) -> None:  # fmt: skip
    # tile rows i .. j; dU (parts, 9, ...)
    step, T = V.shape[1:3]
    for q in range(i, j, step):
        Q = min(step, j - q)
        _patches_in(x, q, V[s][:Q], R[s], pairs[s])
        _gradients(dy, q, M[s][:Q])
        left, right = (m9[s][: Q * T], v9[s][: Q * T]) if transposed else (v9[s][: Q * T], m9[s][: Q * T])
        for e in range(9):
            matmul(state, left[:, e].T, right[:, e], dU[s, e], 0.0 if q == i else 1.0)  # eq:winograd.dW


def block(rows: int, row_bytes: int) -> int:
    """How many tile rows are processed at a time: as many as fit in BLOCK."""
    return max(1, min(BLOCK // row_bytes, rows))


def _buffers(N: int, H: int, width: int, C: int, O: int, shares: int, dtype: Any) -> tuple[np.ndarray, ...]:
    """Scratch for each share.

    V and M of one block, both again as (tiles, 9, ...); the six rows of a tile row combined and a row of zeros, flat and
    as pixel pairs.
    """
    T = width // 4
    Q = block(N * (H // 4), T * 9 * (4 * C + O) * np.dtype(dtype).itemsize)
    V = scratch("patches", (shares, Q, T, 3, 3, 2, 2 * C), dtype)
    M = scratch("products", (shares, Q, T, 3, 3, O), dtype)
    R = scratch("rows", (shares, 4, 2, (width + 2) * C), dtype)
    pairs = R.reshape(shares, 4, 2, width // 2 + 1, 2 * C)
    return V, M, V.reshape(shares, Q * T, 9, 4 * C), M.reshape(shares, Q * T, 9, O), R, pairs


def conv2d(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    """The convolution with stride 2, pad 1: (N, H, W, C), (4, 4, C, O) -> (N, H/2, W/2, O)."""
    (N, H, width, C), O = x.shape, W.shape[3]
    y = np.empty((N, H // 2, width // 2, O), x.dtype)
    shares = parts(BYTE * x.nbytes + 9 * y.size * C)
    buffers = _buffers(N, H, width, C, O, shares, x.dtype)
    flat = x.reshape(N, H, width * C)
    launch(_conv2d, shares, N * (H // 4), flat, transformed(W), swapped(W), *buffers, y)
    return y


def conv2d_dx(dy: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Its adjoint in x, the transposed convolution: (N, H/2, W/2, O), (4, 4, C, O) -> (N, H, W, C)."""
    (N, rows, columns, O), C = dy.shape, W.shape[2]
    H, width = 2 * rows, 2 * columns
    dx = np.empty((N, H, width, C), dy.dtype)
    shares = parts(BYTE * dx.nbytes + 9 * dy.size * C)
    buffers = _buffers(N, H, width, C, O, shares, dy.dtype)
    carry = scratch("carry", (shares, 2, (width + 2) * C), dy.dtype)
    flat = dx.reshape(N, H, width * C)
    launch(_conv2d_dx, shares, N, dy, transformed(W), swapped(W), *buffers, carry, flat)
    return dx


def conv2d_dW(x: np.ndarray, dy: np.ndarray, dW: np.ndarray) -> None:
    """Its adjoint in W, added in place: (N, H, W, C), (N, H/2, W/2, O) -> (4, 4, C, O)."""
    (N, H, width, C), O = x.shape, dy.shape[3]
    if N == 0:
        return
    shares = parts(BYTE * x.nbytes + 9 * dy.size * C)
    buffers = _buffers(N, H, width, C, O, shares, x.dtype)
    dU = gradients_like(dW, shares)
    launch(_conv2d_dW, shares, N * (H // 4), x.reshape(N, H, width * C), dy, swapped(dW), *buffers, dU)
    add_back(dU[: N * (H // 4)], dW)  # with more shares than tile rows, the last shares computed nothing
