"""The threads of the pool: where they wait for work, when they sleep, how they end.

A pool thread waits in compiled code for work that is offered there (native.py).  It returns to Python when its inbox holds a
Python function to run, and, after some milliseconds without work, to sleep until it is woken: a program that pauses between
its steps must not keep a core busy.
"""

import ctypes
import os
import threading
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

    in_pool = False  # True in the threads of the pool
    state: np.ndarray | None = None  # for work that this thread computes alone
    buffers: dict[str, np.ndarray] | None = None  # its scratch memory


local = Local()


def _new_state() -> np.ndarray:
    raw = np.zeros(native.SIZE + 8, np.int64)
    start = -raw.ctypes.data % 64 // 8  # begin at a cache line
    state = raw[start : start + native.SIZE]
    state[native.BLAS : native.BLAS + 4] = addresses()
    state[native.YIELD] = _sched_yield()
    return state


def own_state() -> np.ndarray:
    """The state of the calling thread, for work that it computes alone."""
    if local.state is None:
        local.state = _new_state()
    return local.state


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
    """n - 1 threads in addition to the caller's.  They wait for compiled work in `state`, for Python's in `inboxes`."""

    def __init__(self, n: int) -> None:
        self.state, self.free = _new_state(), threading.Lock()
        self.inboxes: list[SimpleQueue] = []
        self.asleep: set[SimpleQueue] = set()
        self.patience = PATIENCE if n <= cores() else native.PATIENCE  # more threads than cores: hardly wait
        self.threads: list[threading.Thread] = []
        for k in range(n - 1):
            self.inboxes.append(SimpleQueue())
            thread = threading.Thread(target=self.live, args=(self.inboxes[k],), name=f"minigan-{k}", daemon=True)
            self.threads.append(thread)
            thread.start()

    def live(self, inbox: SimpleQueue) -> None:
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
                self.asleep.add(inbox)
                job = inbox.get()
            if job is None:  # the pool is closed
                return
            if job is not WAKE:
                work, span, k, answers = job
                try:
                    answers.put((k, work(*span), None))
                except BaseException as error:  # the caller raises it
                    answers.put((k, None, error))
                del work, answers
            del job  # keep no array alive while waiting

    def wake(self) -> None:
        """Wake all sleeping threads, so that they wait for compiled work again."""
        while self.asleep:
            self.asleep.pop().put(WAKE)

    def send(self, k: int, job: Any) -> None:
        """Put a job into an inbox and make its thread return from compiled code."""
        self.inboxes[k % len(self.inboxes)].put(job)
        self.state[native.CALLS] += 1

    def close(self) -> None:
        """Tell all threads to end; they do so within milliseconds."""
        for k in range(len(self.inboxes)):
            self.send(k, None)
