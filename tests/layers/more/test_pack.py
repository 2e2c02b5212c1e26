import numpy as np
import pytest

from minigan.layers import Dense, MixedSamplesError, Pack
from minigan.network import Sequential
from minigan.penalties import add_penalty, r1


def test_worked_by_hand():  # eq:pack.forward
    layer = Pack(2)
    x = np.array([[1.0, 2], [3, 4], [5, 6], [7, 8]])
    y, cache = layer.forward(x)
    np.testing.assert_array_equal(y, [[1, 2, 3, 4], [5, 6, 7, 8]])
    np.testing.assert_array_equal(layer.backward(10 * y, cache), 10 * x)


def test_images_stand_behind_one_another_in_the_channels():
    x = np.random.default_rng(0).standard_normal((6, 3, 5, 2))
    y = Pack(3)(x)
    assert y.shape == (2, 3, 5, 6)
    for pack in range(2):
        for k in range(3):
            np.testing.assert_array_equal(y[pack, ..., 2 * k : 2 * k + 2], x[3 * pack + k])


def test_the_slope_at_one_sample_does_not_exist():
    D = Sequential(Pack(2), Dense(6, 1), rng=0)
    with pytest.raises(MixedSamplesError, match=r"Pack\(2\) mixes the samples"):
        add_penalty(D, *D.forward(np.zeros((4, 3), np.float32)), r1)


@pytest.mark.parametrize("m", [0, 1, 1.5, "2"])
def test_bad_sizes_of_a_pack(m):
    with pytest.raises(ValueError, match="Pack needs a whole number m >= 2, got m="):
        Pack(m)
