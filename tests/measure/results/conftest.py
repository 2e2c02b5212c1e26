"""A table of three methods whose cells cost nothing, to test everything around the cells."""

import sys
import types

import pytest

from minigan.measure.results import catalogue
from minigan.measure.results.table import Column, Published
from minigan.optim import NonFiniteError


def run_cell(cell, quick):
    sys.modules["minigan.measure.results.small"].ran.append((cell.method, cell.seed))
    if cell.settings["rate"] > 5 and cell.seed == 1:
        raise NonFiniteError("step 7: loss_D is nan,\nas expected")
    return {"modes": cell.settings["rate"] * (cell.seed + 1), "extra": 1 / 3}


@pytest.fixture
def small(monkeypatch):
    """The table `small`, listed in the catalogue like the others; small.ran holds the cells that were actually run."""
    module = types.ModuleType("minigan.measure.results.small")
    module.NAME, module.SEEDS, module.run_cell, module.ran = "small", 3, run_cell, []
    module.METHODS = {"ring/slow": {"rate": 2}, "ring/fast": {"rate": 6}, "grid/slow": {"rate": 3}}
    module.QUICK = {"rate": 1}
    module.COLUMNS = {"modes": Column("modes of 8", ".1f", "more"), "share": Column("share")}
    module.PUBLISHED = [
        Published("ring/GAN", {"modes": 1}, "a paper"),
        Published("ring/PacGAN", {"modes": (4.5, 0.25), "share": 0.5}, "another"),
    ]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(catalogue, "TABLES", (*catalogue.TABLES, "small"))
    return module
