"""The table of moons: the two sets of the protocol, and each method on a tiny network."""

import numpy as np
import pytest

from minigan.measure.results import moons
from minigan.measure.results.table import Cell

TINY = {"width": 8, "steps": 6, "batch": 8, "pairs": 16, "points": 60}


def test_the_source_and_the_target():
    rng = np.random.default_rng(0)
    x = moons.gaussians(40_000, rng)
    angle = np.round(np.arctan2(x[:, 1], x[:, 0]) / (np.pi / 4)) * np.pi / 4
    away = x - 5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert away.var() == pytest.approx(np.sqrt(0.1), rel=0.03)
    y = moons.moons(2000, rng, shuffle=False)
    moved = ((y + 1) / 3)[:1000] - np.stack(
        [np.cos(np.linspace(0, np.pi, 1000)), np.sin(np.linspace(0, np.pi, 1000))], axis=1
    )
    np.testing.assert_allclose(moved[:, 0], moved[:, 1], atol=1e-5)  # the same for both coordinates
    assert moved.min() + 1e-6 >= 0
    assert 0.19 < moved.max() < 0.2001
    assert (
        sorted(map(tuple, moons.moons(50, np.random.default_rng(1))))
        != moons.moons(50, np.random.default_rng(1)).tolist()
    )


@pytest.mark.parametrize("method", moons.METHODS)
def test_each_method_runs(method):
    cell = Cell(method, 0, moons.METHODS[method] | TINY)
    figures = moons.run_cell(cell, quick=True)
    assert figures == moons.run_cell(cell, quick=True)
    assert set(figures) == set(moons.COLUMNS)
    assert figures["floor"] < figures["adaptive"]  # nobody learns it in six steps
    assert figures["evaluations"] > 6


def test_pairs_by_transport_need_no_more_evaluations():
    """In one batch of pairs, optimal transport shortens the paths."""
    rng = np.random.default_rng(0)
    x0, x1 = moons.gaussians(200, rng), moons.moons(200, rng)
    assert ((moons.coupled(x0, x1) - x1) ** 2).sum() < 0.7 * ((x0 - x1) ** 2).sum()
