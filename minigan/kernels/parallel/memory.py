"""Keep the memory that a step frees: the next step asks for the same amount again.

A training step allocates and frees some hundred arrays of a few megabytes.  The C library returns such blocks to the operating
system at once and must get them back for the next step, and every fresh page of 4 KB costs a page fault: about 5,000 a step for
DCGAN.  If glibc is asked to keep them, it hands out the same pages again, which are also still in the cache.  Other C
libraries are not changed.
"""

import ctypes
from functools import cache

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # parameters of mallopt, from malloc.h
LARGEST = 32 << 20  # bytes: the largest MMAP_THRESHOLD that glibc accepts


@cache
def keep_freed_memory() -> bool:
    """Ask glibc not to return freed memory to the system, once per process; True if it agreed."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return False
    return bool(mallopt(MMAP_THRESHOLD, LARGEST)) and bool(mallopt(TRIM_THRESHOLD, 2**31 - 1))
