"""The race against PyTorch: its table by hand, and the table on the page."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[3] / "docs" / "results"


@pytest.fixture(scope="module")
def race():
    spec = importlib.util.spec_from_file_location("pytorch", FOLDER / "pytorch.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(side, seed, seconds, frechet):
    return {"side": side, "seed": str(seed), "step": "0", "seconds": str(seconds), "frechet": str(frechet)}


def test_seconds_by_hand(race):
    rows = [row("minigan", 0, 10, 30), row("minigan", 0, 20, 4), row("minigan", 0, 30, 6), row("minigan", 1, 40, 3)]
    assert race.seconds_to(rows, "minigan", 5) == (20 + 40) / 2  # the first time, and the mean of both seeds
    assert race.seconds_to(rows, "minigan", 3.5) == np.inf  # one seed never got there
    rows += [row("torch", 0, 60, 4), row("torch", 1, 60, 4)]
    assert "| 5 | 30 | 60 | 2.00 |\n" in race.table(rows)
    assert "| 1 | inf | inf | - |\n" in race.table(rows)


def test_the_page_shows_the_table_of_its_rows(race):
    assert race.table(race.read()) in (FOLDER.parent / "results.md").read_text(encoding="utf-8")


def test_our_side_counts_its_steps_and_evaluates_at_the_end_of_each_turn(race, capsys, monkeypatch):
    monkeypatch.setattr(race, "EVERY", 5)
    monkeypatch.setattr(race.sys, "stdin", ["go\n", "go\n"])
    race.run("minigan", race.gan.Options(steps=10, seed=3, width=2, model="dcgan_up", batch=4))
    first, second = (line.split(",") for line in capsys.readouterr().out.splitlines())
    assert first[:3] == ["minigan", "3", "5"]
    assert second[:3] == ["minigan", "3", "10"]
    assert 0 < float(first[3]) < float(second[3])
    assert float(second[4]) > 0
