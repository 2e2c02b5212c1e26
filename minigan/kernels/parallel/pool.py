"""The threads of the pool: how they live, wait, sleep and end.

Each waits in compiled code for work that is offered there (native.py).  It comes back to Python for a Python function that
lies in its inbox, and, after some milliseconds without work, to sleep until it is woken: a program that pauses between
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

PATIENCE = 30_000  # looks for work before a thread sleeps: some milliseconds
WAKE = object()  # in an inbox: look for compiled work again


class Local(threading.local):  # each thread's own
    in_pool = False  # is it one of the pool's?
    state = None  # for what it computes alone
    buffers = None  # its scratch


local = Local()


def _new_state() -> np.ndarray:
    raw = np.zeros(native.SIZE + 8, np.int64)
    start = -raw.ctypes.data % 64 // 8  # whole cache lines
    state = raw[start : start + native.SIZE]
    state[native.BLAS : native.BLAS + 4] = addresses()
    state[native.YIELD] = _let_others()
    return state


def own_state() -> np.ndarray:
    """The state of the calling thread, for what it computes alone."""
    if local.state is None:
        local.state = _new_state()
    return local.state


@cache
def _let_others() -> int:
    """The address of the C library's function that lets other programs have the core; 0 where we know none."""
    try:
        return ctypes.cast(ctypes.CDLL(None).sched_yield, ctypes.c_void_p).value
    except (AttributeError, OSError, TypeError):  # not POSIX
        return 0


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool:
    """n - 1 threads beside the caller's: `state` is where they wait for compiled work, `inboxes` bring Python's."""

    def __init__(self, n: int):
        self.state, self.inboxes, self.asleep, self.free = _new_state(), [], set(), threading.Lock()
        self.patience = PATIENCE if n <= cores() else native.PATIENCE  # more threads than cores: hardly wait
        self.threads = []
        for k in range(n - 1):
            self.inboxes.append(SimpleQueue())
            thread = threading.Thread(target=self.live, args=(self.inboxes[k],), name=f"minigan-{k}", daemon=True)
            self.threads.append(thread)
            thread.start()

    def live(self, inbox: SimpleQueue) -> None:
        """The life of a thread: compiled work as long as there is some, else what comes by the inbox, else sleep."""
        local.in_pool = True
        np.seterr(all="ignore")  # NumPy's warnings are set thread by thread; whoever calls us decides on them
        calls = 0
        while True:
            if native.COMPILED:
                calls = native.serve(self.state, calls, self.patience)
            try:
                job = inbox.get_nowait()
            except Empty:
                self.asleep.add(inbox)
                job = inbox.get()
            if job is None:  # the end
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
        """Rouse who sleeps: he will look for compiled work."""
        while self.asleep:
            self.asleep.pop().put(WAKE)

    def send(self, k: int, job: Any) -> None:
        """Put a job into an inbox and call its owner out of his wait."""
        self.inboxes[k % len(self.inboxes)].put(job)
        self.state[native.CALLS] += 1

    def close(self) -> None:
        """Let all threads end; they do so within milliseconds."""
        for k in range(len(self.inboxes)):
            self.send(k, None)
