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
    good = sum("/good" in method for method in doctor.METHODS)
    assert good * doctor.SEEDS >= 100
    assert (len(doctor.METHODS) - good) * doctor.SEEDS >= 100
    assert all(
        settings["first"] > 10 for settings in doctor.METHODS.values()
    )  # the rules were tuned on 0 to 4 and mended on 10


def row(method, **figures):
    head = dict.fromkeys(rows.HEAD, "") | {"method": method, "seed": "0", "config": "x"}
    return head | {name: str(value) for name, value in figures.items()}


FOUND = [
    row("ring/good, hinge", right=1, among=1, first_none=1),
    row("ring/good, as it is", right=0, among=0, first_small_batch=1),
    row("digits8/good, hinge", right=1, among=1, first_none=1),
    row("ring/batch 2", right=1, among=1, first_small_batch=1),
    row("ring/narrow D", right=0, among=1, first_small_batch=1),
]


def test_the_matrix_counts_first_findings():
    planted, names, counts = doctor.matrix(FOUND)
    at = names.index("small_batch")
    assert planted[0] == "good"
    assert counts[0, 0] == 2
    assert counts[0, at] == 1
    assert counts[planted.index("batch 2"), at] == 1
    assert counts[planted.index("narrow D"), at] == 1
    assert counts.sum() == len(FOUND)


def test_the_notes_say_how_many_runs_there_were():
    assert doctor.notes(FOUND) == [
        "ring: right on 1 of 2 sabotaged runs (95 % interval 9% to 91%); a right finding is among those of 2.",
        "ring: right on 1 of 2 good runs (95 % interval 9% to 91%).",
        "digits8: right on 1 of 1 good runs (95 % interval 21% to 100%).",
        "all data sets: right on 1 of 2 sabotaged runs (95 % interval 9% to 91%); a right finding is among those of 2.",
        "all data sets: right on 2 of 3 good runs (95 % interval 21% to 94%).",
    ]
    assert doctor.interval(98, 100) == pytest.approx((0.930, 0.994), abs=1e-3)  # Wilson's score interval of 98 in 100


@pytest.mark.slow
def test_a_cell_and_its_picture(tmp_path):
    cell = Cell("digits8/batch 2", 0, doctor.METHODS["digits8/batch 2"] | doctor.QUICK)
    figures = doctor.run_cell(cell, quick=True)
    assert figures["right"] == figures["among"] == 1
    assert figures["first_small_batch"] == 1
    (picture,) = doctor.draw([row(cell.method, **figures)], tmp_path, quick=True)
    assert picture.name == "doctor-quick.png"
    assert picture.stat().st_size > 5000
