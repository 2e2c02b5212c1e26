"""Small pictures: what is shown of each kind of array, and that signs are visible."""

import numpy as np
import pytest

from minigan.teach.tracing.pictures import EDGE, kernels, maps

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("shape", "size", "caption_start"),
    [
        ((9, 5, 4, 3), (1 * (5 + 1) + 1, 8 * (4 + 1) + 1, 3), "y of the first 8 samples"),
        ((2, 5, 4, 1), (7, 2 * 5 + 1, 1), "y of the first 2 samples"),
        ((2, 3, 5, 20), (2 * 4 + 1, 8 * 6 + 1, 1), "y, sample 0, channels 0 to 15"),
        ((7, 2), (EDGE, EDGE, 1), "y: 7 points in the plane"),
        ((40, 90), (16 + 2, 64 + 2, 1), "y: 16 samples (rows) x 64 units"),
    ],
)
def test_maps(shape, size, caption_start):
    ((caption, picture),) = maps("y", np.random.default_rng(0).standard_normal(shape))
    assert (picture.shape, picture.dtype) == (size, np.uint8)
    assert caption.startswith(caption_start)


@pytest.mark.parametrize("y", [None, np.zeros((5, 1)), np.arange(4), np.zeros((3, 0)), np.zeros(4)])
def test_arrays_without_a_picture(y):
    assert maps("y", y) == []


@pytest.mark.parametrize(
    ("shape", "size"),
    [((3, 3, 3, 2), (5, 9, 3)), ((4, 4, 5, 20), (11, 41, 1)), ((1, 1, 6, 4), (8, 6, 1)), ((70, 80), (66, 66, 1))],
)
def test_kernels(shape, size):
    ((_, picture),) = kernels("W", np.random.default_rng(0).standard_normal(shape))
    assert picture.shape == size


def test_biases_and_single_weights_have_no_picture():
    assert kernels("b", np.ones(5)) == kernels("W", np.ones((1, 1))) == []


def test_grey_is_zero_and_white_is_the_largest():
    ((caption, picture),) = kernels("W", np.array([[0.0, 4.0], [-4.0, 2.0]]))
    assert caption == "W: 2 x 2 of its numbers, white is 4"
    assert picture[1:-1, 1:-1, 0].tolist() == [[128, 255], [0, 191]]


def test_zeros_nan_and_inf_do_not_raise():
    assert set(np.unique(maps("y", np.zeros((2, 3, 3, 1)))[0][1])) == {90, 128}
    bad = np.array([[np.nan, 1.0, np.inf], [0.0, -1.0, 2.0]])
    with np.errstate(all="ignore"):
        assert maps("y", bad)[0][1].shape == (4, 5, 1)
    assert (maps("y", np.array([[0.5, np.nan], [0.3, -0.2]]))[0][1] == 0).sum() == 1  # the finite point


def test_points_are_drawn_where_they_are():
    picture = maps("x", np.array([[1.0, 1.0], [-1.0, 1.0]]))[0][1][:, :, 0]
    assert [tuple(map(int, p)) for p in np.argwhere(picture == 0)] == [(1, 1), (1, EDGE - 2)]  # y points up
