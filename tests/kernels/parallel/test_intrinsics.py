"""Atomic changes of numbers by several threads."""

import threading

import numpy as np
import pytest

from minigan.kernels.parallel import native
from minigan.kernels.parallel.intrinsics import add, compare_and_swap, load
from minigan.kernels.parallel.jit import jit

pytestmark = pytest.mark.skipif(not native.COMPILED, reason="without a compiler there are no such instructions")


@jit
def _add(state, i, n):
    return add(state, i, n)


@jit
def _swap(state, i, old, new):
    return compare_and_swap(state, i, old, new)


@jit
def _load(state, i):
    return load(state, i)


@jit
def _count(state, times):  # add one, twice: the second way fails and tries again if another thread was faster
    for _ in range(times):
        add(state, 0, 1)
        while True:
            seen = load(state, 1)
            if compare_and_swap(state, 1, seen, seen + 1):
                break


def test_add_and_compare_and_swap_return_the_earlier_value():
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
