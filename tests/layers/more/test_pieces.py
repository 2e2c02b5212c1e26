"""Held on its piece, a network is smooth: its differences are exact, and at a kink they follow the layer's own choice."""

import numpy as np
import pytest

from minigan.differences import numerical_gradient
from minigan.gradcheck import check_network
from minigan.layers import Dense, Dropout, LeakyReLU, MaxPool2d, ReLU, Residual, SiLU
from minigan.layers.more.pieces import held
from minigan.network import Sequential


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_leaky_relu_stays_on_its_side():
    layer, x = LeakyReLU(0.25), np.array([1.0, -1.0, 0.0])
    f = held(lambda x: layer.forward(x), [layer], x)
    y, cache = f(np.array([-2.0, 3.0, 4.0]))  # all on the other side
    np.testing.assert_array_equal(y, [-2, 0.75, 1])
    np.testing.assert_array_equal(layer.backward(np.ones(3), cache), [1, 0.25, 0.25])  # at 0: alpha
    np.testing.assert_array_equal(layer.forward(np.array([-2.0]))[0], [-0.5])  # outside f it is as before
    assert "forward" not in vars(layer)


def test_max_pool_keeps_its_winners():
    layer, x = MaxPool2d(), np.array([[1.0, 2.0], [2.0, 0.0]]).reshape(1, 2, 2, 1)  # a tie: the first wins
    f = held(lambda x: layer.forward(x), [layer], x)
    y, cache = f(np.array([[7.0, 3.0], [9.0, 8.0]]).reshape(1, 2, 2, 1))
    assert y.item() == 3
    np.testing.assert_array_equal(layer.backward(y, cache).ravel(), [0, 3, 0, 0])


def test_each_call_is_held_at_its_own_point():
    layer = ReLU()
    f = held(lambda s: [layer.forward(np.array([x + s]))[0].item() for x in (1.0, -1.0)], [layer], 0.0)
    assert f(-2.0) == [-1.0, 0.0]
    assert f(2.0) == [3.0, 0.0]


def test_a_layer_with_its_own_forward_is_not_held():
    class Shifted(LeakyReLU):  # its kink is at 1
        def forward(self, x):
            return super().forward(x - 1)

    layer = Shifted(0.0)
    f = held(lambda x: layer.forward(x)[0].item(), [layer], np.array([0.5]))
    assert f(np.array([3.0])) == 2.0


def test_a_layer_is_let_go_when_f_fails():
    layer = ReLU()
    f = held(lambda x: layer.forward(x)[0].item(), [layer], np.ones(1))
    with pytest.raises(ValueError, match="size 1"):
        f(np.ones(2))
    assert "forward" not in vars(layer)


def test_the_piece_is_a_polynomial():
    net = Sequential(Dense(3, 50), LeakyReLU(), Residual(Dense(50, 50), ReLU()), Dense(50, 1), rng=0, dtype=np.float64)
    x = random(4, 3)
    y, caches = net.forward(x)
    dx = net.backward(np.ones_like(y), caches, learn=False)
    wide = numerical_gradient(
        held(lambda x: net.forward(x)[0].sum(), [l for n in net.layers for l in n.walk()], x), x, h=10.0
    )
    np.testing.assert_allclose(wide, dx, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_a_network_at_exact_zeros_is_checked(seed):
    """Half of all x are exactly 0, and so is what a ReLU lets through: every unit of the second layer is at its kink."""
    x = np.where(random(6, 4, seed=seed) > 0, random(6, 4, seed=seed + 9), 0.0)
    net = Sequential(ReLU(), Residual(LeakyReLU(), Dropout(0.3)), ReLU(), Dense(4, 3), SiLU(), Dense(3, 1), rng=seed)
    assert {check.verdict for check in check_network(net, x)} == {"ok"}


def test_a_convolution_of_tied_pixels_is_checked():
    net = Sequential(MaxPool2d(), LeakyReLU(), rng=0)
    assert {check.verdict for check in check_network(net, np.ones((2, 4, 4, 3)))} == {"ok"}
