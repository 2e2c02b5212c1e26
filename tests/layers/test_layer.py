import numpy as np
import pytest

from minigan.layers import Dense, LeakyReLU, Residual, ShapeError, SpectralNorm
from minigan.layers.layer import Layer
from minigan.layers.parameters import HE, all_layers, allocate, constant, normal
from minigan.layers.tree import add


class Doubled(Layer):
    """y = a x: the smallest layer of a user's own."""

    parameters = {"a": ((1,), constant(2.0))}

    def forward(self, x):
        x = self.check(x, "any", True)
        return self.a * x, x

    def backward(self, dy, x):
        return self.a * self.check_dy(dy, x.shape)

    def accumulate(self, dy, x):
        self.da += (dy * x).sum()


def test_a_layer_of_one_s_own_by_hand():
    layer = Doubled().init(0, np.float64)
    y, cache = layer.forward(np.array([3.0, 4.0]))
    np.testing.assert_array_equal(y, [6, 8])
    np.testing.assert_array_equal(layer(np.array([3.0, 4.0])), [6, 8])
    np.testing.assert_array_equal(layer.learn(np.array([1.0, 10.0]), cache), [2, 20])
    np.testing.assert_array_equal(layer.grad, [3 + 40])


@pytest.mark.parametrize(
    ("call", "signature"),
    [
        (lambda: Layer().forward(0), r"Layer has to define forward\(x\) -> y, cache"),
        (lambda: Layer().backward(0, 0), r"Layer has to define backward\(dy, cache\) -> dx"),
        (lambda: Doubled().tangent(0, 0), r"Doubled has to define tangent\(v, cache\)"),
        (lambda: Doubled().curvature(0, 0, 0), r"Doubled\(\) is piecewise linear"),
    ],
)
def test_a_missing_verb_says_its_signature(call, signature):
    with pytest.raises(NotImplementedError, match=signature):
        call()


def test_init_gives_a_layer_that_stands_alone_its_own_vectors():
    layer = Dense(2, 3).init(np.random.default_rng(0))
    assert layer.theta.size == layer.grad.size == 9
    assert layer.theta.dtype == np.float32
    layer.theta[...] = np.arange(9)
    np.testing.assert_array_equal(layer.W, [[0, 1, 2], [3, 4, 5]])  # a view
    np.testing.assert_array_equal(layer.b, [6, 7, 8])


def test_the_same_seed_gives_the_same_weights():
    a, b, c = (Dense(5, 4).init(seed).theta for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_walk_and_all_layers_reach_the_layers_inside():
    layer = Residual(SpectralNorm(Dense(2, 2)), LeakyReLU())
    assert [type(a).__name__ for a in layer.walk()] == [
        "Residual",
        "Copy",
        "Parallel",
        "SpectralNorm",
        "Dense",
        "LeakyReLU",
        "Sum",
    ]
    theta, grad, state = allocate([layer], np.random.default_rng(0), np.float32)
    assert (theta.size, grad.size, state.size) == (6, 6, 2)
    assert len(all_layers([layer, Dense(1, 1)])) == 8


def test_add_treats_none_as_zero_and_tuples_item_by_item():
    a, b = np.array([1.0]), np.array([2.0])
    assert add(None, None) is None
    assert add(a, None) is a
    assert add(None, b) is b
    assert add(a, b)[0] == 3
    pair = add((a, None), (b, b))
    assert (pair[0][0], pair[1][0]) == (3, 2)


def test_initialisers():
    rng = np.random.default_rng(0)
    assert abs(normal(0.5)(rng, (300, 300)).std() - 0.5) < 0.01
    assert constant(3.0)(rng, (2,)) == 3
    assert abs(HE**2 - 2) < 1e-15


def test_check_returns_contiguous_memory():
    layer = Dense(2, 3).init(0, np.float64)
    x = np.arange(6.0).reshape(2, 3).T
    assert not x.flags.c_contiguous
    assert layer.check(x, "(N, 2)", True).flags.c_contiguous
    assert layer.check_dy(x, (3, 2)).flags.c_contiguous
    assert layer.check_v(x, (3, 2)).flags.c_contiguous


def test_nothing_is_allocated_when_a_layer_is_refused():
    used, fresh = Dense(2, 2).init(0), Dense(2, 2)
    with pytest.raises(ValueError, match="already belongs"):
        allocate([fresh, used], np.random.default_rng(0), np.float32)
    assert not fresh.bound


def test_a_shape_error_is_a_value_error():
    assert issubclass(ShapeError, ValueError)
