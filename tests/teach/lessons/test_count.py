"""Statements are counted over seeds and threads, and an exception of a cell is reported, not hidden."""

import json
from functools import cache

import pytest

from minigan.teach.lessons import command
from minigan.teach.lessons import count as module
from minigan.teach.lessons.count import SHIFT, count, store

pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

CELLS = (
    "import numpy as np\nfrom minigan import kernels\nfrom minigan.teach.lessons import usually",
    "x = np.random.default_rng(0).random()",
    "usually('x is that of seed 0', x == 0.6369616873214543)",
    "usually('one thread', kernels.get_threads() == 1)",
    "assert x == 0.6369616873214543",
    "usually('the rest is run too', True)",
)


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    monkeypatch.delenv("MINIGAN_QUICK", raising=False)
    path = tmp_path / "07_a_lesson.ipynb"
    cells = [{"cell_type": "code", "source": source, "metadata": {}} for source in CELLS]
    path.write_text(json.dumps({"cells": cells}))
    return path


@pytest.mark.slow
def test_each_seed_on_one_thread_and_on_two(lesson):
    counts, failed = count(lesson, seeds=2)
    assert counts == {"x is that of seed 0": [2, 4], "one thread": [2, 4], "the rest is run too": [4, 4]}
    assert [error.partition("  in")[0] for error in failed] == [f"seed 1, threads {n}: AssertionError" for n in (1, 2)]


def test_a_shifted_generator_differs_and_keeps_its_kind():
    names = {}
    exec(SHIFT.format(run=3), names)
    np, shifted = names["np"], names["np"].random.default_rng
    np.random.default_rng = plain = names["_default_rng"]
    assert shifted(5).random() == plain([5, 3]).random()
    assert shifted([5, 1]).random() == plain([5, 1, 3]).random()
    generator = plain(0)
    assert shifted(generator) is generator
    seeds = np.random.SeedSequence(4)
    assert shifted(seeds).random() == plain(seeds).random()
    assert shifted().random() != shifted().random()


def test_new_counts_take_the_place_of_old_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "HELD", tmp_path / "held.json")
    monkeypatch.setattr(module, "held", cache(lambda: {"a": [1, 2], "b": [3, 4]}))
    store({"b": [5, 6], "ü": [0, 6]})
    assert json.loads((tmp_path / "held.json").read_text(encoding="utf-8")) == {"a": [1, 2], "b": [5, 6], "ü": [0, 6]}


def test_a_quick_run_is_not_counted(monkeypatch):
    monkeypatch.setenv("MINIGAN_QUICK", "1")
    with pytest.raises(ValueError, match="unset MINIGAN_QUICK"):
        command.count_all(None, 5)
