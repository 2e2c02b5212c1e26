"""The one-pass loops against their twins."""

import numpy as np
import pytest

from minigan import kernels
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


@pytest.mark.parametrize("beta2", [0.9, 0.999, 0.99999, 0.9999999])
def test_adam_rounds_one_minus_beta_once(beta2):
    """In float32, 1 - 0.999 is off by 1.3e-5 and 1 - 0.9999999 by 0.19: the difference is taken in float64."""
    grad = np.linspace(0.5, 2, 1000)
    exact = [np.zeros(1000), grad.copy(), np.zeros(1000), np.zeros(1000)]
    fast = [a.astype(np.float32) for a in exact]
    for t in range(1, 6):
        exact[1][:] = fast[1][:] = grad
        reference.adam(*exact, 1e-3, 0.9, beta2, 1e-8, t)
        elementwise.adam(*fast, 1e-3, 0.9, beta2, 1e-8, t)
    for name, a, b in zip(("theta", "grad", "m", "v"), fast, exact, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-6, err_msg=name)


@pytest.mark.parametrize("decay", [0.9, 0.999, 0.99999, 0.9999999])
def test_ema_rounds_one_minus_decay_once(decay):
    theta = np.linspace(0.5, 2, 1000)
    average = np.zeros(1000, np.float32)
    elementwise.ema(average, theta.astype(np.float32), decay)
    np.testing.assert_allclose(average, (1 - decay) * theta, rtol=1e-6)


LAYOUTS = {
    "columns of a wider array": lambda y: np.dstack([y, y])[..., : y.shape[-1]],
    "every second row": lambda y: y.repeat(2, axis=0)[::2],
    "every second column": lambda y: y.repeat(2, axis=1)[:, ::2],
    "Fortran's order": np.asfortranarray,
    "backwards": lambda y: y[::-1],
    "channels backwards": lambda y: y[..., ::-1],
    "channels in front": lambda y: np.ascontiguousarray(y.transpose(2, 0, 1)).transpose(1, 2, 0),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(5, 4, 3), (33, 17, 8)])
def test_add_bias_adds_to_any_layout(normal, same, dtype, any_threads, layout, shape):
    y, b = LAYOUTS[layout](normal(*shape, dtype=dtype)), normal(shape[-1], dtype=dtype)
    expected = y + b
    kernels.add_bias(y, b)
    same(y, expected)
    elementwise.add_bias(y, b)
    same(y, expected + b)
