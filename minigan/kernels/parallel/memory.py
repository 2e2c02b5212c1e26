"""Keep the memory that a step gives back: the next step asks for the same again.

A training step makes and drops some hundred arrays of a few megabytes.  The C library returns such blocks to the system at
once and has to fetch them again, and every fresh page of 4 KB costs a fault: about 5,000 a step for DCGAN.  Told to keep
them, glibc hands out the same pages again and again, which stay in the cache too.  Other C libraries are left alone.
"""

import ctypes
from functools import cache

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # the names of mallopt's parameters, from malloc.h
LARGEST = 32 << 20  # bytes: the largest MMAP_THRESHOLD that glibc accepts


@cache
def keep_freed_memory() -> bool:
    """Ask glibc not to return freed memory to the system; True if it could be asked.  Done once."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return False
    return bool(mallopt(MMAP_THRESHOLD, LARGEST)) and bool(mallopt(TRIM_THRESHOLD, 2**31 - 1))
