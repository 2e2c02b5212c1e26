"""The table of likelihoods: three generators of one shape, and a cell from its training to its bounds."""

import numpy as np
import pytest

from minigan.measure.results import likelihood
from minigan.measure.results.table import Cell

pytestmark = pytest.mark.slow
TINY = {"width": 8, "latent": 3, "batch": 8, "minutes": 0.005, "images": 4, "steps": 10, "chains": 3}


@pytest.mark.parametrize("kind", likelihood.KINDS)
def test_the_generators_have_one_shape(kind):
    game = likelihood.game_of(likelihood.RECIPE | TINY | {"kind": kind}, np.random.default_rng(0))
    assert game.G.theta.size == 3 * 8 + 8 + 8 * 8 + 8 + 8 * 784 + 784
    assert game.G(np.zeros((2, 3), np.float32)).shape == (2, 28, 28, 1)


@pytest.mark.parametrize("kind", likelihood.KINDS)
def test_a_cell(kind):
    settings = likelihood.RECIPE | TINY | {"kind": kind}
    found = likelihood.run_cell(Cell(kind, 0, settings), quick=True)
    assert set(found) == set(likelihood.COLUMNS)
    assert all(np.isfinite(value) for value in found.values())
    assert found["s"] in likelihood.SPREADS
    assert found["training_steps"] > 0
