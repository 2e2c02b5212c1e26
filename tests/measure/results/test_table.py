"""The loop over the cells: order, resuming, failures, invalid choices."""

import pytest

from minigan import data
from minigan.measure.results import rows, run, table

pytestmark = pytest.mark.slow


def measured(small, tmp_path, **options):
    said = []
    table.measure(small, tmp_path, say=said.append, **options)
    return said


def test_all_methods_are_measured_with_seed_0_first(small):
    order = [(cell.method, cell.seed) for cell in table.cells(small)]
    assert order == [(method, seed) for seed in range(3) for method in small.METHODS]
    assert table.cells(small)[1].settings == {"rate": 6}
    assert str(table.cells(small)[3]) == "ring/slow, seed 1"


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("ring", ["ring/slow", "ring/fast"]),
        ("grid/slow", ["grid/slow"]),
        ("ring/f, grid", ["ring/fast", "grid/slow"]),
    ],
)
def test_only_selects_methods(small, only, expected):
    assert [cell.method for cell in table.cells(small, only=only, seeds=1)] == expected


def test_a_full_name_is_not_a_prefix(small):
    small.METHODS = {"r1": {}, "r1+r2": {}}
    assert [cell.method for cell in table.cells(small, only="r1", seeds=1)] == ["r1"]


def test_quick_has_settings_one_seed_and_a_file_of_its_own(small, tmp_path):
    assert [cell.settings for cell in table.cells(small, quick=True)] == [{"rate": 1}] * 3
    small.METHODS["ring/slow"] = {"width": 4}  # has no setting that QUICK changes
    assert [cell.settings for cell in table.cells(small, quick=True)] == [{"width": 4}, {"rate": 1}, {"rate": 1}]
    measured(small, tmp_path, quick=True, only="grid")
    assert [p.name for p in tmp_path.iterdir()] == ["small-quick.csv"]
    assert len(small.ran) == 1


def test_rows_hold_figures_provenance_and_failures(small, tmp_path):
    said = measured(small, tmp_path, only="ring", seeds=2)
    found = rows.read(tmp_path / "small.csv")
    assert [(r["method"], r["seed"], r.get("modes")) for r in found] == [
        ("ring/slow", "0", "2"), ("ring/fast", "0", "6"), ("ring/slow", "1", "4"), ("ring/fast", "1", ""),
    ]  # fmt: skip
    assert found[0]["config"] == rows.config_hash({"rate": 2}) != found[1]["config"]
    assert all(r[name] for r in found for name in rows.HEAD[:-1])
    assert [r["failure"] for r in found] == ["", "", "", "step 7: loss_D is nan,\nas expected"]
    assert said[1].endswith("min: modes 2, extra 0.3333")
    assert "step 7" in said[-1]


def test_a_table_continues_where_it_was_stopped(small, tmp_path):
    measured(small, tmp_path, only="ring", seeds=1)
    small.ran.clear()
    said = measured(small, tmp_path, seeds=2)
    assert small.ran == [("grid/slow", 0), ("ring/slow", 1), ("ring/fast", 1), ("grid/slow", 1)]
    skipped = [line.partition(": ")[0] for line in said if "skipped" in line]
    assert skipped == ["[1/6] ring/slow, seed 0", "[2/6] ring/fast, seed 0"]
    small.ran.clear()
    measured(small, tmp_path, seeds=2)  # a failed cell counts as measured
    assert small.ran == []
    assert len(rows.read(tmp_path / "small.csv")) == 6


def test_changed_settings_are_measured_again(small, tmp_path):
    measured(small, tmp_path, only="grid", seeds=1)
    small.METHODS["grid/slow"] = {"rate": 4}
    measured(small, tmp_path, only="grid", seeds=1)
    assert [r["modes"] for r in rows.read(tmp_path / "small.csv")] == ["3", "4"]


def test_an_interrupted_cell_leaves_no_row(small, tmp_path):
    def run_cell(cell, quick):
        raise KeyboardInterrupt

    small.run_cell = run_cell
    with pytest.raises(KeyboardInterrupt):
        measured(small, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_figure_cannot_replace_the_provenance(small):
    small.run_cell = lambda cell, quick: {"seed": 3.0}
    with pytest.raises(ValueError, match="a figure cannot be called 'seed'"):
        table.run_cell(small, table.Cell("ring/slow", 0, {}), False)


def test_wrong_choices_raise(small):
    with pytest.raises(ValueError, match="small has no method 'rnig'; there are: ring/slow, ring/fast, grid/slow"):
        table.cells(small, only="rnig")
    with pytest.raises(ValueError, match="at least one seed, got --seeds 0"):
        table.cells(small, seeds=0)


def test_missing_data_stops_a_table_before_it_starts(small, tmp_path, monkeypatch):
    asked = []

    def load(name, **options):
        asked.append((name, options["split"], options["download"]))
        if not options["download"]:
            raise FileNotFoundError("mnist: not here")

    monkeypatch.setattr(data, "load", load)
    small.DATA = ("mnist",)
    with pytest.raises(FileNotFoundError, match="not here"):
        run("small", out=tmp_path)
    assert small.ran == []
    table.fetch(small, False, quick=True)
    table.fetch(small, True, quick=False)
    assert asked == [("mnist", "train", False), ("mnist", "train", True), ("mnist", "test", True)]
