"""`@kernel` and `launch`: compiled functions, computed by all threads.

The shares of a call are offered to threads that wait in compiled code (native.py), which takes a microsecond.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import lower_builtin, type_callable

from minigan.kernels.parallel import native
from minigan.kernels.parallel.blas import addresses
from minigan.kernels.parallel.jit import inside, jit
from minigan.kernels.parallel.pool import local, new_state
from minigan.kernels.parallel.run import compute_all, cut
from minigan.kernels.parallel.threads import current_pool


def kernel(function: Callable) -> Callable:
    """Compile function(i, j, s, *args), which computes the items i .. j - 1 as share number s, for `launch`.

    What Python calls is only a few instructions: they write the job into `state` (native.py).  The function itself is
    compiled into them.
    """
    inside(function)
    return jit(_offering(function))


def product_kernel(function: Callable) -> Callable:
    """`@kernel` for function(i, j, s, state, *args) that calls `matmul(state, ...)`.

    It stays Python if compiled code cannot call NumPy's BLAS.
    """
    inside(function)
    return jit(_offering(function)) if all(addresses()) else _offering(function)


def _offering(function: Callable) -> Callable:
    """The function (state, length, arguments of `function` after i, j, s) that writes a job for `function` into `state`.

    Its parameters are written out, because Numba is slow, and in version 0.60 wrong, at finding the compiled code for *args.
    It has the name and the file of `function`, since that is where Numba looks for its cache.
    """
    names = list(inspect.signature(function).parameters)[3:]
    given = ", ".join(["state", "length", *(name for name in names if name != "state")])
    source = f"def {function.__name__}({given}): offer(state, function, ({', '.join(names)},), length)"
    namespace: dict[str, Any] = {"offer": offer, "function": function, "__name__": function.__module__}
    exec(compile(source, function.__code__.co_filename, "exec"), namespace)
    made = namespace[function.__name__]
    made.__code__ = made.__code__.replace(co_firstlineno=function.__code__.co_firstlineno)
    made.__qualname__, made.__doc__ = function.__qualname__, function.__doc__
    return made


def launch(kernel: Callable, shares: int, length: int, *args: Any) -> None:
    """Compute kernel(i, j, s, *args) for each share s = i .. j of range(length), on all threads or only on this one.

    Parameters
    ----------
    kernel : callable
        Made by `@kernel` or `@product_kernel`.
    shares : int
        The number of pieces: `parts(size of the work)`.
    length : int
        The number of items to share.
    *args
        Arrays, numbers, and tuples of numbers.  Compiled code does not use them after `launch` has returned.

    Raises
    ------
    RuntimeError
        If a share failed.  Compiled code fails only with NUMBA_BOUNDSCHECK=1, when an index is out of bounds.
    """
    unused = local.states  # a call inside this one, by a signal handler, takes or makes another
    state = unused.pop() if unused else new_state()
    try:
        state[native.CUTS] = shares
        kernel(state, length, *args)
        if hasattr(kernel, "py_func") and _compute(state, shares):  # as Python it has computed everything
            raise RuntimeError(f"a share of {kernel.__name__} failed: NUMBA_DISABLE_JIT=1 shows where")
    finally:
        unused.append(state)


def _compute(state: np.ndarray, shares: int) -> int:
    """Compute the job in `state`, on all threads if it has several shares -> 1 if one failed."""
    if shares == 1 or local.in_pool:
        return native.alone(state)
    pool = current_pool()
    if pool.n == 1:
        return native.alone(state)
    pool.activate()  # perhaps too late for this call, but not for the next one
    return native.fork(state, pool.state)


def offer(state: np.ndarray, kernel: Callable, args: tuple, length: int) -> None:
    """What a kernel does when called.  Compiled, it writes the job into `state`; as Python, it computes all shares."""
    spans = [(i, j, s) for s, (i, j) in enumerate(cut(length, int(state[native.CUTS])))]
    compute_all(lambda i, j, s: kernel(i, j, s, *args), spans)


@type_callable(offer)
def _typed(context: Any) -> Callable:
    def typed(state: Any, kernel: Any, args: Any, length: Any) -> Any:
        return types.none

    return typed


lower_builtin(offer, types.Any, types.Any, types.Any, types.Any)(native.write_job)


def products() -> int:
    """The operations (2 m k n each) in all matrix products of the kernels that this thread has called so far."""
    return sum(int(state[native.PRODUCTS]) for state in local.states)
