"""The threads of the pool: where they wait for work, when they sleep, how they end.

A pool thread waits in compiled code for work that is offered there (native.py).  It returns to Python when its inbox holds a
Python function to run, and, after some milliseconds without work, to sleep until it is woken: a program that pauses between
its steps must not keep a core busy.

Nobody waits for a thread of the pool to begin something.  The caller computes what no thread has begun, so a pool that is
being closed, or whose threads are asleep or were never started, makes a call slower but cannot hold it up.
"""

import ctypes
import itertools
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from minigan.kernels.parallel import native
from minigan.kernels.parallel.blas import addresses

PATIENCE = 30_000  # reads without finding work before a thread goes to sleep: some milliseconds
WAKE = object()  # in an inbox: wait for compiled work again


class Local(threading.local):
    """What each thread has for itself."""

    def __init__(self) -> None:
        self.in_pool = False  # True in the threads of the pool
        self.states: list[np.ndarray] = []  # for the jobs of this thread's calls: those that no call is using


local = Local()


def new_state() -> np.ndarray:
    """The array in which compiled code finds a job (native.py), without a job."""
    raw = np.zeros(native.SIZE + 8, np.int64)
    start = -raw.ctypes.data % 64 // 8  # begin at a cache line
    state = raw[start : start + native.SIZE]
    state[native.BLAS : native.BLAS + 4] = addresses()
    state[native.YIELD] = _sched_yield()
    return state


@cache
def _sched_yield() -> int:
    """The address of the C library's sched_yield, which lets other programs have the core; 0 if there is none."""
    try:
        return ctypes.cast(ctypes.CDLL(None).sched_yield, ctypes.c_void_p).value or 0
    except (AttributeError, OSError, TypeError):  # not POSIX
        return 0


def cores() -> int:
    """The number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool:
    """n threads, the caller's included, and the number of shares a large call is cut into.  Neither ever changes.

    The n - 1 other threads start when they are first needed.  They wait for compiled work in `state`, for Python's in
    `inboxes`.
    """

    def __init__(self, n: int, shares: int) -> None:
        self.n, self.shares, self.state = n, shares, new_state()
        self.patience = PATIENCE if n <= cores() else native.PATIENCE  # more threads than cores: hardly wait
        self.inboxes: list[SimpleQueue] = [SimpleQueue() for _ in range(n - 1)]
        self.asleep: set[SimpleQueue] = set()  # each thread enters and removes its own inbox
        self.calls = itertools.count(1)
        self.threads = [
            threading.Thread(target=self._live, args=(inbox,), name=f"minigan-{k}", daemon=True)
            for k, inbox in enumerate(self.inboxes)
        ]
        self.unstarted = list(self.threads)

    def activate(self) -> None:
        """Start the threads that have not been started; wake those that sleep."""
        while self.unstarted:
            with suppress(IndexError, RuntimeError):  # another caller was faster; the system allows no more threads
                self.unstarted.pop().start()
        if self.asleep:
            self.wake()

    def wake(self) -> None:
        """Wake all sleeping threads, so that they wait for compiled work again."""
        for inbox in tuple(self.asleep):
            inbox.put(WAKE)

    def send(self, job: Callable[[], None]) -> None:
        """Ask all other threads to call this function."""
        for inbox in self.inboxes:
            inbox.put(job)
        self.state[native.CALLS] = next(self.calls)  # a new number makes the threads return from compiled code

    def close(self) -> None:
        """Tell all threads to end; they do so within milliseconds, after the work they have begun."""
        for inbox in self.inboxes:
            inbox.put(None)
        self.state[native.CALLS] = next(self.calls)

    def _live(self, inbox: SimpleQueue) -> None:
        """The loop of a thread: compiled work while there is some, then what is in the inbox, else sleep."""
        local.in_pool = True
        np.seterr(all="ignore")  # NumPy keeps its warning settings per thread; those of the caller decide
        calls = 0
        while True:
            if native.COMPILED:
                calls = native.serve(self.state, calls, self.patience)
            try:
                job = inbox.get_nowait()
            except Empty:
                job = self._sleep(inbox)
            if job is None:  # the pool is closed
                return
            if job is not WAKE:
                job()
            del job  # keep no array alive while waiting

    def _sleep(self, inbox: SimpleQueue) -> Any:
        """Wait until there is something in the inbox, and return it."""
        self.asleep.add(inbox)
        job = inbox.get()
        self.asleep.discard(inbox)
        while job is WAKE and not inbox.empty():  # several calls may have woken this thread
            job = inbox.get()
        return job
