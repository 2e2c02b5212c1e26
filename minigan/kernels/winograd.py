"""4x4 kernels with stride 2 and padding 1, DCGAN's convolution, with 9 multiplications where the definition has 16.

In one dimension y[i] = x[2i-1] W0 + x[2i] W1 + x[2i+1] W2 + x[2i+2] W3.  The stride sorts x into two phases that
never meet: odd pixels meet only W0 and W2, even pixels only W1 and W3.  With the phases taken as channels (p = 0:
odd, p = 1: even, 2C channels) this is a plain convolution with two taps g0 = W[p], g1 = W[2 + p] over
d[i] = x[2i - 1 + p]:

    y0 = d0 g0 + d1 g1            Winograd's F(2, 2): three products instead of four      m0 = (d0 - d1) g0
    y1 = d1 g0 + d2 g1            y0 = m0 + m1,   y1 = m1 + m2                            m1 = d1 (g0 + g1)
                                                                                         m2 = (d2 - d1) g1
As matrices y = A' [(G g) * (B' d)],

    B' = [1 -1  0]     G = [1 0]     A' = [1 1 0]        and in two dimensions the same on rows and columns:
         [0  1  0]         [1 1]          [0 1 1]        y = A' [(G g G') * (B' d B)] A
         [0 -1  1]         [0 1]

The product * is over 4C channels and O outputs: nine matrix products, one for each entry of the 3x3 grid, over all
tiles of 2x2 output pixels.  16/9 = 1.78 times fewer multiplications.  Every coefficient is 0 or +-1, so nothing is
lost in accuracy: the relative error stays near 1e-6 in float32 and 1e-15 in float64.

Turned round, the same three matrices give the other directions, because y is linear in d and in g:

    dx = B [(G g G') * (A dy A')] B'  (also the transposed convolution)        dg = G' [(B' d B) * (A dy A')] G

Tile t reads the six rows 4t-1 .. 4t+4 of x; its neighbour below begins at 4t+3, so in dx two rows of each pair
overlap and add.  Everything for a tile lies together (tile-major): nine streams at power-of-two distances would evict
each other from the cache.  Tiles go through in blocks that stay there.  H and W must divide by 4.  Measured against
blocked im2col, 64 to 128 channels at 16 x 16, one thread: 1.7, 1.9 and 1.7 times as fast (forward, dx, dW).
"""

import numpy as np

from minigan.kernels.jit import jit
from minigan.kernels.threads import BYTE, run, scratch

BLOCK = (
    1 << 22
)  # bytes of V and M at a time: the products gain more from 100 tiles at once than from the innermost cache


@jit
def _patches_in(x, first, V, R):
    """V = B' d B: x (N, H, W*C) -> V (Q, T, 3, 3, 2, 2*C), tile rows first .. first + Q.  R (3, 2, (W+2)*C): scratch.

    The six rows of a tile row are combined first, whole rows at a time; then the columns.  Both column phases of a
    pixel pair are neighbours in memory, so one loop of 2C numbers does both.
    """
    H, WC = x.shape[1:]
    Q, T, _, _, _, C2 = V.shape
    C = C2 // 2
    nothing = np.zeros(WC, x.dtype)  # the row above the image, and the one below
    R[:, :, :C] = 0
    R[:, :, C + WC :] = 0
    for q in range(Q):
        n, t = divmod(first + q, H // 4)
        for p in range(2):
            d0 = x[n, 4 * t - 1 + p] if t > 0 or p == 1 else nothing
            d1 = x[n, 4 * t + 1 + p]
            d2 = x[n, 4 * t + 3 + p] if 4 * t + 3 + p < H else nothing
            r0, r1, r2 = R[0, p, C : C + WC], R[1, p, C : C + WC], R[2, p, C : C + WC]
            for c in range(WC):
                r0[c] = d0[c] - d1[c]
            for c in range(WC):
                r1[c] = d1[c]
            for c in range(WC):
                r2[c] = d2[c] - d1[c]
        for u in range(T):
            for j in range(3):
                for p in range(2):
                    e0 = R[j, p, 4 * u * C : (4 * u + 2) * C]
                    e1 = R[j, p, (4 * u + 2) * C : (4 * u + 4) * C]
                    e2 = R[j, p, (4 * u + 4) * C : (4 * u + 6) * C]
                    v0, v1, v2 = V[q, u, j, 0, p], V[q, u, j, 1, p], V[q, u, j, 2, p]
                    for c in range(C2):
                        v0[c] = e0[c] - e1[c]
                    for c in range(C2):
                        v1[c] = e1[c]
                    for c in range(C2):
                        v2[c] = e2[c] - e1[c]


@jit
def _patches_out(V, first, dx, R, carry):
    """dx = B V B', the adjoint of _patches_in; carry (2, (W+2)*C): what the tile row above still adds."""
    H, WC = dx.shape[1:]
    Q, T, _, _, _, C2 = V.shape
    C = C2 // 2
    for q in range(Q):
        n, t = divmod(first + q, H // 4)
        if t == 0:
            carry[...] = 0
        for j in range(3):
            for p in range(2):
                last = R[j, p, :C2]
                last[:] = 0
                for u in range(T):
                    v0, v1, v2 = V[q, u, j, 0, p], V[q, u, j, 1, p], V[q, u, j, 2, p]
                    e0 = R[j, p, 4 * u * C : (4 * u + 2) * C]  # holds v2 of the tile to the left
                    e1 = R[j, p, (4 * u + 2) * C : (4 * u + 4) * C]
                    e2 = R[j, p, (4 * u + 4) * C : (4 * u + 6) * C]
                    for c in range(C2):
                        e0[c] += v0[c]
                    for c in range(C2):
                        e1[c] = v1[c] - v0[c] - v2[c]
                    for c in range(C2):
                        e2[c] = v2[c]
        for p in range(2):
            above, r0, r1, r2 = carry[p, C : C + WC], R[0, p, C : C + WC], R[1, p, C : C + WC], R[2, p, C : C + WC]
            if t > 0 or p == 1:
                d0 = dx[n, 4 * t - 1 + p]
                for c in range(WC):
                    d0[c] = above[c] + r0[c]
            d1 = dx[n, 4 * t + 1 + p]
            for c in range(WC):
                d1[c] = r1[c] - r0[c] - r2[c]
            for c in range(WC):
                above[c] = r2[c]
        if 4 * t + 4 == H:
            dx[n, H - 1] = carry[0, C : C + WC]


@jit
def _outputs(M, first, y):
    """y = A' M A: M (Q, T, 3, 3, O) -> y (N, H', 2T, O)."""
    Q, T, _, _, O = M.shape
    for q in range(Q):
        n, t = divmod(first + q, y.shape[1] // 2)
        for u in range(T):
            for i in range(2):
                for j in range(2):
                    m00, m01, m10, m11 = M[q, u, i, j], M[q, u, i, j + 1], M[q, u, i + 1, j], M[q, u, i + 1, j + 1]
                    out = y[n, 2 * t + i, 2 * u + j]
                    for c in range(O):
                        out[c] = (m00[c] + m01[c]) + (m10[c] + m11[c])


@jit
def _slopes(dy, first, M):
    """M = A dy A', the adjoint of _outputs: row 1 of A is the sum of rows 0 and 2, and so are the columns."""
    Q, T, _, _, O = M.shape
    for q in range(Q):
        n, t = divmod(first + q, dy.shape[1] // 2)
        for u in range(T):
            for i in range(2):
                top = dy[n, 2 * t + i]
                left, right = top[2 * u], top[2 * u + 1]
                m0, m1, m2 = M[q, u, 2 * i, 0], M[q, u, 2 * i, 1], M[q, u, 2 * i, 2]
                for c in range(O):
                    m0[c] = left[c]
                for c in range(O):
                    m1[c] = left[c] + right[c]
                for c in range(O):
                    m2[c] = right[c]
            for j in range(3):
                m0, m1, m2 = M[q, u, 0, j], M[q, u, 1, j], M[q, u, 2, j]
                for c in range(O):
                    m1[c] = m0[c] + m2[c]


def _swapped(W):  # is W a view of an array (4, 4, O, C)?
    return not W.flags.c_contiguous


def _weights(W):
    """G g G': (4, 4, C, O) -> (9, 4C, O), with the same of C and O last in memory: no transposed copy is made."""
    C, O = W.shape[2:]
    if _swapped(W):
        g, U = W.swapaxes(2, 3), np.empty((3, 3, O, 2, 2, C), W.dtype)
        entries, U = U.transpose(0, 1, 3, 4, 2, 5), U.reshape(9, O, 4 * C).transpose(0, 2, 1)
    else:
        g, entries = W, np.empty((3, 3, 2, 2, C, O), W.dtype)
        U = entries.reshape(9, 4 * C, O)
    g = g.reshape(2, 2, 2, 2, *g.shape[2:])  # (tap, phase) of the row, (tap, phase) of the column

    def share(a, b):  # of the channels that come first in memory
        top, bottom = g[0][..., a:b, :], g[1][..., a:b, :]
        for i, rows in enumerate((top, top + bottom, bottom)):  # (phase, tap, phase, ...)
            part = entries[i][..., a:b, :]
            part[0], part[2] = rows[:, 0], rows[:, 1]
            np.add(rows[:, 0], rows[:, 1], out=part[1])

    run(share, g.shape[4], BYTE * 2 * U.nbytes)
    return U


def _weights_back(dUs, dW):
    """dW += G' (sum of dUs) G, the adjoint of _weights; each dU (9, 4C, O), or (9, O, 4C) if dW is swapped."""
    C, O = dW.shape[2:]
    if _swapped(dW):
        dg, parts = dW.swapaxes(2, 3), [dU.reshape(3, 3, O, 2, 2, C).transpose(0, 1, 3, 4, 2, 5) for dU in dUs]
    else:
        dg, parts = dW, [dU.reshape(3, 3, 2, 2, C, O) for dU in dUs]
    dg = dg.reshape(2, 2, 2, 2, *dg.shape[2:])

    def share(start, stop):
        slopes, (d, *others) = dg[..., start:stop, :], (part[..., start:stop, :] for part in parts)
        for other in others:
            d += other
        for a in range(2):
            for b in range(2):
                slopes[a, :, b] += (d[a, b] + d[a, b + 1]) + (d[a + 1, b] + d[a + 1, b + 1])

    run(share, dg.shape[4], BYTE * 3 * dUs[0].nbytes)


def by_entry(tiles, entries, width):  # (Q, T, 3, 3, ...) -> (9, Q*T, width): the nine matrices, as views
    return tiles.reshape(-1, entries, width).transpose(1, 0, 2)


def blocks(first, last, row_bytes):  # (start, length) of blocks of tile rows whose V and M fit BLOCK
    step = max(1, BLOCK // row_bytes)
    return ((q, min(step, last - q)) for q in range(first, last, step))


def conv2d(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    """The convolution with stride 2, pad 1: (N, H, W, C), (4, 4, C, O) -> (N, H/2, W/2, O)."""
    (N, H, width, C), O, T = x.shape, W.shape[3], x.shape[2] // 4
    y, U, flat = np.empty((N, H // 2, width // 2, O), x.dtype), _weights(W), x.reshape(N, H, width * C)

    def share(start, stop):  # tile rows of all images, numbered through
        R = scratch("rows", (3, 2, (width + 2) * C), x.dtype)
        for q, Q in blocks(start, stop, T * 9 * (4 * C + O) * x.itemsize):
            V = scratch("patches", (Q, T, 3, 3, 2, 2 * C), x.dtype)
            M = scratch("products", (Q, T, 3, 3, O), x.dtype)
            _patches_in(flat, q, V, R)
            np.matmul(by_entry(V, 9, 4 * C), U, out=by_entry(M, 9, O))  # eq:winograd.forward
            _outputs(M, q, y)

    run(share, N * (H // 4), BYTE * x.nbytes + 9 * y.size * C)
    return y


def conv2d_dx(dy: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Its adjoint in x, the transposed convolution: (N, H/2, W/2, O), (4, 4, C, O) -> (N, H, W, C)."""
    (N, rows, columns, O), C, T = dy.shape, W.shape[2], dy.shape[2] // 2
    dx, U = np.empty((N, 2 * rows, 2 * columns, C), dy.dtype), _weights(W)
    flat = dx.reshape(N, 2 * rows, 2 * columns * C)

    def share(start, stop):  # whole images: tile rows of one image overlap
        R = scratch("rows", (3, 2, (2 * columns + 2) * C), dy.dtype)
        carry = scratch("carry", (2, (2 * columns + 2) * C), dy.dtype)
        for q, Q in blocks(start * rows // 2, stop * rows // 2, T * 9 * (4 * C + O) * dy.itemsize):
            V = scratch("patches", (Q, T, 3, 3, 2, 2 * C), dy.dtype)
            M = scratch("products", (Q, T, 3, 3, O), dy.dtype)
            _slopes(dy, q, M)
            np.matmul(by_entry(M, 9, O), U.transpose(0, 2, 1), out=by_entry(V, 9, 4 * C))  # eq:winograd.dx
            _patches_out(V, q, flat, R, carry)

    run(share, N, BYTE * dx.nbytes + 9 * dy.size * C)
    return dx


def conv2d_dW(x: np.ndarray, dy: np.ndarray, dW: np.ndarray) -> None:
    """Its adjoint in W, added in place: (N, H, W, C), (N, H/2, W/2, O) -> (4, 4, C, O)."""
    (N, H, width, C), O, T = x.shape, dy.shape[3], x.shape[2] // 4
    flat = x.reshape(N, H, width * C)

    def share(start, stop):
        R = scratch("rows", (3, 2, (width + 2) * C), x.dtype)
        shape = (9, O, 4 * C) if _swapped(dW) else (9, 4 * C, O)
        total, product = np.zeros(shape, x.dtype), scratch("slopes", shape, x.dtype)
        for q, Q in blocks(start, stop, T * 9 * (4 * C + O) * x.itemsize):
            V = scratch("patches", (Q, T, 3, 3, 2, 2 * C), x.dtype)
            M = scratch("products", (Q, T, 3, 3, O), x.dtype)
            _patches_in(flat, q, V, R)
            _slopes(dy, q, M)
            left, right = by_entry(V, 9, 4 * C), by_entry(M, 9, O)
            if _swapped(dW):
                left, right = right, left
            np.matmul(left.transpose(0, 2, 1), right, out=total if q == start else product)  # eq:winograd.dW
            if q > start:
                total += product
        return total

    _weights_back(run(share, N * (H // 4), BYTE * x.nbytes + 9 * dy.size * C), dW)
