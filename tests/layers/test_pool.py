import numpy as np
import pytest

from minigan.layers import AvgPool2d, MaxPool2d, ShapeError, Upsample2x

X = np.array([[1.0, 2, 5, 6], [3, 4, 7, 9]]).reshape(1, 2, 4, 1)
DY = np.array([4.0, -8.0]).reshape(1, 1, 2, 1)


def test_average_by_hand():  # eq:avgpool.forward eq:avgpool.dx
    layer = AvgPool2d(2)
    y, cache = layer.forward(X)
    np.testing.assert_array_equal(y[0, 0, :, 0], [2.5, 6.75])  # (1+2+3+4)/4, (5+6+7+9)/4
    np.testing.assert_array_equal(layer.backward(DY, cache)[0, :, :, 0], [[1, 1, -2, -2], [1, 1, -2, -2]])
    np.testing.assert_array_equal(layer.tangent(2 * X, cache)[0], 2 * y)


def test_maximum_by_hand():  # eq:maxpool.forward eq:maxpool.dx
    layer = MaxPool2d(2)
    y, cache = layer.forward(X)
    np.testing.assert_array_equal(y[0, 0, :, 0], [4, 9])
    np.testing.assert_array_equal(layer.backward(DY, cache)[0, :, :, 0], [[0, 0, 0, 0], [0, 4, 0, -8]])
    v = np.arange(8.0).reshape(X.shape)
    np.testing.assert_array_equal(layer.tangent(v, cache)[0][0, 0, :, 0], [5, 7])  # v where the maxima stood


def test_a_tie_goes_to_the_first():
    layer = MaxPool2d(2)
    _, cache = layer.forward(np.ones((1, 2, 2, 1)))
    np.testing.assert_array_equal(layer.backward(np.full((1, 1, 1, 1), 3.0), cache)[0, :, :, 0], [[3, 0], [0, 0]])


def test_channels_and_samples_are_apart():
    x = np.random.default_rng(0).standard_normal((2, 6, 3, 4))
    y = MaxPool2d(3)(x)
    assert y.shape == (2, 2, 1, 4)
    assert y[1, 1, 0, 2] == x[1, 3:6, 0:3, 2].max()
    np.testing.assert_allclose(AvgPool2d(3)(x)[1, 1, 0, 2], x[1, 3:6, 0:3, 2].mean(), rtol=1e-14)


def test_crop_drops_what_no_complete_block_covers():
    x = np.arange(15.0).reshape(1, 3, 5, 1)
    layer = MaxPool2d(2, crop=True)
    y, cache = layer.forward(x)
    np.testing.assert_array_equal(y[0, :, :, 0], [[6, 8]])
    dx = layer.backward(np.array([2.0, 3.0]).reshape(1, 1, 2, 1), cache)
    assert (dx[0, 1, 1, 0], dx[0, 1, 3, 0], dx.sum()) == (2, 3, 5)
    np.testing.assert_array_equal(layer.tangent(10 * x, cache)[0], 10 * y)
    with pytest.raises(ShapeError, match=r"got \(1, 1, 4, 1\)"):
        layer(np.ones((1, 1, 4, 1)))


def test_upsample_by_hand():  # eq:upsample.forward eq:upsample.dx
    layer = Upsample2x()
    y, cache = layer.forward(np.array([1.0, 2.0]).reshape(1, 1, 2, 1))
    np.testing.assert_array_equal(y[0, :, :, 0], [[1, 1, 2, 2], [1, 1, 2, 2]])
    np.testing.assert_array_equal(layer.backward(X, cache)[0, 0, :, 0], [1 + 2 + 3 + 4, 5 + 6 + 7 + 9])
    np.testing.assert_array_equal(
        layer.tangent(np.array([3.0, 4.0]).reshape(1, 1, 2, 1), cache)[0][0, 1, :, 0], [3, 3, 4, 4]
    )


def test_k_1_is_the_identity():
    for Pool in (AvgPool2d, MaxPool2d):
        np.testing.assert_array_equal(Pool(1)(X), X)


def test_names():
    assert [str(layer) for layer in (AvgPool2d(), MaxPool2d(3, crop=True), Upsample2x())] == [
        "AvgPool2d(2)",
        "MaxPool2d(3, crop=True)",
        "Upsample2x()",
    ]
