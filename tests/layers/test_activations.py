from math import log, tanh

import numpy as np
import pytest

from minigan.layers import LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh
from minigan.layers.activations import sigmoid, softplus

# f, f', f'' at a point where the numbers are fractions: sigmoid(log 3) = 3/4, tanh(log 2) = (2 - 1/2)/(2 + 1/2) = 3/5
BY_HAND = [
    # eq:tanh.forward eq:tanh.derivative eq:tanh.curvature
    (Tanh(), log(2), 3 / 5, 16 / 25, -2 * 3 / 5 * 16 / 25),  # 1 - 9/25 = 16/25
    # eq:sigmoid.forward eq:sigmoid.derivative eq:sigmoid.curvature
    (Sigmoid(), log(3), 3 / 4, 3 / 16, 3 / 16 * (1 - 3 / 2)),  # 3/4 * 1/4 = 3/16
    # eq:softplus.forward eq:softplus.derivative eq:softplus.curvature
    (Softplus(), log(3), log(4), 3 / 4, 3 / 16),  # log(1 + 3)
    # eq:silu.forward eq:silu.derivative eq:silu.curvature
    (SiLU(), log(3), 3 / 4 * log(3), 3 / 4 + log(3) * 3 / 16, 3 / 16 * (2 + log(3) * (1 - 3 / 2))),
]


@pytest.mark.parametrize(
    ("layer", "x", "f", "df", "d2f"), BY_HAND, ids=lambda a: str(a) if hasattr(a, "forward") else ""
)
def test_curved_activations_by_hand(layer, x, f, df, d2f):
    x, dy, v = np.full((1, 2), x), np.array([[2.0, -3.0]]), np.array([[5.0, 7.0]])
    y, cache = layer.forward(x)
    np.testing.assert_allclose(y, f, rtol=1e-14)  # eq:activation.forward
    np.testing.assert_allclose(layer.backward(dy, cache), dy * df, rtol=1e-14)  # eq:activation.dx
    np.testing.assert_allclose(layer.tangent(v, cache)[0], v * df, rtol=1e-14)  # eq:activation.tangent
    # eq:activation.curvature
    np.testing.assert_allclose(layer.curvature(dy, v, cache), [[2 * 5 * d2f, -3 * 7 * d2f]], rtol=1e-13)
    assert layer.curved


def test_leaky_relu_by_hand():  # eq:leaky_relu.forward eq:leaky_relu.dx
    layer = LeakyReLU(0.25)
    y, cache = layer.forward(np.array([[-4.0, 0.0, 8.0]]))
    np.testing.assert_array_equal(y, [[-1, 0, 8]])
    np.testing.assert_array_equal(layer.backward(np.array([[2.0, 4.0, 8.0]]), cache), [[0.5, 1, 8]])  # f'(0) = alpha
    np.testing.assert_array_equal(layer.tangent(np.array([[-4.0, 4.0, -4.0]]), cache)[0], [[-1, 1, -4]])
    assert not layer.curved


def test_relu_by_hand():  # eq:leaky_relu.forward eq:leaky_relu.dx
    layer = ReLU()
    y, cache = layer.forward(np.array([[-4.0, 0.0, 8.0]]))
    np.testing.assert_array_equal(y, [[0, 0, 8]])
    np.testing.assert_array_equal(layer.backward(np.array([[2.0, 4.0, 8.0]]), cache), [[0, 0, 8]])


def test_piecewise_linear_layers_say_that_their_curvature_is_zero():
    _, cache = ReLU().forward(np.ones((1, 1)))
    with pytest.raises(NotImplementedError, match="piecewise linear"):
        ReLU().curvature(np.ones((1, 1)), np.ones((1, 1)), cache)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_overflow_at_1e4(dtype):
    x = np.array([-1e4, -800, 0, 800, 1e4], dtype)
    np.testing.assert_array_equal(sigmoid(x), [0, 0, 0.5, 1, 1])
    np.testing.assert_allclose(softplus(x), [0, 0, log(2), 800, 1e4], rtol=1e-6)
    assert sigmoid(x).dtype == softplus(x).dtype == dtype
    for layer in (Tanh(), Sigmoid(), Softplus(), SiLU()):
        y, cache = layer.forward(x)
        for a in (y, layer.backward(x, cache), layer.curvature(np.ones_like(x), np.ones_like(x), cache)):
            assert np.isfinite(a).all()
            assert a.dtype == dtype


def test_small_arguments_keep_their_digits():
    np.testing.assert_allclose(softplus(np.array([-40.0])), np.exp([-40.0]), rtol=1e-14)  # log1p, not log(1 + tiny)
    np.testing.assert_allclose(sigmoid(np.array([-40.0])), np.exp([-40.0]), rtol=1e-14)


def test_complex_arguments_carry_the_derivative():
    """f(x + ih) = f(x) + ih f'(x): what the complex-step check relies on."""
    x = np.array([-2.0, 0.3, 40.0])
    h = 1e-20
    np.testing.assert_allclose(softplus(x + 1j * h).imag / h, sigmoid(x), rtol=1e-14)
    np.testing.assert_allclose(sigmoid(x + 1j * h).imag / h, sigmoid(x) * sigmoid(-x), rtol=1e-13)


def test_any_shape():
    assert Tanh()(np.full((2, 3, 4, 5), 0.5))[1, 2, 3, 4] == tanh(0.5)
    assert LeakyReLU()(np.full((7,), -1.0)).shape == (7,)


def test_names():
    assert [str(layer) for layer in (LeakyReLU(), ReLU(), SiLU())] == ["LeakyReLU(0.2)", "ReLU()", "SiLU()"]
