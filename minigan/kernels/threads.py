"""Who computes: how many threads the kernels and BLAS use, and how they keep out of each other's way, in one place.

A training step is some hundred short calls.  Two pools of threads in one process (OpenBLAS's own and, say, Numba's)
spoil each other: a worker that has finished does not sleep, it spins, and takes the core from the other pool's
worker.  Measured: products of two-thread OpenBLAS fall from 150 to below 20 GFLOP/s beside a spinning or a merely
busy neighbour.  So there is one pool, ours, made of plain Python threads, and three rules:

  1. OpenBLAS is held at one thread, for the whole process, from the first kernel on (that costs 0.6 microseconds).
  2. A call is cut into `shares`, contiguous pieces of the batch.  Kernels (`nogil`) and np.matmul let go of Python's
     lock, so Python threads truly run side by side.  Handing a share over through a SimpleQueue costs 12 microseconds (a
     ThreadPoolExecutor, with its futures: 50) where a sleeping thread wakes fast, and up to 60 or 150 on other machines, so
     work that one thread does in 100 stays where it is.
  3. A sum over the batch is one partial sum per share, added in the order of the shares.

By rule 3 a result depends on the number of shares and never on the number of threads or their timing: `set_threads(1,
shares=2)` gives, bit for bit, what two threads give.
"""

import math
import os
import threading
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from queue import SimpleQueue
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from minigan.kernels.memory import keep_freed_memory

SMALL = 12_000_000  # work below this many multiplications (0.1 ms on a fast core) is not worth waking a thread
BYTE = 4  # moving a byte counts as so many: 30 GB/s beside 120 billion multiplications and additions

_local = threading.local()  # each thread's scratch buffers
_pool: list[SimpleQueue] = []  # the inbox of each thread of ours
_threads = _shares = 0  # 0: not chosen yet
_held = False  # is OpenBLAS at one thread?


def _default() -> int:
    given = os.environ.get("MINIGAN_THREADS")
    if given is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(cores, 8)
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
    _forget_pool()
    _threads, _shares = n, shares


def is_small(size: float) -> bool:
    """Is work of this size (multiplications) left to the caller's thread?  For kernels with an even shorter way then."""
    if not _held:
        _hold_blas()
    return size < SMALL


def run(work: Callable[[int, int], Any], length: int, size: float) -> list[Any]:
    """[work(start, stop) for each share of range(length)], in order; one share only where `size` (multiplications) is small."""
    if size < SMALL and _held:
        return [work(0, length)]  # the quick way out: it costs a microsecond or two
    _hold_blas()
    shares = min(get_shares(), length) if size >= SMALL else 1
    if shares <= 1:
        return [work(0, length)]
    mine, *others = pairwise(length * i // shares for i in range(shares + 1))
    if _threads == 1 or getattr(_local, "inside", False):  # never wait for the pool from inside the pool
        return [work(*span) for span in (mine, *others)]
    inboxes, answers = _workers(), SimpleQueue()
    for k, span in enumerate(others):
        inboxes[k % len(inboxes)].put((work, span, k, answers))
    try:
        first = work(*mine)  # the caller works too
    finally:
        answered = sorted((answers.get() for _ in others), key=lambda answer: answer[0])  # nobody still writes after us
    for _, _, error in answered:
        if error is not None:
            raise error
    return [first, *(result for _, result, _ in answered)]


def scratch(name: str, shape: tuple[int, ...], dtype) -> np.ndarray:
    """This thread's reusable buffer of that name, uninitialised: a fresh array costs a page fault every 4 KB."""
    buffers = _local.__dict__.setdefault("buffers", {})
    dtype = np.dtype(dtype)
    nbytes = dtype.itemsize * math.prod(shape)
    if name not in buffers or buffers[name].size < nbytes:
        raw = np.empty(nbytes + 64, np.uint8)
        start = -raw.ctypes.data % 64  # whole cache lines
        buffers[name] = raw[start : start + nbytes]
    return buffers[name][:nbytes].view(dtype).reshape(shape)


def _serve(inbox: SimpleQueue) -> None:
    """The life of a thread of ours: take a share, compute it, hand back (its number, the result, the error)."""
    _local.inside = True
    np.seterr(all="ignore")  # NumPy's warnings are set thread by thread; whoever calls us decides on them
    while (job := inbox.get()) is not None:
        work, span, k, answers = job
        try:
            answers.put((k, work(*span), None))
        except BaseException as error:  # the caller raises it
            answers.put((k, None, error))
        del job, work, answers  # keep no array alive while waiting


def _workers() -> list[SimpleQueue]:
    if not _pool:
        for k in range(_threads - 1):
            _pool.append(SimpleQueue())
            threading.Thread(target=_serve, args=(_pool[k],), name=f"minigan-{k}", daemon=True).start()
    return _pool


def _forget_pool() -> None:
    for inbox in _pool:
        inbox.put(None)
    _forget_in_child()


def _forget_in_child() -> None:
    _pool.clear()  # after a fork the parent's threads do not exist here: the child starts its own


@cache
def _blas_libraries() -> list:
    return [library for library in ThreadpoolController().lib_controllers if library.user_api == "blas"]


def _hold_blas() -> None:
    global _held
    _held = True
    keep_freed_memory()
    for library in _blas_libraries():
        library.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
