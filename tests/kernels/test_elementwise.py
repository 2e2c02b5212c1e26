"""The one-pass loops against their twins."""

import numpy as np
import pytest

from minigan.kernels import elementwise, reference

SHAPES = [(), (1,), (0, 3), (7,), (2, 3, 5, 4), (65, 33)]


@pytest.mark.parametrize("shape", SHAPES)
def test_leaky_relu(normal, same, dtype, any_threads, shape):
    x, dy = normal(*shape, dtype=dtype).reshape(shape), normal(*shape, dtype=dtype).reshape(shape)
    x[...] = np.where(np.abs(x) < 0.1, 0, x)  # at the kink the derivative is that of the negative side
    kept = x.copy(), dy.copy()
    for alpha in (0.2, 0.0):
        same(elementwise.leaky_relu(x, alpha), reference.leaky_relu(x, dtype.type(alpha)))
        same(elementwise.leaky_relu_dx(dy, x, alpha), reference.leaky_relu_dx(dy, x, dtype.type(alpha)))
    assert np.array_equal(x, kept[0])
    assert np.array_equal(dy, kept[1])


def test_leaky_relu_propagates_nan_and_inf(dtype):
    x = np.array([np.nan, np.inf, -np.inf, -0.0], dtype)
    y = elementwise.leaky_relu(x, 0.5)
    assert np.isnan(y[0])
    assert y[1] == np.inf
    assert y[2] == -np.inf
    assert y[3] == 0
    assert np.isnan(elementwise.leaky_relu_dx(x, np.ones(4, dtype), 0.5)[0])


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (2, 3, 5, 4), (33, 65)])
def test_add_bias(normal, same, dtype, any_threads, shape):
    y, b = normal(*shape, dtype=dtype), normal(shape[-1], dtype=dtype)
    expected = y + b
    elementwise.add_bias(y, b)
    same(y, expected)


@pytest.mark.parametrize("size", [0, 1, 7, 1000])
def test_adam(normal, same, dtype, any_threads, size):
    fast = [normal(size, dtype=dtype) for _ in range(4)]  # theta, grad, m, v
    fast[3] = np.abs(fast[3])
    plain = [a.copy() for a in fast]
    for t in (1, 2, 30):
        fast[1][:] = plain[1][:] = normal(size, dtype=dtype)
        elementwise.adam(*fast, 1e-2, 0.5, 0.999, 1e-8, t)
        reference.adam(*plain, 1e-2, 0.5, 0.999, 1e-8, t)
        assert not fast[1].any()
    for a, b in zip(fast, plain, strict=True):
        same(a, b)


def test_adam_propagates_nan(dtype):
    theta, grad, m, v = np.zeros((4, 3), dtype)
    grad[1] = np.nan
    elementwise.adam(theta, grad, m, v, 1e-2, 0.5, 0.999, 1e-8, 1)
    assert np.isnan(theta).tolist() == [False, True, False]


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_ema(normal, same, dtype, any_threads, size):
    average, theta = normal(size, dtype=dtype), normal(size, dtype=dtype)
    expected = (0.99 * average.astype(float) + 0.01 * theta).astype(dtype)
    elementwise.ema(average, theta, 0.99)
    same(average, expected)
