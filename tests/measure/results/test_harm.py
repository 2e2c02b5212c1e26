"""Each kind of damage, checked by hand: it does what it says and nothing else."""

import numpy as np
import pytest

from minigan.measure.results import harm
from minigan.measure.results.harm import HARMS, Pool

pytestmark = pytest.mark.slow

N = 12


@pytest.fixture
def pool():
    rng = np.random.default_rng(0)
    images = np.full((60, 28, 28, 1), -1, np.float32)
    images[:, 5:23, 5:23] = rng.uniform(-1, 1, (60, 18, 18, 1))
    reference = rng.uniform(-1, 1, (N, 28, 28, 1)).astype(np.float32)
    return Pool(images, np.arange(60) % 10, reference)


def numbers(pool, images):
    """The indices of these images in the pool."""
    return [int(np.flatnonzero((pool.images == image).all(axis=(1, 2, 3)))[0]) for image in images]


@pytest.mark.parametrize("name", HARMS)
def test_each_harm_returns_n_images_in_range_and_does_not_change_the_pool(pool, name):
    function, strengths, unit = HARMS[name]
    before = [array.copy() for array in pool]
    assert len(strengths) == 4
    assert unit
    for strength in strengths if name != "repeated images" else (6, 3):
        images = function(pool, strength, N, np.random.default_rng(0))
        assert images.shape == (N, 28, 28, 1)
        assert images.dtype == np.float32
        assert np.abs(images).max() <= 1 + 1e-6
    for array, copy in zip(pool, before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_blur_is_a_gaussian(pool):
    """One white pixel becomes a product of two Gaussians with the same sum as the pixel and variance sigma^2."""
    dot = np.full((1, 28, 28, 1), -1, np.float32)
    dot[0, 14, 13] = 1
    y = (harm.blur(pool._replace(images=dot), 1.5, 1, None)[0, :, :, 0] + 1) / 2
    assert y.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(y, np.outer(y.sum(1), y.sum(0)), atol=1e-6)
    assert (y.sum(1) @ (np.arange(28) - 14) ** 2) == pytest.approx(1.5**2, rel=0.01)
    assert (y.sum(0) @ (np.arange(28) - 13)) == pytest.approx(0, abs=1e-5)


def test_noise_has_the_given_standard_deviation(pool):
    grey = pool._replace(images=np.zeros((60, 28, 28, 1), np.float32))
    y = harm.noise(grey, 0.2, 60, np.random.default_rng(1))
    assert y.std() == pytest.approx(0.2, rel=0.01)
    assert np.abs(harm.noise(grey, 5.0, 60, np.random.default_rng(1))).max() == 1


def test_shift_moves_to_the_right_and_fills_with_black(pool):
    y = harm.shift(pool, 3, N, None)
    np.testing.assert_array_equal(y[:, :, 3:], pool.images[:N, :, :-3])
    assert (y[:, :, :3] == -1).all()


@pytest.mark.parametrize(("steps", "axis"), [(2, 1), (-2, 1), (0, 2), (-5, 2)])
def test_moved_against_a_loop(steps, axis):
    x = np.random.default_rng(0).uniform(-1, 1, (2, 6, 7, 1))
    expected = np.full_like(x, -1)
    for i in range(6):
        for j in range(7):
            a, b = (i - steps, j) if axis == 1 else (i, j - steps)
            if 0 <= a < 6 and 0 <= b < 7:
                expected[:, i, j] = x[:, a, b]
    np.testing.assert_array_equal(harm.moved(x, steps, axis), expected)


def test_dropped_classes_are_missing_and_no_image_is_repeated(pool):
    found = numbers(pool, harm.dropped(pool, 4, N, None))
    assert len(set(found)) == N
    assert set(pool.labels[found]) == {4, 5, 6, 7, 8, 9}


def test_unequal_classes_have_the_given_share(pool):
    found = numbers(pool, harm.unequal(pool, 0.75, N, None))
    assert len(set(found)) == N
    assert sum(pool.labels[found] < 5) == 9


def test_repeated_images(pool):
    assert numbers(pool, harm.repeated(pool, 5, N, None)) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]


def test_memorised_images_come_from_the_reference(pool):
    images = harm.memorised(pool, 0.25, N, None)
    np.testing.assert_array_equal(images[:3], pool.reference[:3])
    np.testing.assert_array_equal(images[3:], pool.images[:9])
    np.testing.assert_array_equal(harm.memorised(pool, 1.0, N, None), pool.reference)
