"""The table of the doctor: every fault has a right finding, and the matrix counts first findings."""

import pytest

from minigan.measure.results import doctor, faults, rows
from minigan.measure.results.table import Cell

NAMES = {"none", *doctor.NAMES}


def test_every_fault_is_answered_by_a_rule():
    for fault in faults.FAULTS.values():
        assert fault.found
        assert {*fault.found} <= NAMES


def test_a_hundred_runs_of_each_kind():
    good = [method for method in doctor.METHODS if "/good" in method]
    repeats = [doctor.METHODS[method]["runs"] * doctor.SEEDS for method in doctor.METHODS]
    count = sum(n for method, n in zip(doctor.METHODS, repeats, strict=True) if method in good)
    assert count >= 100
    assert sum(repeats) - count >= 100
    assert all(settings["first"] > 4 for settings in doctor.METHODS.values())  # the rules were tuned on 0 to 4


def test_the_matrix_counts_first_findings():
    def row(method, **figures):
        head = dict.fromkeys(rows.HEAD, "") | {"method": method, "seed": "0", "config": "x"}
        return head | {name: str(value) for name, value in figures.items()}

    found = [
        row("ring/good, hinge", first_none=2, first_small_batch=1),
        row("digits8/good, hinge", first_none=3),
        row("ring/batch 2", first_small_batch=1),
    ]
    planted, names, counts = doctor.matrix(found)
    at = names.index("small_batch")
    assert planted[0] == "good"
    assert counts[0, 0] == 5
    assert counts[0, at] == 1
    assert counts[planted.index("batch 2"), at] == 1
    assert counts.sum() == 7


@pytest.mark.slow
def test_a_cell_and_its_picture(tmp_path):
    cell = Cell("digits8/batch 2", 0, doctor.METHODS["digits8/batch 2"] | doctor.QUICK)
    figures = doctor.run_cell(cell, quick=True)
    assert figures["right"] == figures["among"] == 1
    assert figures["first_small_batch"] == 1
    row = {name: "" for name in rows.HEAD} | {"method": cell.method, **{k: str(v) for k, v in figures.items()}}
    (picture,) = doctor.draw([row], tmp_path, quick=True)
    assert picture.name == "doctor-quick.png"
    assert picture.stat().st_size > 5000
