"""Each change of the ablation changes the recipe, and changes only what its name says."""

import pytest

from minigan.measure.results import ablation
from minigan.measure.results.table import Cell

pytestmark = pytest.mark.slow


def test_each_change_gives_a_different_recipe():
    settings = [str(sorted(found.items(), key=str)) for found in ablation.METHODS.values()]
    assert len(set(settings)) == len(settings)
    assert "reach" not in ablation.METHODS["z normal"]


def test_a_changed_scale_reaches_the_networks():
    tiny = {"width": 8, "depth": 2, "batch": 8, "steps": 4}
    found = [
        ablation.run_cell(Cell(name, 0, ablation.METHODS[name] | tiny), quick=True)
        for name in ("the recipe, half as long", "networks see x, not x / 4", "no moving average")
    ]
    assert len({str(figures) for figures in found}) == 3
