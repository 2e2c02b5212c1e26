"""Compiled shares: each is computed once, by whichever thread is free, and no call hangs, leaks or waits for a sleeper."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from minigan.kernels.parallel import native, threads
from minigan.kernels.parallel.launch import kernel, launch
from minigan.kernels.parallel.threads import parts

pytestmark = pytest.mark.slow

COMPILED = native.COMPILED


@kernel
def _count(i, j, s, counts, share_of, step):
    for k in range(i, j):
        counts[k] += step
        share_of[k] = s


@kernel
def _slow(i, j, s, a):  # the first share takes long
    for k in range(i, j):
        for _ in range(20_000 if s == 0 else 1):
            a[k] += 1


def _python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, timeout=600
    )


def test_every_share_is_computed_once_whatever_the_timing(any_threads):
    """A thousand jobs of changing length, back to back: a lost, repeated or late share would show in the counts."""
    for n in range(1000):
        length = n * 7 % 101
        counts, share_of = np.zeros(length), np.full(length, -1)
        launch(_count, parts(1e9), len(counts), counts, share_of, n)
        assert (counts == n).all()
        shares = max(1, min(any_threads, length))
        expected = np.repeat(np.arange(shares), np.diff([length * s // shares for s in range(shares + 1)]))
        assert np.array_equal(share_of, expected)


def test_more_shares_than_threads_and_more_than_items(any_threads):
    threads.set_threads(any_threads, shares=5)
    for length in (0, 1, 3, 5, 12):
        counts, share_of = np.zeros(length), np.zeros(length, int)
        launch(_count, parts(1e9), len(counts), counts, share_of, 1)
        assert (counts == 1).all()
        assert share_of.tolist() == sorted(share_of)
        assert len(set(share_of.tolist())) == min(5, length)


def test_a_call_does_not_wait_for_a_sleeping_thread(any_threads, monkeypatch):
    a = np.zeros(4)
    launch(_slow, parts(1e9), len(a), a)  # the pool starts
    if not COMPILED or any_threads == 1:
        return
    deadline = time.perf_counter() + 100  # on a loaded machine each yield lets other programs run
    while len(threads._pool.asleep) < any_threads - 1:  # after some milliseconds without work
        assert time.perf_counter() < deadline, "a thread without work must go to sleep"
        time.sleep(0.01)
    woken = []
    monkeypatch.setattr(threads._pool, "wake", lambda: woken.append(True))  # so the thread stays asleep
    a[:] = 0
    launch(_slow, parts(1e9), len(a), a)
    assert (a > 0).all()
    assert len(woken) == 1


def test_two_callers_at_once(any_threads):
    """Only one caller has the pool, the others compute alone; all results are right."""
    wrong = []

    def calls(step):
        for _ in range(300):
            counts, share_of = np.zeros(50), np.zeros(50, int)
            launch(_count, parts(1e9), len(counts), counts, share_of, step)
            if not (counts == step).all():
                wrong.append(counts)

    callers = [threading.Thread(target=calls, args=(step,)) for step in (1, 2, 3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert wrong == []


def test_arguments_are_not_kept(any_threads):
    counts, share_of = np.zeros(64), np.zeros(64, int)
    before = sys.getrefcount(counts), sys.getrefcount(share_of)
    for _ in range(100):
        launch(_count, parts(1e9), len(counts), counts, share_of, 1)
    end = time.monotonic() + 30  # without a compiler a thread that was not needed still has to look at its jobs
    while (sys.getrefcount(counts), sys.getrefcount(share_of)) != before and time.monotonic() < end:
        time.sleep(0.01)
    assert (sys.getrefcount(counts), sys.getrefcount(share_of)) == before


@pytest.mark.skipif(not COMPILED, reason="without a compiler nothing is packed")
def test_too_many_arguments_are_refused_when_compiled():
    @kernel
    def large(i, j, s, a, b, c, d, e, f, g, h, k, m, n):  # an array of 20 dimensions takes 360 bytes
        pass

    room = 8 * (native.SIZE - native.ARGS)
    with pytest.raises(Exception, match=rf"need \d+ bytes, but there is room for {room}"):
        launch(large, 1, 1, *[np.zeros((1,) * 20)] * 11)


def test_a_failure_in_a_share_is_raised(tmp_path):
    code = """
import numpy as np
from minigan.kernels.parallel import threads
from minigan.kernels.parallel.launch import kernel, launch
from minigan.kernels.parallel.threads import parts
@kernel
def _beyond(i, j, s, a):
    a[j] = 1
threads.set_threads(2)
for _ in range(2):
    try:
        launch(_beyond, parts(1e9), 5, np.zeros(5))
    except (RuntimeError, IndexError) as error:
        print(error)
"""
    module = tmp_path / "beyond.py"  # compiled code is cached next to its file, so it needs one
    module.write_text(code)
    done = _python(f"import runpy; runpy.run_path({str(module)!r})", NUMBA_BOUNDSCHECK="1")
    lines = done.stdout.splitlines()
    expected = "a share of _beyond failed: NUMBA_DISABLE_JIT=1 shows where" if COMPILED else "out of bounds"
    assert len(lines) == 2, done.stderr
    assert all(expected in line for line in lines)


def test_where_compiled_code_cannot_multiply_python_does():
    """With another BLAS the kernels that multiply stay Python, and compute the same."""
    code = """
import numpy as np
import threadpoolctl
class Unknown:
    lib_controllers = []
threadpoolctl.ThreadpoolController = Unknown  # before minigan looks for the addresses
from minigan import kernels
from minigan.kernels import winograd
from minigan.kernels.parallel import threads
assert not hasattr(winograd._conv2d, "py_func")
for n in (1, 2, 3):
    threads.SMALL = 0
    kernels.set_threads(n)
    rng = np.random.default_rng(0)
    x, W = rng.standard_normal((5, 8, 16, 32)), rng.standard_normal((4, 4, 32, 32))
    dy, V = rng.standard_normal((5, 4, 8, 32)), rng.standard_normal((3, 3, 32, 32))
    def results():
        dW, dV, dense = np.zeros_like(W), np.zeros_like(V), np.zeros((32, 64))
        kernels.conv2d_dW(x, dy, 2, 1, dW), kernels.conv2d_dW(x, x, 1, 1, dV)
        kernels.dense_dW(x.reshape(-1, 32), x.reshape(-1, 32) @ dense, dense)
        yield from (dW, dV, dense, kernels.conv2d(x, W, 2, 1), kernels.conv2d_dx(dy, W, 2, 1, (8, 16)))
        yield from (kernels.conv2d(x, V, 1, 1), kernels.upconv2d(x, V), kernels.conv2d(x[:, :7], V, 2, 1))
    fast = list(results())
    with kernels.use("reference"):
        for a, b in zip(fast, results(), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-10)
print("done")
"""
    done = _python(code, MINIGAN_THREADS="2")
    assert done.stdout == "done\n", done.stderr
