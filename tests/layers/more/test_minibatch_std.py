import numpy as np
import pytest

from minigan.layers import MinibatchStd
from minigan.layers.layer import MixedSamplesError


def test_worked_by_hand():  # eq:minibatch_std.forward eq:minibatch_std.dx
    layer = MinibatchStd(eps=0.0)
    # columns 1 3 and 0 4: means 2 and 2, deviations 1 and 2, on average 3/2
    y, cache = layer.forward(np.array([[1.0, 0.0], [3.0, 4.0]]))
    np.testing.assert_array_equal(y, [[1, 0, 1.5], [3, 4, 1.5]])
    # dc/dx = u / (N F s) = (-1/1, -2/2; 1/1, 2/2) / 4, times the sum 1 + 3 of the last channel's slopes
    dx = layer.backward(np.array([[10.0, 20, 1], [30, 40, 3]]), cache)
    np.testing.assert_array_equal(dx, [[10 - 1, 20 - 1], [30 + 1, 40 + 1]])


def test_one_number_for_the_whole_batch_as_one_more_channel():
    x = np.random.default_rng(0).standard_normal((4, 3, 5, 2))
    y = MinibatchStd()(x)
    assert y.shape == (4, 3, 5, 3)
    np.testing.assert_array_equal(y[..., :2], x)
    np.testing.assert_allclose(y[..., 2], x.std(axis=0).mean(), rtol=1e-6)


def test_equal_images_are_caught():
    x = np.tile(np.random.default_rng(0).standard_normal((1, 3, 2, 2)), (4, 1, 1, 1))
    y, cache = MinibatchStd().forward(x)
    np.testing.assert_allclose(y[..., 2], 1e-4, rtol=1e-6)  # sqrt(eps), and no division by zero
    assert np.isfinite(MinibatchStd().backward(np.ones_like(y), cache)).all()


def test_it_teaches_why_it_has_no_tangent():
    _, cache = MinibatchStd().forward(np.eye(2))
    with pytest.raises(MixedSamplesError, match=r"MinibatchStd\(\) mixes the samples"):
        MinibatchStd().tangent(np.eye(2), cache)
