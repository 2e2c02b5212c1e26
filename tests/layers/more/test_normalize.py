import numpy as np
import pytest

from minigan.layers import Normalize, ShapeError

OXFORD = (255, (103.939, 116.779, 123.68), (1, 1, 1), (2, 1, 0))


def test_by_hand():  # eq:normalize.forward eq:normalize.dx
    layer = Normalize(*OXFORD)
    red = np.array([1.0, -1.0, 0.0]).reshape(1, 1, 1, 3)  # red full, green none, blue half
    y, cache = layer.forward(red)
    np.testing.assert_allclose(y.ravel(), [127.5 - 103.939, 0 - 116.779, 255 - 123.68])  # blue first
    dx = layer.backward(np.array([1.0, 10.0, 100.0]).reshape(1, 1, 1, 3), cache)
    np.testing.assert_allclose(dx.ravel(), [12750, 1275, 127.5])  # red's gradient is the last channel's
    np.testing.assert_allclose(layer.tangent(np.ones((1, 1, 1, 3)), cache)[0], 127.5)


def test_imagenet_mean_becomes_zero():
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    layer = Normalize(1, mean, std)
    np.testing.assert_allclose(layer((2 * mean - 1).reshape(1, 1, 1, 3)), 0, atol=1e-15)
    np.testing.assert_allclose(layer((2 * (mean + std) - 1).reshape(1, 1, 1, 3)), 1)


def test_bad_calls():
    for arguments in ((1, (0, 0), (1,)), (1, (0, 0), (1, 1), (0, 2)), (1, (0, 0), (1, 1), (0, 0))):
        with pytest.raises(ValueError, match="one mean, std and channel for each channel"):
            Normalize(*arguments)
    for arguments in ((0, (0,), (1,)), (1, (0,), (0,))):
        with pytest.raises(ValueError, match=r"Normalize needs (scale|std\[0\]) > 0, got 0"):
            Normalize(*arguments)
    with pytest.raises(ShapeError, match=r"expected an input of shape \(N, H, W, 3\), got .*grey images use x.repeat"):
        Normalize(*OXFORD)(np.zeros((1, 2, 2, 1)))
    with pytest.raises(ShapeError, match=r"for one image write x\[None\]"):
        Normalize(*OXFORD)(np.zeros((2, 2, 3)))
