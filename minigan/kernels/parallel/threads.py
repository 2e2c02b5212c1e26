"""How many threads compute, and into how many shares a large call is cut: one setting for the whole process.

NumPy's matrix products have threads of their own (OpenBLAS), and so do Numba's loops (OpenMP).  Idle threads of both keep
spinning, waiting for work, and take the cores from each other: a product after two such loops ran at an eighth of its
speed.  So there is one pool of threads, ours, and these rules:

  1. OpenBLAS is held at one thread for the whole process, from the first kernel on.
  2. A call is cut into `shares`, contiguous pieces of the batch.  `launch` (launch.py) offers them to threads that wait in
     compiled code, which takes a microsecond a call.  `run` (run.py) does the same for a Python function.
  3. A sum over the batch is one partial sum per share, added in the order of the shares.
  4. Waiting must not disturb others.  A thread without work looks for some for a few milliseconds and then sleeps; a caller
     that waits for the last share lets other programs have the core.  The caller computes all shares that no other
     thread has started.

Because of rule 3 a result depends on the number of shares, never on the number of threads or their timing: `set_threads(1,
shares=2)` gives the same bits as two threads.  A kernel asks for the number of shares once (`parts`), allocates its partial sums
for that many, and passes it on to `launch`: `set_threads` may be called in another thread in between.
"""

import atexit
import os
import threading

import numpy.ma  # noqa: F401  # Numba imports it in its first call; if a process forks at that moment, the child waits forever
from numba.core.compiler_lock import global_compiler_lock

from minigan.kernels.parallel import blas, native
from minigan.kernels.parallel.memory import keep_freed_memory
from minigan.kernels.parallel.pool import Pool, cores
from minigan.running import job

SMALL = 1 << 21  # work below this many multiplications (20 microseconds) is not worth cutting
FEW = 512  # numbers: up to this many NumPy's call is faster than compiled code's (by 1 microsecond)
BYTE = 4  # moving a byte takes as long as this many multiplications: 30 GB/s against 120 billion operations a second

_pool: Pool | None = None  # None: not chosen yet
_changing = threading.RLock()  # held while _pool is replaced; a signal handler may do that too
_blas_held = False  # True once OpenBLAS is at one thread


def _default() -> int:
    given = os.environ.get("MINIGAN_THREADS")
    if given is None:
        return min(cores(), 8) if job.count() == 1 else 1
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"MINIGAN_THREADS must be a whole number of at least 1, got {given!r}")
    return int(given)


def current_pool() -> Pool:
    """The pool that calls use now."""
    pool = _pool
    if pool is None:
        with _changing:
            if _pool is None:
                n = _default()
                _replace(Pool(n, n))
            assert _pool is not None
            pool = _pool
    return pool


def get_threads() -> int:
    """The number of threads the kernels use: set by set_threads, else MINIGAN_THREADS, else the usable cores (at most 8)."""
    return current_pool().n


def get_shares() -> int:
    """The number of shares a large call is cut into: get_threads(), unless set_threads set another."""
    return current_pool().shares


def set_threads(n: int, shares: int | None = None) -> None:
    """Use n threads from now on and cut large calls into `shares` pieces.  Calls that are running are not affected.

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
    shares = n if shares is None else shares
    for name, value in (("n", n), ("shares", shares)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"set_threads: {name} must be a whole number of at least 1, got {value!r}")
        if value > native.LEFT:
            raise ValueError(f"set_threads: {name} must be at most {native.LEFT}, got {value}")
    _replace(Pool(n, shares))


def parts(size: float) -> int:
    """The number of shares, and so of partial sums, for work of this size (in multiplications)."""
    if not _blas_held:
        _hold_blas()
    return current_pool().shares if size >= SMALL else 1


def _replace(new: Pool | None) -> None:
    global _pool
    with _changing:
        old, _pool = _pool, new
    if old is not None:
        old.close()


def _hold_blas() -> None:
    global _blas_held
    keep_freed_memory()
    for library in blas.libraries():
        library.set_num_threads(1)
    _blas_held = True


def _forget_in_child() -> None:
    """Give a forked child its own pool and locks: the parent's threads, and who held its locks, do not exist there."""
    global _pool, _changing
    _changing = threading.RLock()
    blas.counter_lock = threading.RLock()
    if _pool is not None:
        _pool = Pool(_pool.n, _pool.shares)


def _end() -> None:  # no thread may run compiled code while the interpreter shuts down
    threads = _pool.threads if _pool else []
    _replace(None)
    for thread in threads:
        if thread.is_alive():
            thread.join(timeout=1)


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    # a fork waits until no other thread compiles: the child would wait forever for the compiler's lock
    os.register_at_fork(before=global_compiler_lock.acquire, after_in_parent=global_compiler_lock.release)
    os.register_at_fork(after_in_child=global_compiler_lock.release)
    os.register_at_fork(after_in_child=_forget_in_child)
