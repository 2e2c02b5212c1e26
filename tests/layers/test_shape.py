import numpy as np

from minigan.layers import Flatten, Reshape


def test_flatten_by_hand():  # eq:flatten.forward
    x = np.arange(12.0).reshape(2, 1, 3, 2)
    layer = Flatten()
    y, cache = layer.forward(x)
    np.testing.assert_array_equal(
        y, [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    )  # pixel by pixel, its channels together
    dy = np.random.default_rng(0).standard_normal((2, 6))
    dx = layer.backward(dy, cache)
    assert dx.shape == x.shape
    assert dx[1, 0, 2, 1] == dy[1, 5]
    np.testing.assert_array_equal(layer.tangent(x, cache)[0], y)


def test_reshape_by_hand():  # eq:reshape.forward
    layer = Reshape(1, 3, 2)
    y, cache = layer.forward(np.arange(12.0).reshape(2, 6))
    np.testing.assert_array_equal(y[1, 0], [[6, 7], [8, 9], [10, 11]])
    np.testing.assert_array_equal(layer.backward(y, cache), np.arange(12.0).reshape(2, 6))
    np.testing.assert_array_equal(layer.tangent(np.arange(12.0).reshape(2, 6), cache)[0], y)


def test_reshape_takes_a_tuple_too():
    assert Reshape((3, 2)).shape == Reshape(3, 2).shape == (3, 2)
    assert str(Reshape((3, 2))) == "Reshape(3, 2)"


def test_one_undoes_the_other_also_for_views():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).transpose(0, 2, 1, 3)
    np.testing.assert_array_equal(Reshape(4, 3, 5)(Flatten()(x)), x)
