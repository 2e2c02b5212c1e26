"""Numbers that several threads change."""

import threading

import numpy as np
import pytest

from minigan.kernels.parallel import native
from minigan.kernels.parallel.intrinsics import add, load, swap
from minigan.kernels.parallel.jit import jit

pytestmark = pytest.mark.skipif(not native.COMPILED, reason="these are instructions: Python has none")


@jit
def _add(state, i, n):
    return add(state, i, n)


@jit
def _swap(state, i, old, new):
    return swap(state, i, old, new)


@jit
def _load(state, i):
    return load(state, i)


@jit
def _count(state, times):  # one by one, the hard way: another thread may be between the look and the change
    for _ in range(times):
        add(state, 0, 1)
        while True:
            seen = load(state, 1)
            if swap(state, 1, seen, seen + 1):
                break


def test_add_and_swap_say_what_was_there():
    state = np.array([5, 7])
    assert _add(state, 1, 3) == 7
    assert state.tolist() == [5, 10]
    assert _load(state, 1) == 10
    assert not _swap(state, 0, 4, 1)
    assert state.tolist() == [5, 10]
    assert _swap(state, 0, 5, 1)
    assert state.tolist() == [1, 10]


def test_no_change_is_lost_between_threads():
    state, times = np.zeros(2, np.int64), 200_000
    _count(state, 1)  # compiled
    threads = [threading.Thread(target=_count, args=(state, times)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state.tolist() == [3 * times + 1] * 2
