"""The table of digits with almost no time: the number of steps, the figures, the picture."""

import dataclasses

import numpy as np
import pytest

from minigan.measure.results import digits, mnist
from minigan.measure.results.table import Cell
from minigan.running.build import build
from minigan.zoo import gan

pytestmark = pytest.mark.slow

TINY = {"width": 2, "latent": 4, "core_minutes": 0.002}


def test_each_method_is_a_valid_config():
    for settings in (*digits.METHODS.values(), *mnist.METHODS.values()):
        gan.Options(**{name: value for name, value in settings.items() if name != "core_minutes"})
    default = digits.METHODS["non_saturating + R1"]
    assert all(default[item.name] == item.default for item in dataclasses.fields(gan.Options) if item.name in default)


def test_one_cell_and_its_picture(tmp_path):
    method = "non_saturating + R1"
    figures = digits.run_cell(Cell(method, 0, digits.METHODS[method] | TINY), quick=True)
    assert figures["steps"] >= 20
    assert figures["frechet"] > 10 * figures["floor"] > 0  # a handful of steps draws nothing like digits
    assert {name for name in figures if name.startswith("frechet_at_")} == {"frechet_at_50", "frechet_at_100"}
    assert set(digits.COLUMNS) <= figures.keys()
    row = {"method": method, "failure": "", **{name: str(value) for name, value in figures.items()}}
    (path,) = digits.draw([row], tmp_path, quick=True)
    assert path.read_bytes()[:4] == b"\x89PNG"


def test_the_pace_is_processor_time():
    assert 0 < digits.pace(build(gan, gan.Options(width=2, latent=4, penalty="none")), 3) < 1


def test_without_labels_the_figure_as_asked_is_nan():
    trainer = build(gan, gan.Options(width=2, latent=4, labels=False))
    found = digits.judged(trainer.game, trainer.source.x[::20], None, 200, 0)
    assert np.isnan(found["as_asked"])
    assert np.isfinite([found[name] for name in digits.COLUMNS if name not in ("as_asked", "steps")]).all()


def test_a_full_cell_evaluates_at_each_mark_of_the_curve(monkeypatch):
    seen = []

    def built(recipe, options):
        trainer = build(recipe, options)
        trainer.evaluate = lambda game: seen.append(trainer.t) or {"frechet": float(len(seen))}
        return trainer

    monkeypatch.setattr(digits, "build", built)
    monkeypatch.setattr(digits, "judged", lambda *_: {})
    cell = Cell("non_saturating + R1", 0, digits.METHODS["non_saturating + R1"] | TINY)
    figures = digits.run_cell(cell, quick=False)
    assert seen == [round(figures["steps"] * mark / 100) for mark in digits.MARKS]
    assert [figures[f"frechet_at_{mark}"] for mark in digits.MARKS] == [*range(1, 12)]
