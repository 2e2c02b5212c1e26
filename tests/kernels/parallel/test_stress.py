"""Calls beside calls: threads that come and go, signal handlers that call kernels, Ctrl-C anywhere, forks.  See stress.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

STRESS = Path(__file__).with_name("stress.py")


def _python(*arguments):
    env = os.environ | {"NUMBA_DISABLE_JIT": "0"}  # it is about compiled code
    done = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, timeout=600, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("kind", ["threads", "signals", "both"])
def test_every_call_gives_the_right_bits(kind):
    calls, wrong, signals = map(int, _python(STRESS, kind, 2000)[-1].split())
    assert calls >= 2000
    assert wrong == 0
    assert (signals > 100) == (kind != "threads")


def test_an_interrupt_anywhere_loses_neither_the_pool_nor_a_thread():
    pool, counts = _python(STRESS, "interrupts", 2000)
    assert pool == "1 thread; the pool works"
    assert counts.split()[1:] == ["0", "2000"]


FIRST_CALLS = """
import threading
import numpy as np
from minigan import kernels
from minigan.kernels.parallel import threads
threads.SMALL = 0
start = threading.Barrier(40)
results = []
def call():
    x = np.ones(1000)
    start.wait()
    results.append(kernels.leaky_relu(x, 0.5).sum())
kernels.leaky_relu(np.ones(1000, np.float32), 0.5)
kernels.set_threads(3)
callers = [threading.Thread(target=call) for _ in range(40)]
for caller in callers: caller.start()
for caller in callers: caller.join()
print({int(total) for total in results}, sum(thread.name.startswith("minigan") for thread in threading.enumerate()))
kernels.set_threads(1)
for thread in threading.enumerate():
    if thread.name.startswith("minigan"): thread.join(10)
print(threading.active_count())
"""


def test_simultaneous_first_calls_start_one_pool():
    assert _python("-c", FIRST_CALLS) == ["{1000} 2", "1"]


CLOSING = """
import threading
from minigan import kernels
from minigan.kernels.parallel.run import run
stop = threading.Event()
def change():
    n = 0
    while not stop.is_set():
        n += 1
        kernels.set_threads(2 + n % 3, 4)
kernels.set_threads(2, 4)
changer = threading.Thread(target=change, daemon=True)
changer.start()
for _ in range(3000):
    assert run(lambda i, j: j - i, 100, size=1e9) == [25, 25, 25, 25]
stop.set()
changer.join()
print("done")
"""


def test_work_sent_to_a_pool_that_is_being_closed_is_done():
    assert _python("-c", CLOSING) == ["done"]


FORKS = """
import os, sys, threading, time, warnings
import numpy as np
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on: forking a process with threads
import numba
from minigan import kernels
kernels.set_threads(2)
stop, n = False, 0
def compile_on():
    global n
    while not stop:
        n += 1
        numba.njit(eval(f"lambda x: x * {n} + x ** 2"))(1.5)
def call_on():
    a = np.ones((64, 300), np.float32)
    while not stop: assert (kernels.dense(a, np.ones((300, 700), np.float32)) == 300).all()
others = [threading.Thread(target=work, daemon=True) for work in (compile_on, call_on)]
for other in others: other.start()
ended = []
for k in range(10):
    time.sleep(0.02)
    child = os.fork()
    if child == 0:
        good = kernels.dense(np.ones((64, 300)), np.ones((300, 700))).sum() == 64 * 300 * 700
        good &= numba.njit(lambda x: x - 1)(2) == 1
        os._exit(7 if good else 1)
    deadline = time.monotonic() + 200
    while not (ready := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < deadline: time.sleep(0.01)
    if not ready[0]:
        os.kill(child, 9)
        os.waitpid(child, 0)
    ended.append(os.waitstatus_to_exitcode(ready[1]) if ready[0] else "hangs")
stop = True
for other in others: other.join()
print(n > 0, set(ended))
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
def test_a_fork_while_another_thread_compiles():
    assert _python("-c", FORKS) == ["True {7}"]
