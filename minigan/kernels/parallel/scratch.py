"""Scratch memory: buffers that kernels use again in every call.

A fresh array costs a page fault every 4 KB.  So each thread keeps its buffers by name.  A buffer is handed out again only
when no array uses it any more: a signal handler may call a kernel while the same kernel is running, and gets another buffer.
"""

import math
import threading
import weakref
from typing import Any

import numpy as np


class _Buffers(threading.local):
    def __init__(self) -> None:
        self.by_name: dict[str, tuple[memoryview, weakref.ref]] = {}  # a buffer, and the array it was last given to


_buffers = _Buffers()


def scratch(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """This thread's buffer of that name, uninitialised; a new one if it is too small or still in use."""
    dtype = np.dtype(dtype)
    count = math.prod(shape)
    nbytes = dtype.itemsize * count
    kept = _buffers.by_name.get(name)
    if kept is not None and kept[0].nbytes >= nbytes and kept[1]() is None:
        memory = kept[0]
    else:
        raw = np.empty(nbytes + 64, np.uint8)
        start = -raw.ctypes.data % 64  # begin at a cache line
        memory = raw[start : start + nbytes].data
    # the base of the result and of every view of it, so it lives as long as they
    flat = np.frombuffer(memory, dtype, count)
    _buffers.by_name[name] = memory, weakref.ref(flat)
    return flat.reshape(shape)
