"""One training at a time for each network of this process: a second thread that trains it would mix two steps in one theta.

The lock on a run's folder keeps other processes and other trainers away. This one guards what is in memory, with or without
a folder.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_held: set[int] = set()
_guard = threading.Lock()


@contextmanager
def exclusively(things: Iterable[Any]) -> Iterator[None]:
    """with exclusively(networks): ...    Raises RuntimeError if another such block has one of these objects already."""
    keys = {id(thing) for thing in things}
    with _guard:
        if keys & _held:
            raise RuntimeError(
                "this trainer is already running, or another one that trains the same networks or draws from the same Source: "
                "wait until its run() has ended, or give each thread a game and a Source of its own"
            )
        _held.update(keys)
    try:
        yield
    finally:
        with _guard:
            _held.difference_update(keys)


def _forget_in_child() -> None:
    global _guard
    _guard = threading.Lock()  # another thread of the parent may have held it
    _held.clear()  # the threads that train are not in the child


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
