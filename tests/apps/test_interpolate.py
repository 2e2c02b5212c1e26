"""The way from one code to another: its ends, its length, and what is drawn on it."""

import numpy as np
import pytest

from minigan.apps.interpolate import interpolate, slerp

RNG = np.random.default_rng(0)


def test_by_hand():  # eq:slerp
    a, b = np.array([[3.0, 0.0]]), np.array([[0.0, 3.0]])
    np.testing.assert_allclose(slerp(a, b, 1 / 3), 3 * np.array([[np.cos(np.pi / 6), np.sin(np.pi / 6)]]))
    np.testing.assert_allclose(slerp(a, b, 0.5), 3 * np.array([[np.sqrt(0.5), np.sqrt(0.5)]]))


def test_it_begins_at_a_and_ends_at_b():
    a, b = RNG.standard_normal((2, 5, 64)).astype(np.float32)
    for t, z in ((0.0, a), (1.0, b)):
        np.testing.assert_allclose(slerp(a, b, t), z, atol=1e-5)
    assert slerp(a, b, 0.3).dtype == np.float32


def test_codes_on_the_way_are_as_long_as_those_of_the_prior():
    a, b = RNG.standard_normal((2, 200, 64))
    lengths = [np.linalg.norm(slerp(a, b, t), axis=1).mean() for t in (0, 0.25, 0.5, 0.75, 1)]
    np.testing.assert_allclose(lengths, np.sqrt(64), rtol=0.03)
    assert np.linalg.norm((a + b) / 2, axis=1).mean() < 0.75 * np.sqrt(64)  # the straight way


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0, 0.0])
def test_rows_without_an_angle_go_straight(factor):
    a = np.array([[1.0, 2.0], [0.0, 0.0]])
    b = factor * a
    for t in (0.0, 0.25, 1.0):
        np.testing.assert_allclose(slerp(a, b, t), (1 - t) * a + t * b, atol=1e-12)


class Identity:
    def generate(self, z):
        return z


def test_the_frames():
    a, b = RNG.standard_normal((2, 3, 4))
    found = list(interpolate(Identity(), a, b, 5))
    for i, z in enumerate(found):
        np.testing.assert_allclose(z, slerp(a, b, i / 4))
    labels = np.arange(3)
    assert all(given is labels for _, given in interpolate(Identity(), a, b, 2, labels))
    with pytest.raises(ValueError, match="at least 2 frames, got 1"):
        next(interpolate(Identity(), a, b, 1))
