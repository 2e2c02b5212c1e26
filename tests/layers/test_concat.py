import numpy as np

from minigan.layers import BatchNorm, Concat, Dense, Embedding, Reshape, Tanh
from minigan.network import Sequential


def test_worked_by_hand():  # eq:concat.forward eq:concat.dx
    layer = Concat([Dense(2, 1, bias=False)], [Embedding(3, 2)]).init(0, np.float64)
    layer.theta[...] = 1, 2, 10, 11, 20, 21, 30, 31  # W of Dense, then the three rows of Embedding
    pair = np.array([[3.0, 4.0], [5.0, 6.0]]), np.array([2, 0])
    y, cache = layer.forward(pair)
    np.testing.assert_array_equal(y, [[3 + 8, 30, 31], [5 + 12, 10, 11]])
    np.testing.assert_array_equal(layer(pair), y)
    dy = np.array([[1.0, 2, 3], [4, 5, 6]])
    dx, dlabel = layer.backward(dy, cache)
    np.testing.assert_array_equal(dx, [[1, 2], [4, 8]])  # the first column of dy times W'
    assert dlabel is None
    layer.accumulate(dy, cache)
    np.testing.assert_array_equal(layer.grad, [3 * 1 + 5 * 4, 4 * 1 + 6 * 4, 5, 6, 0, 0, 2, 3])


def test_an_empty_side_is_the_identity():
    a, b = np.random.default_rng(0).standard_normal((2, 3, 5))
    layer = Concat()
    y, cache = layer.forward((a, b[:, :2]))
    np.testing.assert_array_equal(y, np.hstack([a, b[:, :2]]))
    dy = np.random.default_rng(1).standard_normal(y.shape)
    da, db = layer.backward(dy, cache)
    np.testing.assert_array_equal(da, dy[:, :5])
    np.testing.assert_array_equal(db, dy[:, 5:])
    w, _ = layer.tangent((2 * a, 3 * b[:, :2]), cache)
    np.testing.assert_array_equal(w, np.hstack([2 * a, 3 * b[:, :2]]))


def test_a_label_as_one_more_channel_of_an_image():
    net = Sequential(Concat(right=[Embedding(4, 6), Reshape(3, 2, 1)]), rng=0, dtype=np.float64)
    x, label = np.random.default_rng(0).standard_normal((2, 3, 2, 1)), np.array([3, 1])
    y = net((x, label))
    assert y.shape == (2, 3, 2, 2)
    np.testing.assert_array_equal(y[0, :, :, 1].ravel(), net.layers[0].children()[0].children()[0].W[3])


def test_curved_and_mixes_are_those_of_what_it_holds():
    assert Concat([Tanh()]).curved
    assert not Concat([Dense(2, 2)], [Embedding(3, 2)]).curved
    assert Concat(right=[BatchNorm(2)]).mixes


def test_name():
    assert str(Concat([Tanh()], [Embedding(3, 2)])) == "Concat(left=[Tanh()], right=[Embedding(3, 2)])"
