"""How long until the first step?  With nothing compiled, and with the kernels that an earlier run left on the disk.

Numba compiles each kernel when it is first called and keeps the machine code.  After installing minigan one waits once for the
compiler (cold), afterwards only for imports, data and one step (warm).  Each is timed in a process of its own, from its start,
with an empty cache folder that the second process finds filled.
"""

import os
import subprocess
import sys
import tempfile
import time

FIRST_STEP = "from minigan.running import runs; from minigan.running.config import Config; runs.build(Config()).step()"


def first_steps(threads: int) -> dict[str, float]:
    """{"cold": seconds, "warm": seconds} from the start of the process to the end of the default's first step."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "NUMBA_CACHE_DIR": folder, "MINIGAN_THREADS": str(threads)}
        for name in ("cold", "warm"):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", FIRST_STEP], env=env, check=True, stdin=subprocess.DEVNULL)
            found[name] = time.perf_counter() - start
    return found
