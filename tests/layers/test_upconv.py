import numpy as np
import pytest

from minigan.layers import Conv2d, UpConv2d, Upsample2x


def test_worked_by_hand():  # eq:upconv.forward eq:upconv.dx eq:upconv.dW
    layer = UpConv2d(1, 1, 3).init(0, np.float64)
    layer.W[:, :, 0, 0] = [[1, 0, 0], [0, 2, 0], [0, 0, 3]]
    layer.b[...] = 0.5
    y, cache = layer.forward(np.array([1.0, 2.0]).reshape(1, 1, 2, 1))
    # the image is copied to 1 1 2 2 / 1 1 2 2, and y[i, j] = u[i-1, j-1] + 2 u[i, j] + 3 u[i+1, j+1] (0 outside)
    # row 0:  2+3*1, 2+3*2, 2*2+3*2, 2*2        row 1:  2*1, 1+2*1, 1+2*2, 2+2*2
    np.testing.assert_array_equal(y[0, :, :, 0] - 0.5, [[5, 8, 10, 4], [2, 3, 5, 6]])
    dy = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0]]).reshape(1, 2, 4, 1)
    # y[0,0] sees 2 u[0,0] + 3 u[1,1], both copies of pixel 0: 5.   y[1,2] sees u[0,1] (pixel 0) and 2 u[1,2] (pixel 1)
    np.testing.assert_array_equal(layer.backward(dy, cache)[0, 0, :, 0], [5 + 1, 2])
    layer.accumulate(dy, cache)
    # dW[a] = sum of dy u over the pixels that tap a sees: window at (0,0) is 0 0 0 / 0 1 1 / 0 1 1,
    # window at (1,2) is 1 2 2 / 1 2 2 / 0 0 0
    np.testing.assert_array_equal(layer.dW[:, :, 0, 0], [[1, 2, 2], [1, 2 + 1, 2 + 1], [0, 1, 1]])
    np.testing.assert_array_equal(layer.db, [2])


@pytest.mark.parametrize("k", [1, 3, 5])
def test_equals_upsampling_then_convolving(k):
    rng = np.random.default_rng(k)
    layer = UpConv2d(2, 3, k).init(0, np.float64)
    conv = Conv2d(2, 3, k, pad=k // 2).init(0, np.float64)
    layer.b[...] = rng.standard_normal(3)
    conv.theta[...] = layer.theta
    x = rng.standard_normal((2, 3, 5, 2))
    np.testing.assert_allclose(layer(x), conv(Upsample2x()(x)), rtol=0, atol=1e-13)


def test_initial_variance_is_2_over_the_fan_in():
    layer = UpConv2d(40, 60, 3).init(0, np.float64)
    assert abs(layer.W.var() * 9 * 40 / 2 - 1) < 0.04
    assert not layer.b.any()


def test_no_checkerboard():
    """A flat image stays flat: with equal weights every inner pixel is reached alike."""
    layer = UpConv2d(1, 1, 3, bias=False).init(0, np.float64)
    layer.W[...] = 1
    assert (layer(np.ones((1, 4, 5, 1)))[0, 1:-1, 1:-1] == 9).all()


def test_name():
    assert str(UpConv2d(2, 3)) == "UpConv2d(2, 3, 3)"
    assert str(UpConv2d(2, 3, 5, bias=False)) == "UpConv2d(2, 3, 5, bias=False)"
