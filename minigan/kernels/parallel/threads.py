"""Kernels and threads: how a call is cut into shares, how many threads compute them, and how BLAS stays out of the way.

A training step consists of some hundred short calls.  Two pools of threads in one process (OpenBLAS's own and, say, Numba's)
slow each other down: a thread that has finished its work does not sleep but spins, and takes the core from a thread of
the other pool.  Measured: products of two-thread OpenBLAS fall from 150 to below 20 GFLOP/s next to a spinning or merely
busy thread.  So there is one pool, ours, and four rules:

  1. OpenBLAS is held at one thread, for the whole process, from the first kernel on.
  2. A call is cut into `shares`, contiguous pieces of the batch.  `launch` offers them to threads that wait in compiled
     code (native.py), which takes a microsecond a call.  `run` does the same for a Python function, through a queue; that
     takes 10 to 150 microseconds, and both threads need Python's lock: use it for work of many milliseconds.
  3. A sum over the batch is one partial sum per share, added in the order of the shares.
  4. Waiting must not disturb others.  A thread without work looks for some for a few milliseconds and then sleeps; a caller
     that waits for the last share lets other programs have the core.  The caller computes all shares that no other
     thread has started.

Because of rule 3 a result depends on the number of shares, never on the number of threads or their timing: `set_threads(1,
shares=2)` gives the same bits as two threads.
"""

import atexit
import inspect
import math
import os
from collections.abc import Callable
from itertools import pairwise
from queue import SimpleQueue
from typing import Any

import numpy as np
from numba import types
from numba.extending import lower_builtin, type_callable

from minigan.kernels.parallel import native
from minigan.kernels.parallel.blas import addresses, libraries
from minigan.kernels.parallel.jit import inside, jit
from minigan.kernels.parallel.memory import keep_freed_memory
from minigan.kernels.parallel.pool import Pool, cores, local, own_state

SMALL = 1 << 21  # work below this many multiplications (20 microseconds) is not worth cutting
FEW = 512  # numbers: up to this many NumPy's call is faster than compiled code's (by 1 microsecond)
BYTE = 4  # moving a byte takes as long as this many multiplications: 30 GB/s against 120 billion operations a second

_pool: Pool | None = None
_threads = _shares = 0  # 0: not chosen yet
_blas_held = False  # True once OpenBLAS is at one thread


def _default() -> int:
    given = os.environ.get("MINIGAN_THREADS")
    if given is None:
        return min(cores(), 8)
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"MINIGAN_THREADS must be a whole number of at least 1, got {given!r}")
    return int(given)


def get_threads() -> int:
    """The number of threads the kernels use: set by set_threads, else MINIGAN_THREADS, else the usable cores (at most 8)."""
    if not _threads:
        set_threads(_default())
    return _threads


def get_shares() -> int:
    """The number of shares a large call is cut into: get_threads(), unless set_threads set another."""
    get_threads()
    return _shares


def set_threads(n: int, shares: int | None = None) -> None:
    """Use n threads from now on and cut large calls into `shares` pieces.

    Parameters
    ----------
    n : int
        At least 1.
    shares : int, optional
        Default n.  The bits of a result depend on this number alone.

    Raises
    ------
    ValueError
        If one of them is not a whole number from 1 to 65535.
    """
    global _threads, _shares
    shares = n if shares is None else shares
    for name, value in (("n", n), ("shares", shares)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"set_threads: {name} must be a whole number of at least 1, got {value!r}")
        if value > native.LEFT:
            raise ValueError(f"set_threads: {name} must be at most {native.LEFT}, got {value}")
    _forget_pool()
    _threads, _shares = n, shares


def parts(size: float) -> int:
    """The number of shares, and so of partial sums, for work of this size (in multiplications)."""
    if not _blas_held:
        _hold_blas()
    return get_shares() if size >= SMALL else 1


def kernel(function: Callable) -> Callable:
    """Compile function(i, j, s, *args), which computes the items i .. j - 1 as share number s, for `launch`.

    What Python calls is only a few instructions: they write the job into `state`, where all threads find it (native.py).
    The function itself is compiled into them.
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
    """The function (state, length, arguments of `function` after i, j, s) that offers `function` to the threads.

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


def launch(kernel: Callable, size: float, length: int, *args: Any) -> None:
    """Compute kernel(i, j, s, *args) for each share s = i .. j of range(length), on all threads or only on this one.

    Parameters
    ----------
    kernel : callable
        Made by `@kernel` or `@product_kernel`.
    size : float
        The work in multiplications; small work is not cut.
    length : int
        The number of items to share.
    *args
        Arrays, numbers, and tuples of numbers.  Compiled code does not use them after `launch` has returned.

    Raises
    ------
    RuntimeError
        If a share failed.  Compiled code fails only with NUMBA_BOUNDSCHECK=1, when an index is out of bounds.
    """
    shares = parts(size)
    if shares > 1 and _threads > 1 and not local.in_pool:
        pool = _the_pool()
        if pool.free.acquire(blocking=False):  # else another thread of the program is using the pool: compute alone
            try:
                if pool.asleep:
                    pool.wake()  # perhaps too late for this call, but not for the next one
                _launch(kernel, pool.state, shares, length, args)
            finally:
                pool.free.release()
            return
    _launch(kernel, own_state(), shares, length, args)


def _launch(kernel: Callable, state: np.ndarray, shares: int, length: int, args: tuple) -> None:
    state[native.CUTS], state[native.STAMP] = shares, 0
    kernel(state, length, *args)
    if state[native.STAMP] != native.THIS_STAMP:
        if not hasattr(kernel, "recompile"):  # it is Python, and has computed everything
            return
        kernel.recompile()  # the code found in the cache was compiled from older files
        kernel(state, length, *args)
    native.fork(state)
    if state[native.FAILED]:
        state[native.FAILED] = 0
        raise RuntimeError(f"a share of {kernel.__name__} failed: NUMBA_DISABLE_JIT=1 shows where")


def offer(state: np.ndarray, kernel: Callable, args: tuple, length: int) -> None:
    """What a kernel does when called.  Compiled, it writes the job into `state`; as Python, it computes all shares."""
    shares = max(1, min(int(state[native.CUTS]), length))
    _each(lambda i, j, s: kernel(i, j, s, *args), [(i, j, s) for s, (i, j) in enumerate(_cut(length, shares))])


@type_callable(offer)
def _typed(context: Any) -> Callable:
    def typed(state: Any, kernel: Any, args: Any, length: Any) -> Any:
        return types.none

    return typed


lower_builtin(offer, types.Any, types.Any, types.Any, types.Any)(native.write_job)


def _cut(length: int, shares: int) -> pairwise:
    return pairwise(length * i // shares for i in range(shares + 1))


def run(work: Callable[[int, int], Any], length: int, size: float) -> list[Any]:
    """[work(start, stop) for each share of range(length)], in order; a single share if `size` (multiplications) is small.

    For Python functions.  Kernels use `launch`, which is a hundred times faster.
    """
    return _each(work, list(_cut(length, max(1, min(parts(size), length)))))


def _each(work: Callable, spans: list) -> list:
    first_span, *others = spans
    if not others or _threads == 1 or local.in_pool:  # a pool thread must not wait for the pool
        return [work(*span) for span in spans]
    pool = _the_pool()
    answers: SimpleQueue = SimpleQueue()
    for k, span in enumerate(others):
        pool.send(k, (work, span, k, answers))
    try:
        first = work(*first_span)  # the caller works too
    finally:  # wait for all, so that no thread still writes after we return
        answered = sorted((answers.get() for _ in others), key=lambda answer: answer[0])
    for _, _, error in answered:
        if error is not None:
            raise error
    return [first, *(result for _, result, _ in answered)]


def products() -> int:
    """The operations (2 m k n each) in all matrix products the kernels have computed so far, on this thread and in the pool."""
    return int(own_state()[native.PRODUCTS]) + (int(_pool.state[native.PRODUCTS]) if _pool else 0)


def scratch(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """This thread's reusable buffer of that name, uninitialised: a fresh array would cost a page fault every 4 KB."""
    if local.buffers is None:
        local.buffers = {}
    buffers = local.buffers
    dtype = np.dtype(dtype)
    nbytes = dtype.itemsize * math.prod(shape)
    if name not in buffers or buffers[name].size < nbytes:
        raw = np.empty(nbytes + 64, np.uint8)
        start = -raw.ctypes.data % 64  # begin at a cache line
        buffers[name] = raw[start : start + nbytes]
    return buffers[name][:nbytes].view(dtype).reshape(shape)


def _the_pool() -> Pool:
    global _pool
    if _pool is None:
        _pool = Pool(_threads)
    return _pool


def _forget_pool() -> None:
    global _pool
    if _pool is not None:
        _pool.close()
        _pool = None


def _forget_in_child() -> None:
    global _pool
    _pool = None  # after a fork the parent's threads do not exist in the child, which starts its own


def _end() -> None:  # no thread may run compiled code while the interpreter shuts down
    threads = _pool.threads if _pool else []
    _forget_pool()
    for thread in threads:
        thread.join(timeout=1)


def _hold_blas() -> None:
    global _blas_held
    _blas_held = True
    keep_freed_memory()
    for library in libraries():
        library.set_num_threads(1)


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
