"""Matrix products in compiled code: NumPy's own OpenBLAS, called by its address.

np.matmul needs Python, and Python code needs Python's lock.  But the library that comes with NumPy exports the standard
functions cblas_sgemm and cblas_dgemm (C = alpha A B + beta C; Dongarra et al. 1990), and compiled code can call any
function whose address it knows.  A product with a single column or row goes to gemv (y = alpha A x + beta y), which is 1.1
to 4 times as fast.  If NumPy uses another BLAS (MKL, Apple's), or an OpenBLAS with 32-bit integers, the kernels that
multiply run as Python with np.matmul: the same source, but handing work to threads takes longer.
"""

import ctypes
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from threadpoolctl import ThreadpoolController

from minigan.kernels.parallel.intrinsics import INT, add, address, intrinsic
from minigan.kernels.parallel.jit import inside, jit
from minigan.kernels.parallel.native import BLAS, PRODUCTS

ROW_MAJOR, PLAIN, TRANSPOSED = 101, 111, 112  # CblasRowMajor, CblasNoTrans, CblasTrans
counter_lock = threading.RLock()


@cache
def libraries() -> list[Any]:
    """threadpoolctl's controllers of the BLAS libraries in this process."""
    return [library for library in ThreadpoolController().lib_controllers if library.user_api == "blas"]


@cache
def addresses() -> tuple[int, ...]:
    """The addresses of cblas_sgemm, dgemm, sgemv and dgemv with 64-bit integers; zeros if NumPy's BLAS lacks them."""
    for library in libraries():
        for name in ("scipy_cblas_{}64_", "cblas_{}64_"):
            try:
                found = [getattr(library.dynlib, name.format(what)) for what in ("sgemm", "dgemm", "sgemv", "dgemv")]
            except AttributeError:
                continue
            return tuple(ctypes.cast(function, ctypes.c_void_p).value or 0 for function in found)
    return 0, 0, 0, 0


def subroutine(function: Callable) -> Callable:
    """For loops that kernels call: compiled once into each kernel, and called there (see `inside`).

    Where the kernels that multiply stay Python, the function is compiled on its own; so it must not call `matmul` itself.
    """
    return inside(function, inlined=False) if all(addresses()) else jit(function)


def matmul(state: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray, beta: float) -> None:
    """c = a b + beta c: (m, k), (k, n), (m, n).

    a and b may be transposed views; in each row of c the numbers must be neighbours in memory.  The 2 m k n operations are
    added to state[PRODUCTS], which counts all multiplications and additions made in products.
    """
    with counter_lock:
        state[PRODUCTS] += 2 * c.size * a.shape[1]
    if beta:
        c += a @ b
    elif a.shape[1] == 1:
        np.multiply(a, b, out=c)  # NumPy has only a slow loop for (m, 1) (1, n)
    else:
        np.matmul(a, b, out=c)


def _compiled_matmul(state: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray, beta: float) -> None:
    size, k = c.itemsize, a.shape[1]
    which, one = BLAS if size == 4 else BLAS + 1, c.dtype.type(1)
    step_a, next_a, step_b, next_b = a.strides[0], a.strides[1], b.strides[0], b.strides[1]
    at_a, at_b, at_c, step_c = address(a), address(b), address(c), c.strides[0]
    _product(state, which, c.shape[0], c.shape[1], k, size, one, at_a, step_a, next_a, at_b, step_b, next_b,
             c.dtype.type(beta), at_c, step_c)  # fmt: skip


def _product(
    state: np.ndarray, which: int, m: int, n: int, k: int, size: int, one: float, a: int, step_a: int, next_a: int,
    b: int, step_b: int, next_b: int, beta: float, c: int, step_c: int
) -> None:  # fmt: skip
    """`matmul` on addresses: step is the distance in bytes from row to row, next from column to column."""
    if m == 0 or n == 0:
        return
    turn_a, turn_b = next_a != size and k > 1, next_b != size and n > 1
    lda = max(next_a // size, m) if turn_a else max(step_a // size, k, 1)
    ldb = max(next_b // size, k, 1) if turn_b else max(step_b // size, n)
    ldc = max(step_c // size, n)
    add(state, PRODUCTS, 2 * m * n * k)
    gemm, gemv = state[which], state[which + 2]
    if n == 1 and k > 0:  # c = a b, a column; in memory a is (m, k), or (k, m) if it is a transposed view
        rows, columns = (k, m) if turn_a else (m, k)
        hop = max(step_b // size, 1)
        _gemv(gemv, ROW_MAJOR, TRANSPOSED if turn_a else PLAIN, rows, columns, one, a, lda, b, hop, beta, c, ldc)
    elif m == 1 and k > 0:  # c' = b' a', a row
        rows, columns = (n, k) if turn_b else (k, n)
        hop = max(next_a // size, 1)
        _gemv(gemv, ROW_MAJOR, PLAIN if turn_b else TRANSPOSED, rows, columns, one, b, ldb, a, hop, beta, c, 1)
    else:
        way_a, way_b = TRANSPOSED if turn_a else PLAIN, TRANSPOSED if turn_b else PLAIN
        _gemm(gemm, ROW_MAJOR, way_a, way_b, m, n, k, one, a, lda, b, ldb, beta, c, ldc)


def _caller(kinds: str, number: Any) -> tuple[Any, Callable]:
    """The types and code of an intrinsic that calls an address with flags (f), integers (i) and numbers (x)."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        real, flag = context.get_value_type(number), ir.IntType(32)
        of = {"f": flag, "i": INT, "x": real}
        function = builder.inttoptr(values[0], ir.FunctionType(ir.VoidType(), [of[k] for k in kinds]).as_pointer())
        given = zip(kinds, values[1:], strict=True)
        builder.call(function, [builder.trunc(value, flag) if kind == "f" else value for kind, value in given])
        return context.get_dummy_value()

    return types.void(types.int64, *(number if kind == "x" else types.int64 for kind in kinds)), code


@intrinsic
def _gemm(
    typing: Any, function: Any, order: Any, way_a: Any, way_b: Any, m: Any, n: Any, k: Any, one: Any, a: Any,
    lda: Any, b: Any, ldb: Any, beta: Any, c: Any, ldc: Any
) -> Any:  # fmt: skip
    return _caller("fffiiixiiiixii", one)


@intrinsic
def _gemv(
    typing: Any, function: Any, order: Any, way: Any, rows: Any, columns: Any, one: Any, a: Any, lda: Any, x: Any,
    hop_x: Any, beta: Any, y: Any, hop_y: Any
) -> Any:  # fmt: skip
    return _caller("ffiixiiiixii", one)


inside(matmul, compiled=_compiled_matmul)
inside(_product, inlined=False)  # compiled once a kernel, however many ways its matrices are stored
