"""Scratch memory: used again once nobody uses it any more, aligned, private to a thread."""

import threading

import numpy as np

from minigan.kernels.parallel.scratch import scratch


def _place(array):
    return array.__array_interface__["data"][0]


def test_a_buffer_is_used_again():
    a = scratch("again", (3, 5), np.float32)
    assert (a.shape, a.dtype) == ((3, 5), np.float32)
    first = _place(a)
    assert first % 64 == 0
    del a
    b = scratch("again", (2, 2), np.float64)
    assert _place(b) == first
    assert scratch("again", (100, 100), np.float32).shape == (100, 100)  # larger
    assert scratch("again", (0, 3), np.float32).size == 0


def test_a_buffer_in_use_is_not_handed_out_again():
    a = scratch("used", (3, 4), np.float32)
    view = a.reshape(4, 3)[1:].T
    del a
    b = scratch("used", (3, 4), np.float32)
    assert not np.shares_memory(view, b)
    first = _place(b)
    del view, b
    assert _place(scratch("used", (3, 4), np.float32)) == first


def test_names_and_threads_have_their_own():
    mine, other_name = scratch("own", (2, 2), np.float64), scratch("another", (2, 2), np.float64)
    assert not np.shares_memory(mine, other_name)
    buffers = []
    thread = threading.Thread(target=lambda: buffers.append(scratch("own", (2, 2), np.float64)))
    thread.start()
    thread.join()
    assert not np.shares_memory(buffers[0], mine)
