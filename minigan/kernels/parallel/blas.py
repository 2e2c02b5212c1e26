"""Matrix products from inside compiled code: NumPy's own OpenBLAS, called by its address.

np.matmul needs Python, and whoever needs Python needs its lock.  But the library that NumPy brings with it exports the
standard functions cblas_sgemm and cblas_dgemm (C = alpha A B + beta C; Dongarra et al. 1990), and an address is all
that compiled code wants.  A single column or row gets gemv (y = alpha A x + beta y), 1.1 to 4 times as fast.  Where
NumPy has another BLAS (MKL, Apple's), or an OpenBLAS with 32-bit integers, the kernels that multiply are left to
Python, with np.matmul: the same text runs, only handing over costs more.
"""

import ctypes
import threading
from functools import cache

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload
from threadpoolctl import ThreadpoolController

from minigan.kernels.parallel.intrinsics import INT, add
from minigan.kernels.parallel.jit import inside, jit
from minigan.kernels.parallel.native import BLAS, PRODUCTS

ROWS, AS_IS, TURNED = 101, 111, 112  # CblasRowMajor, CblasNoTrans, CblasTrans
_one_at_a_time = threading.Lock()


@cache
def libraries() -> list:
    """What threadpoolctl knows of each BLAS in this process."""
    return [library for library in ThreadpoolController().lib_controllers if library.user_api == "blas"]


@cache
def addresses() -> tuple[int, ...]:
    """Where cblas_sgemm, dgemm, sgemv and dgemv with 64-bit integers are in memory; zeros if NumPy's BLAS has no such."""
    for library in libraries():
        for name in ("scipy_cblas_{}64_", "cblas_{}64_"):
            try:
                found = [getattr(library.dynlib, name.format(what)) for what in ("sgemm", "dgemm", "sgemv", "dgemv")]
            except AttributeError:
                continue
            return tuple(ctypes.cast(function, ctypes.c_void_p).value for function in found)
    return 0, 0, 0, 0


def jit_with_products(function):
    """@jit for kernels that call `matmul`; where compiled code cannot, they stay Python."""
    return jit(function) if all(addresses()) else function


def inside_products(function):
    """For what such kernels call: compiled into them, or, where they are Python, by itself."""
    return inside(function) if all(addresses()) else jit(function)


def matmul(state, a, b, c, beta):
    """c = a b + beta c: (m, k), (k, n), (m, n).  a and b may be transposed views; the rows of c lie unbroken.

    Its 2 m k n operations are added to state[PRODUCTS], for who wants to know how much was multiplied.
    """
    with _one_at_a_time:
        state[PRODUCTS] += 2 * c.size * a.shape[1]
    if beta:
        c += a @ b
    elif a.shape[1] == 1:
        np.multiply(a, b, out=c)  # NumPy sends (m, 1) (1, n) to a slow loop of its own
    else:
        np.matmul(a, b, out=c)


def _caller(kinds, one):
    """Types and code of an intrinsic that calls an address: its arguments are flags (f), integers (i) and numbers (x)."""

    def code(context, builder, signature, values):
        number, flag = context.get_value_type(one), ir.IntType(32)
        of = {"f": flag, "i": INT, "x": number}
        function = builder.inttoptr(values[0], ir.FunctionType(ir.VoidType(), [of[k] for k in kinds]).as_pointer())
        given = zip(kinds, values[1:], strict=True)
        builder.call(function, [builder.trunc(value, flag) if kind == "f" else value for kind, value in given])
        return context.get_dummy_value()

    return types.void(types.int64, *(one if kind == "x" else types.int64 for kind in kinds)), code


@intrinsic
def _gemm(typing, address, order, turn_a, turn_b, m, n, k, one, a, lda, b, ldb, beta, c, ldc):
    return _caller("fffiiixiiiixii", one)


@intrinsic
def _gemv(typing, address, order, turn, rows, columns, one, a, lda, x, hop_x, beta, y, hop_y):
    return _caller("ffiixiiiixii", one)


@overload(matmul)
def _compiled(state, a, b, c, beta):
    single = c.dtype == types.float32

    def product(state, a, b, c, beta):
        (m, n), k, size = c.shape, a.shape[1], c.itemsize
        if m == 0 or n == 0:
            return
        turn_a, turn_b = a.strides[1] != size and k > 1, b.strides[1] != size and n > 1
        lda = max(a.strides[1] // size, m) if turn_a else max(a.strides[0] // size, k, 1)
        ldb = max(b.strides[1] // size, k, 1) if turn_b else max(b.strides[0] // size, n)
        ldc = max(c.strides[0] // size, n)
        add(state, PRODUCTS, 2 * m * n * k)
        gemm, gemv = (state[BLAS], state[BLAS + 2]) if single else (state[BLAS + 1], state[BLAS + 3])
        one, beta = c.dtype.type(1), c.dtype.type(beta)
        at_a, at_b, at_c = a.ctypes.data, b.ctypes.data, c.ctypes.data
        if n == 1 and k > 0:  # c = a b, a column; a lies (m, k) in memory, or turned (k, m)
            rows, columns = (k, m) if turn_a else (m, k)
            hop = max(b.strides[0] // size, 1)
            _gemv(gemv, ROWS, TURNED if turn_a else AS_IS, rows, columns, one, at_a, lda, at_b, hop, beta, at_c, ldc)
        elif m == 1 and k > 0:  # c' = b' a', a row
            rows, columns = (n, k) if turn_b else (k, n)
            hop = max(a.strides[1] // size, 1)
            _gemv(gemv, ROWS, AS_IS if turn_b else TURNED, rows, columns, one, at_b, ldb, at_a, hop, beta, at_c, 1)
        else:
            ways = TURNED if turn_a else AS_IS, TURNED if turn_b else AS_IS
            _gemm(gemm, ROWS, ways[0], ways[1], m, n, k, one, at_a, lda, at_b, ldb, beta, at_c, ldc)

    return product
