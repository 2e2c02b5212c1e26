"""The damage done to emoji, small: both spaces are measured, and VGG's sees what the pixels miss."""

import numpy as np
import pytest

from minigan.measure.results import features
from minigan.measure.results.damage import FLOOR
from minigan.measure.results.features import MEASURES
from minigan.measure.results.table import Cell

pytestmark = pytest.mark.slow


def measured(method):
    return features.run_cell(Cell(method, 0, features.METHODS[method] | {"images": 120, "cuts": 2}), True)


def test_the_halves_share_no_picture_and_the_paper_is_black():
    pool = features.split_pool(100, np.random.default_rng(0))
    assert len(pool.images) == 821
    assert pool.reference.shape == (100, 32, 32, 3)
    assert pool.reference[:, 0, 0].mean() < -0.9  # white paper, in negative


@pytest.mark.parametrize("method", ["blur, 1.5", "noise, 0.4"])
def test_vgg_sees_blur_and_noise(method):
    floor, found = measured(FLOOR), measured(method)
    assert list(floor) == [*MEASURES, *(f"{name}_std" for name in MEASURES)]
    assert found["frechet_vgg"] > 2 * floor["frechet_vgg"]
    assert found["precision_vgg"] < floor["precision_vgg"]
    assert (
        found["precision_pixels"] > floor["precision_pixels"]
    )  # fooled: shrunk to 8 x 8 it looks like the data's middle
