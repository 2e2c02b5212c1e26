"""The pool: what is cut, in which order results come back, and that nothing hangs, leaks or depends on timing."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels.parallel import blas, threads
from minigan.kernels.parallel.run import run

pytestmark = pytest.mark.slow


def _python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, timeout=600
    )


def test_shares_are_contiguous_and_in_order(any_threads):
    spans = run(lambda i, j: (i, j), 10, size=1e9)
    assert spans[0][0] == 0
    assert spans[-1][1] == 10
    assert len(spans) == any_threads
    assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))
    assert run(lambda i, j: (i, j), 0, size=1e9) == [(0, 0)]
    assert run(lambda i, j: (i, j), 1, size=1e9) == [(0, 1)]


def test_small_work_is_not_cut():
    threads.set_threads(2)
    caller = threading.get_ident()
    assert run(lambda i, j: (i, j, threading.get_ident()), 10, size=100) == [(0, 10, caller)]
    both = threading.Barrier(2, timeout=100)
    assert len(set(run(lambda i, j: (both.wait(), threading.get_ident())[1], 10, size=1e9))) == 2


def test_nested_calls_do_not_wait_for_the_pool(any_threads):
    inner = lambda i, j: sum(run(lambda a, b: b - a, j - i, size=1e9))  # noqa: E731
    assert sum(run(inner, 100, size=1e9)) == 100


def test_an_error_in_any_share_is_raised_after_all_have_stopped(any_threads):
    done = []

    def work(i, j):
        if i == 0:
            raise FloatingPointError("first share")
        time.sleep(0.05)
        done.append(i)

    with pytest.raises(FloatingPointError, match="first share"):
        run(work, 12, size=1e9)
    assert len(done) == (any_threads - 1 if any_threads > 1 else 0)

    def last(i, j):
        if j == 12:
            raise FloatingPointError("last share")

    with pytest.raises(FloatingPointError, match="last share"):
        run(last, 12, size=1e9)


def test_blas_is_held_at_one_thread():
    kernels.dense(np.ones((2, 3)), np.ones((3, 4)))
    libraries = blas.libraries()
    assert all(library.get_num_threads() == 1 for library in libraries)


@pytest.mark.parametrize(("n", "shares"), [(0, None), (-1, None), (1.5, None), ("2", None), (2, 0), (2, 1.0)])
def test_bad_numbers_of_threads(n, shares):
    with pytest.raises(ValueError, match="whole number of at least 1, got"):
        threads.set_threads(n, shares)


def test_too_many_shares_are_refused():
    with pytest.raises(ValueError, match="shares must be at most 65535, got 65536"):
        threads.set_threads(1, shares=65536)


def test_the_environment_sets_the_threads(monkeypatch):
    monkeypatch.setattr(threads, "_pool", None)  # as in a new process
    monkeypatch.setenv("MINIGAN_THREADS", "3")
    assert (threads.get_shares(), threads.get_threads()) == (3, 3)
    for wrong in ("0", "two", "-1", "1.5", ""):
        monkeypatch.setattr(threads, "_pool", None)
        monkeypatch.setenv("MINIGAN_THREADS", wrong)
        with pytest.raises(ValueError, match=f"MINIGAN_THREADS must be a whole number of at least 1, got '{wrong}'"):
            threads.get_threads()
    monkeypatch.delenv("MINIGAN_THREADS")
    assert 1 <= threads.get_threads() <= 8


def _all_sums(normal):
    """One array of all results that contain a sum over the batch."""
    dtype = np.float32
    x, W, dy = normal(9, 8, 8, 3, dtype=dtype), normal(4, 4, 3, 5, dtype=dtype), normal(9, 4, 4, 5, dtype=dtype)
    dW, dense_dW = np.zeros_like(W), np.zeros((192, 80), dtype)
    kernels.conv2d_dW(x, dy, 2, 1, dW)
    kernels.dense_dW(x.reshape(9, -1), dy.reshape(9, -1), dense_dW)
    mean, var = kernels.column_moments(x)
    gradients = kernels.batchnorm_dx(x[::-1].copy(), x, mean, var, mean)
    y, dx = kernels.conv2d(x, W, 2, 1), kernels.conv2d_dx(dy, W, 2, 1, (8, 8))
    return np.concatenate([a.ravel() for a in (dW, dense_dW, mean, var, *gradients, y, dx)])


def test_bits_depend_on_the_number_of_shares_only(monkeypatch):
    monkeypatch.setattr(threads, "SMALL", 0)

    def result(n, shares=None):
        rng = np.random.default_rng(3)
        threads.set_threads(n, shares)
        return _all_sums(lambda *shape, dtype: rng.standard_normal(shape).astype(dtype))

    two = result(2)
    assert two.tobytes() == result(2).tobytes()
    assert two.tobytes() == result(1, shares=2).tobytes()
    assert result(1, shares=4).tobytes() == result(3, shares=4).tobytes()
    np.testing.assert_allclose(result(1), two, rtol=0, atol=1e-5 * np.abs(two).max())


USES_THE_POOL = """
import numpy as np
from minigan.kernels import dense
from minigan.kernels.parallel import threads
threads.set_threads(2)
def use():
    y = dense(np.ones((64, 300), np.float32), np.ones((300, 700), np.float32))
    assert (y == 300).all() and threads._pool
use()
"""


def test_a_process_that_used_the_pool_exits():
    assert _python(USES_THE_POOL + "print('done')").stdout == "done\n"


def test_a_forked_child_has_its_own_pool():
    code = USES_THE_POOL + (
        "import os, sys, warnings\n"
        "warnings.simplefilter('ignore', DeprecationWarning)  # Python 3.12 on: forking a process with threads\n"
        "child = os.fork()\n"
        "use()\n"
        "if child == 0: os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert _python(code).stdout == "7\n"


def test_ctrl_c_ends_at_once():
    listening = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"  # background jobs start with SIGINT ignored
    code = listening + USES_THE_POOL + "print('ready', flush=True)\nwhile True: use()\n"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        try:
            _, errors = child.communicate(timeout=100)
        finally:
            child.kill()
    assert child.returncode != 0
    assert "KeyboardInterrupt" in errors
