"""Freed memory is kept: measured by page faults."""

import ctypes
import platform
import subprocess
import sys

from minigan.kernels.parallel import memory

FAULTS = """
import resource
import numpy as np
from minigan.kernels.parallel.memory import keep_freed_memory
{}
def use():
    arrays = [np.ones(1_000_000, np.float32) for _ in range(3)]
for _ in range(3): use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20): use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _faults(first: str) -> int:
    done = subprocess.run([sys.executable, "-c", FAULTS.format(first)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_kept_memory_causes_no_page_faults():
    if platform.libc_ver()[0] == "glibc":
        assert memory.keep_freed_memory()
        assert _faults("keep_freed_memory()") < 100 < _faults("")
    else:
        assert not memory.keep_freed_memory()


def test_other_c_libraries_are_not_changed(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert memory.keep_freed_memory.__wrapped__() is False
