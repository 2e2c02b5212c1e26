"""Who computes: how many threads the kernels and BLAS use, and how they keep out of each other's way, in one place.

A training step is some hundred short calls.  Two pools of threads in one process (OpenBLAS's own and, say, Numba's)
spoil each other: a worker that has finished does not sleep, it spins, and takes the core from the other pool's
worker.  Measured: products of two-thread OpenBLAS fall from 150 to below 20 GFLOP/s beside a spinning or a merely
busy neighbour.  So there is one pool, ours, and four rules:

  1. OpenBLAS is held at one thread, for the whole process, from the first kernel on.
  2. A call is cut into `shares`, contiguous pieces of the batch.  `launch` offers them to threads that wait in compiled
     code (native.py): a microsecond a call.  `run` does the same for a Python function, through a queue; that takes 10
     to 150 microseconds, and both sides share Python's lock: for work of many milliseconds.
  3. A sum over the batch is one partial sum per share, added in the order of the shares.
  4. Who waits, waits politely: a thread without work looks for it for a few milliseconds and then sleeps; a caller whose
     last share is late lets other programs have the core.  Shares that nobody took the caller computes itself.

By rule 3 a result depends on the number of shares and never on the number of threads or their timing: `set_threads(1,
shares=2)` gives, bit for bit, what two threads give.
"""

import atexit
import math
import os
from collections.abc import Callable
from itertools import pairwise
from queue import SimpleQueue
from types import FunctionType
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
FEW = 512  # numbers: with so few NumPy's call costs less than compiled code's (1 microsecond more)
BYTE = 4  # moving a byte counts as so many: 30 GB/s beside 120 billion multiplications and additions


_pool: Pool | None = None
_threads = _shares = 0  # 0: not chosen yet
_held = False  # is OpenBLAS at one thread?


def _default() -> int:
    given = os.environ.get("MINIGAN_THREADS")
    if given is None:
        return min(cores(), 8)
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"MINIGAN_THREADS must be a whole number of at least 1, got {given!r}")
    return int(given)


def get_threads() -> int:
    """The threads the kernels use: by set_threads, else MINIGAN_THREADS, else the cores we may use (at most 8)."""
    if not _threads:
        set_threads(_default())
    return _threads


def get_shares() -> int:
    """The number of shares a large call is cut into; equal to get_threads() unless set_threads was told otherwise."""
    get_threads()
    return _shares


def set_threads(n: int, shares: int | None = None) -> None:
    """Use n threads from now on and cut large calls into `shares` pieces (default n): the shares fix the bits."""
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
    """Into how many shares is work of this size (multiplications) cut?  A sum over the batch has so many partial sums."""
    if not _held:
        _hold_blas()
    return get_shares() if size >= SMALL else 1


def kernel(function: Callable) -> Callable:
    """Compile `function(i, j, s, *args)`, which computes the items i .. j - 1 as share number s, for `launch`.

    Only a small function is callable from Python; it writes the job into `state` for all threads (native.py).  It is
    compiled, and kept in the cache, as if it stood in the place of `function`.
    """
    inside(function)
    return jit(_offering(function, _without_state))


def product_kernel(function: Callable) -> Callable:
    """`@kernel` for function(i, j, s, state, *args) that calls `matmul(state, ...)`.

    It stays Python if compiled code cannot call NumPy's BLAS.
    """
    inside(function)
    return jit(_offering(function, _with_state)) if all(addresses()) else _offering(function, _with_state)


def _without_state(state, length, *args):
    offer(state, function, args, length)  # noqa: F821  (the globals of _offering have it)


def _with_state(state, length, *args):
    offer(state, function, (state,) + args, length)  # noqa: F821, RUF005  (Numba has no (state, *args))


def _offering(function, template):
    """`template` for `function`, with its name and place, so that Numba caches and reports it as `function`."""
    code = function.__code__
    place = {"co_filename": code.co_filename, "co_firstlineno": code.co_firstlineno, "co_name": code.co_name}
    names = {"offer": offer, "function": function, "__name__": function.__module__}
    made = FunctionType(template.__code__.replace(**place), names, function.__name__)
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
        Arrays, numbers, and tuples of numbers.  An array must be used by compiled code only until `launch` returns.

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


def _launch(kernel, state, shares, length, args):
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


def offer(state, kernel, args, length):
    """What a kernel does when called.  Compiled, it writes the job into `state`; as Python, it computes all shares."""
    shares = max(1, min(int(state[native.CUTS]), length))
    _each(lambda i, j, s: kernel(i, j, s, *args), [(i, j, s) for s, (i, j) in enumerate(_cut(length, shares))])


@type_callable(offer)
def _typed(context):
    def typed(state, kernel, args, length):
        return types.none

    return typed


lower_builtin(offer, types.Any, types.Any, types.Any, types.Any)(native.write_job)


def _cut(length, shares):
    return pairwise(length * i // shares for i in range(shares + 1))


def run(work: Callable[[int, int], Any], length: int, size: float) -> list[Any]:
    """[work(start, stop) for each share of range(length)], in order; one share only where `size` (multiplications) is small.

    For Python functions: compiled ones go by `launch`, a hundred times faster.
    """
    return _each(work, list(_cut(length, max(1, min(parts(size), length)))))


def _each(work, spans):
    mine, *others = spans
    if not others or _threads == 1 or local.in_pool:  # never wait for the pool from inside the pool
        return [work(*span) for span in spans]
    pool, answers = _the_pool(), SimpleQueue()
    for k, span in enumerate(others):
        pool.send(k, (work, span, k, answers))
    try:
        first = work(*mine)  # the caller works too
    finally:
        answered = sorted((answers.get() for _ in others), key=lambda answer: answer[0])  # nobody still writes after us
    for _, _, error in answered:
        if error is not None:
            raise error
    return [first, *(result for _, result, _ in answered)]


def products() -> int:
    """How many operations (2 m k n each) the kernels' matrix products have made so far, here and in the pool."""
    return int(own_state()[native.PRODUCTS]) + (int(_pool.state[native.PRODUCTS]) if _pool else 0)


def scratch(name: str, shape: tuple[int, ...], dtype) -> np.ndarray:
    """This thread's reusable buffer of that name, uninitialised: a fresh array costs a page fault every 4 KB."""
    if local.buffers is None:
        local.buffers = {}
    buffers = local.buffers
    dtype = np.dtype(dtype)
    nbytes = dtype.itemsize * math.prod(shape)
    if name not in buffers or buffers[name].size < nbytes:
        raw = np.empty(nbytes + 64, np.uint8)
        start = -raw.ctypes.data % 64  # whole cache lines
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
    _pool = None  # after a fork the parent's threads do not exist here: the child starts its own


def _end() -> None:  # no thread may be in compiled code when the interpreter takes it away
    threads = _pool.threads if _pool else []
    _forget_pool()
    for thread in threads:
        thread.join(timeout=1)


def _hold_blas() -> None:
    global _held
    _held = True
    keep_freed_memory()
    for library in libraries():
        library.set_num_threads(1)


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
