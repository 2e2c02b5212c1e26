"""How long does the first step take, with nothing compiled and with the kernels of an earlier run in the cache?

Numba compiles each kernel on its first call and caches the machine code on disk.  So a new user waits for the compiler once
(cold), and later only for imports, data and one step (warm).  Each is timed from the start of a process of its own.  The cache
folder is empty for the first process and filled for the second.
"""

import os
import subprocess
import sys
import tempfile
import time

FIRST_STEP = "from minigan.running.build import build; from minigan.zoo import gan; build(gan, gan.Options()).step()"


def first_steps(threads: int) -> dict[str, float]:
    """{"cold": seconds, "warm": seconds}, from the start of the process to the end of the first step of the default recipe."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "NUMBA_CACHE_DIR": folder, "MINIGAN_THREADS": str(threads)}
        for name in ("cold", "warm"):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", FIRST_STEP], env=env, check=True, stdin=subprocess.DEVNULL)
            found[name] = time.perf_counter() - start
    return found
