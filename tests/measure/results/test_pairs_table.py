"""The table of pictures drawn from pictures: its baselines by hand, and a tiny cell of each kind."""

import numpy as np
import pytest

from minigan.data import Pairs
from minigan.measure.results import pairs
from minigan.measure.results.table import Cell


def source():
    y = np.array([[0, 0], [200, 200]], np.uint8).reshape(2, 1, 2, 1)
    return Pairs(y.repeat(2, axis=1).repeat(2, axis=2) + np.uint8(7), y, rng=np.random.default_rng(0))


def test_the_baselines():
    y = np.array([[190, 20]], np.uint8).reshape(1, 1, 2, 1)
    assert pairs.copy(source(), y) is y
    np.testing.assert_array_equal(pairs.blocks(source(), y)[0, :, :, 0], [[190, 190, 20, 20]] * 2)
    assert (pairs.nearest(source(), np.full((1, 1, 2, 1), 180, np.uint8)) == 207).all()
    flat = np.full((1, 1, 2, 3), 90, np.uint8)
    small = Pairs(np.zeros((1, 2, 4, 3), np.uint8), flat, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(pairs.bicubic(small, flat), np.full((1, 2, 4, 3), 90))


def test_the_figures_of_equal_and_of_opposite_pictures():
    x = np.random.default_rng(0).integers(256, size=(3, 16, 16, 3), dtype=np.uint8)
    same = pairs.judged(x, x)
    assert (same["l1"], same["vgg"]) == (0, 0)
    assert same["ssim"] == pytest.approx(1)
    other = pairs.judged(255 - x, x)
    assert other["l1"] == pytest.approx(np.abs(255.0 - 2.0 * x).mean() / 127.5, rel=1e-5)
    assert other["vgg"] > 0.3


@pytest.mark.slow
@pytest.mark.parametrize("method", list(pairs.METHODS))
def test_one_cell(method):
    settings = {name: pairs.QUICK.get(name, value) for name, value in pairs.METHODS[method].items()}
    figures = pairs.run_cell(Cell(method, 0, settings | ({"steps": 2} if "steps" in settings else {})), quick=True)
    assert set(figures) == set(pairs.COLUMNS)
    assert all(np.isfinite(value) for value in figures.values())
