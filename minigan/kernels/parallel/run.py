"""`run`: compute shares of a Python function on the threads of the pool.

Handing over takes 10 to 150 microseconds, and all threads need Python's lock: this is for work of many milliseconds.  Kernels
use `launch`, which is a hundred times faster.
"""

import contextvars
from collections import deque
from collections.abc import Callable
from itertools import pairwise
from queue import SimpleQueue
from typing import Any

from minigan.kernels.parallel.pool import local
from minigan.kernels.parallel.threads import current_pool, parts


def cut(length: int, shares: int) -> list[tuple[int, int]]:
    """range(length) as contiguous pieces (start, stop), at most `shares` of them and at least one."""
    shares = max(1, min(shares, length))
    return list(pairwise(length * i // shares for i in range(shares + 1)))


def run(work: Callable[[int, int], Any], length: int, size: float) -> list[Any]:
    """[work(start, stop) for each share of range(length)], in order; a single share if `size` (multiplications) is small."""
    return compute_all(work, cut(length, parts(size)))


def compute_all(work: Callable, spans: list[tuple]) -> list[Any]:
    """[work(*span) for span in spans], on all threads.

    The caller computes every span that no other thread has begun, and then waits for those that others have.  So it does not
    matter if the pool is closed meanwhile.  An error in a span is raised when all of them have ended.
    """
    pool = current_pool()
    if len(spans) == 1 or pool.n == 1 or local.in_pool:  # a pool thread must not wait for the pool
        return [work(*span) for span in spans]
    waiting: deque[tuple[int, tuple]] = deque(enumerate(spans))
    answers: SimpleQueue = SimpleQueue()
    settings = contextvars.copy_context()  # such as `use("reference")`

    def help_out() -> None:
        own_settings = settings.copy()
        while waiting:
            try:
                k, span = waiting.popleft()
            except IndexError:  # another thread was faster
                return
            try:
                answers.put((k, own_settings.run(work, *span), None))
            except BaseException as error:  # the caller raises it
                answers.put((k, None, error))

    pool.activate()
    pool.send(help_out)
    help_out()
    answered = sorted((answers.get() for _ in spans), key=lambda answer: answer[0])
    for _, _, error in answered:
        if error is not None:
            raise error
    return [result for _, result, _ in answered]
