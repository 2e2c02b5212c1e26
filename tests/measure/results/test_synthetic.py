"""The mixture in 1200 dimensions is the one in the docstring, and a tiny game on it runs."""

import numpy as np
import pytest

from minigan.measure.results import synthetic
from minigan.measure.results.table import Cell
from minigan.metrics.modes import mixture_quality

pytestmark = pytest.mark.slow

rng = np.random.default_rng(0)
MIXTURE = synthetic.Mixture(np.random.default_rng(1))


def test_the_data_scores_full_marks():
    x = MIXTURE.draw(1000, rng)
    found = mixture_quality(x, MIXTURE.centres, synthetic.STD)
    assert (found["modes"], found["high_quality"]) == (10, 1.0)
    assert synthetic.spread(x, MIXTURE.centres) == pytest.approx(synthetic.STD, rel=0.03)


def test_the_midpoint_of_two_modes_is_far_from_both():
    middle = (MIXTURE.centres[:1] + MIXTURE.centres[1:2]) / 2
    assert mixture_quality(middle, MIXTURE.centres, synthetic.STD)["high_quality"] == 0


def test_each_mode_lies_in_700_dimensions():
    few = MIXTURE.A[0][:5]
    np.testing.assert_allclose((few * few).sum(axis=1), 1, rtol=1e-5)
    assert MIXTURE.A.shape == (10, 1200, 700)


def test_the_points_are_shuffled():
    x = MIXTURE.draw(200, np.random.default_rng(3))
    mode = np.linalg.norm(x[:, None] - MIXTURE.centres, axis=2).argmin(axis=1)
    assert (np.diff(mode) < 0).sum() > 20


@pytest.mark.parametrize("method", ["best", "wasserstein + WGAN-GP"])
def test_a_tiny_game(method):
    settings = synthetic.METHODS[method] | {"width": 8, "depth": 1, "batch": 8, "steps": 3}
    figures = synthetic.run_cell(Cell(method, 0, settings), quick=True)
    assert figures["high_quality"] == 0
    assert figures["spread"] > 0
