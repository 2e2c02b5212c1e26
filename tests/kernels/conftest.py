"""Fixtures for the kernels: the comparison with the twin, and threads that are used even for small arrays."""

import numpy as np
import pytest

from minigan.kernels.parallel import threads

TOLERANCE = {"float64": 1e-12, "float32": 1e-5}


def _same(fast, plain, slack=1.0):
    assert fast.shape == plain.shape
    assert fast.dtype == plain.dtype
    scale = max(np.abs(plain).max(initial=0), 1e-30)
    worst = np.abs(fast - plain).max(initial=0) / scale
    assert worst <= slack * TOLERANCE[fast.dtype.name], f"relative error {worst:.1e}, shape {fast.shape}"


@pytest.fixture
def same():
    """Assert that a kernel's result has its twin's shape, dtype and values (to 1e-12 in float64, 1e-5 in float32)."""
    return _same


@pytest.fixture(params=["float64", "float32"])
def dtype(request):
    return np.dtype(request.param)


@pytest.fixture
def normal():
    """normal(*shape, dtype): standard normal numbers, new ones at each call, the same in every run of the test."""
    rng = np.random.default_rng(7)
    return lambda *shape, dtype: rng.standard_normal(shape).astype(dtype)


@pytest.fixture(params=[1, 2, 3])
def any_threads(request, monkeypatch):
    """Run the test with 1, 2 and 3 threads, cutting even small work."""
    monkeypatch.setattr(threads, "SMALL", 0)
    threads.set_threads(request.param)
    return request.param
