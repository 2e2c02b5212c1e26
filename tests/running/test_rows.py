"""run.jsonl is read with care: a damaged line is named, and a pipe in its place is not opened."""

import os
import re

import numpy as np
import pytest

from minigan.running.rows import HEAD, measures, read_rows, write_rows

ROWS = [{"step": 1, "loss_D": 0.5}, {"step": 10, "loss_D": float("inf"), "modes": 3}]


def test_rows_come_back(tmp_path):
    path = tmp_path / "run.jsonl"
    assert read_rows(path) == []
    write_rows(path, ROWS)
    assert read_rows(path) == ROWS
    write_rows(path, [])
    assert read_rows(path) == []


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_last_line_that_was_cut_short_is_left_out_with_a_warning(tmp_path, cut):
    path = tmp_path / "run.jsonl"
    write_rows(path, ROWS)
    path.write_bytes(path.read_bytes()[: -1 - cut])
    with pytest.warns(UserWarning, match=re.escape(f"{path}, line 2 was cut short")):
        assert read_rows(path) == ROWS[:1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"step": 1', "line 2 is not a row of a run (Expecting"),
        ("[1, 2]", "line 2 is not a row of a run (it must hold an object, got list)"),
        ('{"loss_D": 1}', "line 2 is not a row of a run (its step must be a whole number >= 0, got None)"),
        ('{"step": -3}', "got -3)"),
        ('{"step": 1.5}', "got 1.5)"),
        ('{"step": true}', "got True)"),
        ('{"step": 4, "loss_D": "low"}', "loss_D must be a number, got 'low'"),
        ('{"step": 4, "loss_D": null}', "loss_D must be a number, got 'None'"),
        ("[" * 100_000, "line 2 is not a row of a run (maximum recursion depth"),
        ("", "line 2 is not a row of a run"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, line, message):
    path = tmp_path / "run.jsonl"
    path.write_text(f'{{"step": 1}}\n{line}\n{{"step": 9}}\n')
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        read_rows(path)
    assert str(caught.value).startswith(f"{path}, line 2 is not a row of a run (")


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(b'{"step": 1, "a\xff": 2}\n')
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))} is not text in UTF-8"):
        read_rows(path)


@pytest.mark.parametrize(("make", "kind"), [(os.mkfifo, "a pipe"), (os.mkdir, "a folder")])
def test_what_is_no_file_is_not_opened(tmp_path, make, kind):
    path = tmp_path / "run.jsonl"
    make(path)
    with pytest.raises(ValueError, match=re.escape(f"cannot read {path}: it is {kind}, not a file")):
        read_rows(path)


@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(0.5), np.int64(2), 0.5, 2])
def test_measures_become_numbers_of_python(value):
    found = measures({"q": value}, [])
    assert found == {"q": value}
    assert type(found["q"]) in (int, float)


@pytest.mark.parametrize(
    ("found", "error", "words"),
    [
        ({"q": "text"}, TypeError, "numbers by name, got 'q': 'text'; use float"),
        ({"q": None}, TypeError, "numbers by name"),
        ({"q": np.zeros(2)}, TypeError, "numbers by name"),
        ({"q": 1j}, TypeError, "numbers by name"),
        ({1: 2.0}, TypeError, "numbers by name"),
        ([1.0], TypeError, "must return a dict"),
        (None, TypeError, "must return a dict"),
        ({"step": 9}, ValueError, "'step', which the row of a step has already"),
        ({"loss_D": 9.0}, ValueError, "'loss_D', which the row of a step has already"),
    ],
)
def test_what_an_evaluation_may_not_return(found, error, words):
    with pytest.raises(error, match=words):
        measures(found, ["loss_D", *HEAD])
