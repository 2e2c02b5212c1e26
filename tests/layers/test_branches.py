from math import log

import numpy as np
import pytest

from minigan.layers import (
    BatchNorm,
    Conv2d,
    Copy,
    Dense,
    Join,
    LeakyReLU,
    MixedSamplesError,
    Parallel,
    Residual,
    SelfAttention,
    Sum,
    Tanh,
)
from minigan.layers.composite import Composite
from minigan.network import Sequential


def test_worked_by_hand():  # eq:residual.forward eq:residual.dx
    layer = Residual(Dense(1, 1)).init(0, np.float64)
    layer.theta[...] = 3, 1  # W, b
    y, cache = layer.forward(np.array([[2.0]]))
    assert y[0, 0] == 2 + (3 * 2 + 1)
    assert layer.backward(np.array([[5.0]]), cache)[0, 0] == 5 + 3 * 5
    assert not layer.grad.any()
    layer.accumulate(np.array([[5.0]]), cache)
    np.testing.assert_array_equal(layer.grad, [2 * 5, 5])
    w, _ = layer.tangent(np.array([[7.0]]), cache)
    assert w[0, 0] == 7 + 3 * 7


def test_a_shortcut_with_weights_by_hand():
    layer = Residual(Dense(1, 2, bias=False), shortcut=Dense(1, 2, bias=False)).init(0, np.float64)
    layer.theta[...] = 1, 2, 10, 20  # the body's W, then the shortcut's
    y, cache = layer.forward(np.array([[3.0]]))
    np.testing.assert_array_equal(y, [[3 + 30, 6 + 60]])
    assert layer.learn(np.array([[1.0, -1.0]]), cache)[0, 0] == (1 - 2) + (10 - 20)
    np.testing.assert_array_equal(layer.grad, [3, -3, 3, -3])


def test_curvature_of_x_plus_tanh_by_hand():
    layer = Residual(Tanh())
    x = np.array([[log(2)]])  # tanh = 3/5
    _, cache = layer.forward(x)
    assert layer.curved
    # only the body is curved: f'' v dy = -2 * 3/5 * 16/25 * 2 * 3
    np.testing.assert_allclose(
        layer.curvature(np.array([[3.0]]), np.array([[2.0]]), cache), [[-6 * 96 / 125]], rtol=1e-13
    )


def test_curved_and_mixes_are_those_of_what_it_holds():
    assert not Residual(Dense(2, 2), LeakyReLU()).curved
    assert Residual(Dense(2, 2), shortcut=Tanh()).curved
    assert Residual(BatchNorm(2)).mixes
    assert not Residual(Tanh()).mixes


def test_batch_norm_inside_refuses_a_tangent():
    net = Sequential(Residual(Dense(2, 2), BatchNorm(2)), rng=0)
    _, caches = net.forward(np.eye(2))
    with pytest.raises(MixedSamplesError, match="BatchNorm"):
        net.tangent(np.eye(2), caches)


def test_evaluation_reaches_the_layers_inside():
    net = Sequential(Residual(BatchNorm(2)), rng=0, dtype=np.float64)
    x = np.array([[3.0, 4.0]])
    np.testing.assert_allclose(net(x), x + x / np.sqrt(1 + 1e-5), rtol=1e-14)  # running mean 0, variance 1


def test_one_accumulate_on_a_tangent_cache_equals_the_network_s_second_order():
    """`accumulate(dw, tcache)` of a composite runs both streams inside it."""
    rng = np.random.default_rng(0)
    layer = Residual(Dense(3, 3), Tanh(), Dense(3, 3)).init(1, np.float64)
    layer.theta += rng.standard_normal(layer.theta.size)
    x, v, dw = rng.standard_normal((3, 2, 3))
    _, cache = layer.forward(x)
    _, tcache = layer.tangent(v, cache)
    layer.accumulate(dw, tcache)
    flat = Sequential(Dense(3, 3), Tanh(), Dense(3, 3), rng=0, dtype=np.float64)  # the identity has no parameters
    flat.theta[...] = layer.theta
    _, caches = flat.forward(x)
    _, tangents = flat.tangent(v, caches)
    flat.backward_tangent(dw, tangents, caches)
    np.testing.assert_allclose(layer.grad, flat.grad, rtol=1e-12)


def test_a_composite_of_one_s_own_says_back():
    with pytest.raises(NotImplementedError):
        Composite().learn(np.ones(1), None)


def test_it_holds_its_layers_in_order():
    layer = Residual(Conv2d(2, 3, 1), Tanh(), shortcut=Conv2d(2, 3, 1))
    assert [type(a).__name__ for a in layer.walk()] == [
        "Residual",
        "Copy",
        "Parallel",
        "Conv2d",
        "Tanh",
        "Conv2d",
        "Sum",
    ]
    assert str(layer) == "Residual(Conv2d(2, 3, 1), Tanh(), shortcut=Conv2d(2, 3, 1))"


def test_a_loss_on_one_head_and_a_penalty_on_the_other():
    heads = Parallel([Dense(3, 1)], [Dense(3, 2), Tanh()])
    net = Sequential(Dense(4, 3), Tanh(), Copy(), heads, rng=0, dtype=np.float64)
    rng = np.random.default_rng(1)
    x, v, d = rng.standard_normal((2, 4)), rng.standard_normal((2, 4)), rng.standard_normal((2, 2))
    _, caches = net.forward(x)
    _, tangents = net.tangent(v, caches)
    dx = net.backward((None, d), caches) + net.backward_tangent((np.ones((2, 1)), None), tangents, caches)
    expected = net.grad.copy()
    net.zero_grad()
    both = net.backward_tangent((np.ones((2, 1)), None), tangents, caches, dx=(None, d))
    np.testing.assert_allclose(net.grad, expected, rtol=1e-12)
    np.testing.assert_allclose(both, dx, rtol=1e-12)


@pytest.mark.parametrize(
    "make", [lambda: Residual(Dense(2, 2), Tanh()), lambda: SelfAttention(2)], ids=["block", "attention"]
)
def test_learning_on_a_tangent_cache_is_accumulate_then_backward(make):
    layer = make().init(0, np.float64)
    layer.theta += 0.5
    x = np.random.default_rng(1).standard_normal((3, 2, 2, 2) if layer.parameters else (3, 2))
    _, tangent = layer.tangent(x, layer.forward(x)[1])
    layer.accumulate(x, tangent)
    expected = layer.grad.copy()
    layer.grad[...] = 0
    np.testing.assert_array_equal(layer.learn(x, tangent), layer.backward(x, tangent))
    np.testing.assert_array_equal(layer.grad, expected)
    assert layer.grad.any()


@pytest.mark.parametrize("layer", [Sum(), Join()], ids=str)
def test_the_rows_of_one_array_are_not_added_up(layer):
    with pytest.raises(TypeError, match=r"takes a tuple of arrays, got ndarray"):
        layer.forward(np.ones((3, 4)))


def test_a_copy_is_made_at_least_once():
    with pytest.raises(ValueError, match="n=0"):
        Copy(0)
