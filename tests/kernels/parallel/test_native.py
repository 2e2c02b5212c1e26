"""Shares in compiled code: each computed once, by whoever comes, and nothing is lost, leaked or waited for in vain."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from minigan.kernels.parallel import native, threads
from minigan.kernels.parallel.jit import jit
from minigan.kernels.parallel.threads import launch, share

COMPILED = native.COMPILED


@jit
def _count(i, j, s, taken, by, step):
    for k in range(i, j):
        taken[k] += step
        by[k] = s


@jit
def _count_shares(state, taken, by, step):
    share(state, _count, (taken, by, step), len(taken))


@jit
def _slow(i, j, s, a):  # the first share takes long
    for k in range(i, j):
        for _ in range(20_000 if s == 0 else 1):
            a[k] += 1


@jit
def _slow_shares(state, a):
    share(state, _slow, (a,), len(a))


def _python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )


def test_every_share_is_computed_once_whatever_the_timing(any_threads):
    """A thousand jobs of changing length, back to back: a lost, doubled or belated share would show in the counts."""
    for n in range(1000):
        length = n * 7 % 101
        taken, by = np.zeros(length), np.full(length, -1)
        launch(_count_shares, 1e9, taken, by, n)
        assert (taken == n).all()
        shares = max(1, min(any_threads, length))
        expected = np.repeat(np.arange(shares), np.diff([length * s // shares for s in range(shares + 1)]))
        assert np.array_equal(by, expected)


def test_more_shares_than_threads_and_more_than_items(any_threads):
    threads.set_threads(any_threads, shares=5)
    for length in (0, 1, 3, 5, 12):
        taken, by = np.zeros(length), np.zeros(length, int)
        launch(_count_shares, 1e9, taken, by, 1)
        assert (taken == 1).all()
        assert by.tolist() == sorted(by)
        assert len(set(by.tolist())) == min(5, length)


def test_nobody_waits_for_a_thread_that_sleeps(any_threads, monkeypatch):
    a = np.zeros(4)
    launch(_slow_shares, 1e9, a)  # the pool starts
    if not COMPILED or any_threads == 1:
        return
    deadline = time.perf_counter() + 10
    while len(threads._pool.asleep) < any_threads - 1:  # after some milliseconds without work
        assert time.perf_counter() < deadline, "a thread without work must go to sleep"
        time.sleep(0.01)
    woken = []
    monkeypatch.setattr(threads._pool, "wake", lambda: woken.append(True))  # and nobody comes
    a[:] = 0
    launch(_slow_shares, 1e9, a)
    assert (a > 0).all()
    assert len(woken) == 1


def test_two_callers_at_once(any_threads):
    """Whoever finds the pool taken computes alone; both get what is right."""
    wrong = []

    def calls(step):
        for _ in range(300):
            taken, by = np.zeros(50), np.zeros(50, int)
            launch(_count_shares, 1e9, taken, by, step)
            if not (taken == step).all():
                wrong.append(taken)

    callers = [threading.Thread(target=calls, args=(step,)) for step in (1, 2, 3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert wrong == []


def test_arguments_are_borrowed_not_kept(any_threads):
    taken, by = np.zeros(64), np.zeros(64, int)
    launch(_count_shares, 1e9, taken, by, 1)
    before = sys.getrefcount(taken), sys.getrefcount(by)
    for _ in range(100):
        launch(_count_shares, 1e9, taken, by, 1)
    assert (sys.getrefcount(taken), sys.getrefcount(by)) == before


@pytest.mark.skipif(not COMPILED, reason="without a compiler there is no cache")
def test_code_compiled_with_another_native_py_is_compiled_anew(monkeypatch):
    """Numba's cache looks at the kernel's file alone; this file's code is part of it, and may lay `state` out otherwise."""
    taken, by = np.zeros(8), np.zeros(8, int)
    launch(_count_shares, 1, taken, by, 1)
    anew = []
    recompile = _count_shares.recompile
    monkeypatch.setattr(_count_shares, "recompile", lambda: (anew.append(True), recompile()))
    monkeypatch.setattr(native, "THIS_STAMP", native.THIS_STAMP + 1)  # as if native.py had been edited
    for _ in range(2):
        launch(_count_shares, 1, taken, by, 1)
    assert len(anew) == 1
    assert (taken == 3).all()
    monkeypatch.undo()
    launch(_count_shares, 1, taken, by, 1)  # and back
    assert (taken == 4).all()


@pytest.mark.skipif(not COMPILED, reason="without a compiler nothing is packed")
def test_too_many_arguments_are_refused_when_compiled():
    @jit
    def many(i, j, s, *a):
        pass

    @jit
    def many_shares(state, a):
        eight = (a, a, a, a, a, a, a, a)
        more = eight + eight + eight + eight
        share(state, many, more + more + more, 1)

    with pytest.raises(Exception, match=rf"need \d+ bytes, {8 * (native.SIZE - native.ARGS)} are there"):
        launch(many_shares, 1, np.zeros(3))


def test_a_failure_in_a_share_is_raised(tmp_path):
    code = """
import numpy as np
from minigan.kernels.parallel import threads
from minigan.kernels.parallel.jit import jit
from minigan.kernels.parallel.threads import launch, share
def _beyond(i, j, s, a):
    a[j] = 1
_beyond = jit(_beyond)
@jit
def _beyond_shares(state, a):
    share(state, _beyond, (a,), len(a))
threads.set_threads(2)
for _ in range(2):
    try:
        launch(_beyond_shares, 1e9, np.zeros(5))
    except (RuntimeError, IndexError) as error:
        print(error)
"""
    module = tmp_path / "beyond.py"  # compiled code is cached beside its file: it needs one
    module.write_text(code)
    said = _python(f"import runpy; runpy.run_path({str(module)!r})", NUMBA_BOUNDSCHECK="1")
    lines = said.stdout.splitlines()
    expected = "a share of _beyond_shares failed: NUMBA_DISABLE_JIT=1 shows where" if COMPILED else "out of bounds"
    assert len(lines) == 2, said.stderr
    assert all(expected in line for line in lines)


def test_where_compiled_code_cannot_multiply_python_does():
    """As with another BLAS: the kernels that need products stay Python, and compute the same."""
    code = """
import numpy as np
from minigan.kernels.parallel import blas
blas.addresses = lambda: (0, 0)
from minigan import kernels
from minigan.kernels import winograd
assert not hasattr(winograd._conv2d, "py_func")
for n in (1, 2, 3):
    kernels.threads.SMALL = 0
    kernels.set_threads(n)
    rng = np.random.default_rng(0)
    x, W = rng.standard_normal((5, 8, 16, 32)), rng.standard_normal((4, 4, 32, 32))
    dy, V = rng.standard_normal((5, 4, 8, 32)), rng.standard_normal((3, 3, 32, 32))
    def answers():
        dW, dV, dense = np.zeros_like(W), np.zeros_like(V), np.zeros((32, 64))
        kernels.conv2d_dW(x, dy, 2, 1, dW), kernels.conv2d_dW(x, x, 1, 1, dV)
        kernels.dense_dW(x.reshape(-1, 32), x.reshape(-1, 32) @ dense, dense)
        yield from (dW, dV, dense, kernels.conv2d(x, W, 2, 1), kernels.conv2d_dx(dy, W, 2, 1, (8, 16)))
        yield from (kernels.conv2d(x, V, 1, 1), kernels.upconv2d(x, V), kernels.conv2d(x[:, :7], V, 2, 1))
    fast = list(answers())
    with kernels.use("reference"):
        for a, b in zip(fast, answers(), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-10)
print("done")
"""
    said = _python(code, MINIGAN_THREADS="2")
    assert said.stdout == "done\n", said.stderr
