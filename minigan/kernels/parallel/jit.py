"""One decorator for every compiled kernel: `@jit` turns a plain Python loop into machine code, on its first call.

What only compiled code calls is marked `@inside`: it becomes a part of each kernel that uses it.

`numba.njit` compiles a function for the dtypes it meets; nothing compiles at import.  We always ask for the same
things:

  cache=True            the machine code is kept on disk, so only the first process ever waits for the compiler
  nogil=True            the kernel lets go of Python's lock: two threads run it side by side (see threads.py)
  error_model="numpy"   1/0 is inf, as in NumPy, and not an exception: without the test for it the loop vectorises
  fastmath={"contract"} a*b + c may become one fused multiply-add: one rounding where there were two, so it is faster
                        and nearer the truth.  The other flags of fast maths stay off: "nnan" and "ninf" promise that
                        no NaN is ever met, and a library that stops at the first NaN must be able to see it

A package installed where nobody may write has no folder for the cache.  Then the kernels compile anew in each
process, and one warning says so.  NUMBA_DISABLE_JIT=1 runs the loops as plain Python (for a debugger),
NUMBA_BOUNDSCHECK=1 checks indices.
"""

import warnings
from collections.abc import Callable

import numba
from numba.extending import register_jitable

OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
_warned = False


def jit(function: Callable) -> Callable:
    """Compile `function` lazily, with the cache on disk where one can be kept."""
    try:
        return numba.njit(cache=True, **OPTIONS)(function)
    except RuntimeError as error:  # "cannot cache function ...: no locator available": no folder can be written
        if "cannot cache" not in str(error):
            raise
        _warn_once()
        return numba.njit(**OPTIONS)(function)


def inside(function: Callable) -> Callable:
    """Compile `function` into whatever compiled code calls it, and nowhere else; called from Python it is Python."""
    return register_jitable(**OPTIONS)(function)


def _warn_once() -> None:
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            "minigan found no folder where compiled kernels can be kept, so each process compiles them again "
            "(some seconds). Set NUMBA_CACHE_DIR to a folder you may write to.",
            RuntimeWarning,
            stacklevel=3,
        )
