"""Which of the two, kernel or twin, a call runs."""

import inspect
import threading

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels import elementwise, reference
from minigan.kernels.parallel.run import run

NAMES = [name for name, twin in vars(reference).items() if inspect.isfunction(twin) and not name.startswith("_")]


@pytest.mark.parametrize("name", NAMES)
def test_every_twin_has_a_kernel_of_the_same_signature(name):
    fast, plain = inspect.signature(getattr(kernels, name)), inspect.signature(getattr(reference, name))
    assert list(fast.parameters) == list(plain.parameters)
    assert getattr(kernels, name).__doc__


@pytest.fixture
def called(monkeypatch):
    """A list to which each call of ema appends the name of what ran."""
    called = []
    monkeypatch.setattr(reference, "ema", lambda *a: called.append("reference"))
    monkeypatch.setattr(elementwise, "_ema", lambda *a: called.append("fast"))
    monkeypatch.setattr(kernels, "ema", kernels._with_twin(elementwise.ema, "average P | theta P"))
    return called


def test_use(called):
    a = np.ones(3)
    kernels.ema(a, a, 0.5)
    with kernels.use("reference"):
        kernels.ema(a, a, 0.5)
        with kernels.use("fast"):
            kernels.ema(a, a, 0.5)
        kernels.ema(a, a, 0.5)
    with pytest.raises(KeyError), kernels.use("reference"):
        raise KeyError("the choice ends even with an error")
    kernels.ema(a, a, 0.5)
    assert called == ["fast", "reference", "fast", "reference", "fast"]


def test_use_holds_for_one_thread(called):
    """Two threads whose blocks overlap: neither changes the kernels of the other, nor those that are used afterwards."""
    a, entered, left = np.ones(3), threading.Event(), threading.Event()

    def other():
        with kernels.use("reference"):
            entered.set()
            left.wait(10)
            kernels.ema(a, a, 0.5)

    thread = threading.Thread(target=other)
    with kernels.use("reference"):
        thread.start()
        entered.wait(10)
        with kernels.use("fast"):
            kernels.ema(a, a, 0.5)
    kernels.ema(a, a, 0.5)
    left.set()
    thread.join()
    kernels.ema(a, a, 0.5)
    assert called == ["fast", "fast", "reference", "fast"]


def test_use_holds_in_the_shares_of_a_python_function(called):
    a = np.ones(3)
    with kernels.use("reference"):
        run(lambda i, j: kernels.ema(a, a, 0.5), 4, size=1e9)
    assert set(called) == {"reference"}


def test_complex_numbers_get_the_twin(called):
    kernels.ema(np.ones(3), np.ones(3, complex), 0.5)
    assert called == ["reference"]


def test_arrays_of_different_or_other_dtypes_get_the_twin(called):
    """Compiled code takes the dtype of one array for that of all: it would read beyond the end of a smaller one."""
    kernels.ema(np.ones(3), np.ones(3, np.float32), 0.5)
    kernels.ema(np.ones(3, np.float16), np.ones(3, np.float16), 0.5)
    assert called == ["reference", "reference"]


def test_use_refuses_other_words():
    with pytest.raises(ValueError, match=r'expected "fast" or "reference", got \'slow\''), kernels.use("slow"):
        pass


def test_the_twins_differentiate_by_complex_step(normal):
    """dy/dx = Im f(x + ih) / h needs no difference, but kernels that accept complex numbers."""
    x, W, v = normal(1, 4, 4, 2, dtype=float), normal(3, 3, 2, 3, dtype=float), normal(1, 4, 4, 2, dtype=float)
    derivative = kernels.conv2d(x + 1e-30j * v, W, 1, 1).imag / 1e-30
    np.testing.assert_allclose(derivative, kernels.conv2d(v, W, 1, 1), rtol=1e-10, atol=1e-12)
