"""The tables, cell by cell."""

import pytest

from minigan.measure.bench import report
from minigan.measure.bench.compare import summarise
from minigan.measure.bench.timing import Rounds

pytestmark = pytest.mark.slow


@pytest.fixture
def result():
    found = Rounds(
        {"minigan": [2.0, 2.0], "NumPy twin": [8.0, 8.0], "usual": [5.0, 6.0], "fused": [3.0, 4.0], "sgemm": [0.5, 0.5]}
    )
    counts = {"minigan": {"direct": 4e8, "real": 1e8}, "sgemm": {"direct": 1e8, "real": 1e8}}
    summarised = summarise(found, counts, dict.fromkeys(found.ms, 10.0), {"fused": 1.2e-7}, {"compile": "no compiler"})
    return {"model": "mlp", "what": "", "threads": 2} | summarised


def test_the_main_row(result):
    cells = report.model_cells(result)
    assert len(cells) == len(report.HEAD)
    assert cells == (
        "mlp",
        "2",
        "200",
        "50",
        "25 %",
        "4.00",
        "5.5",
        "2.75",
        "3.5 (fused)",
        "1.75 (1.50 to 2.00)",
        "10 : 10",
    )


def test_the_main_row_without_pytorch_on_a_busy_machine(result):
    row = report.model_cells(result | {"best": None, "usual": None, "crowded": True, "share_of_peak": None})
    assert row == ("mlp *", "2", "200", "50", "-", "4.00", "-", "-", "-", "-", "10")


def test_each_contestant_has_a_row_and_the_failed_ones_a_reason(result):
    table = report.contestant_cells(result)
    assert {len(row) for row in table} == {len(table[0])}
    rows = {row[0].strip(): row[1:] for row in table}
    assert rows["fused"] == ("3.5", "3", "1.75 (1.50 to 2.00)", "2", "10", "1e-07")
    assert rows["minigan"][-1] == "-"
    assert rows["compile"][-1] == "not run: no compiler"


def test_notes_say_what_the_reader_needs_to_know(result):
    text = "\n".join(report.notes([result]))
    assert "200 GFLOP/s" in text
    assert "0 slices" in text
    assert "busy that" not in text
    assert "/proc/stat" not in text
    text = "\n".join(report.notes([result | {"crowded": True, "load_checked": False, "best": None}]))
    assert "do not quote" in text
    assert "/proc/stat" in text
    assert "pip install minigan[bench]" in text
    assert report.notes([]) == []


def test_layer_rows():
    row = {"layer": "Dense(2, 3)", "pass": "dW", "input": [4, 2], "kernels": ["dense_dW", "column_sums"], "ms": 0.01234,
           "twin_ms": 0.5, "ratio": {"median": 40.0, "low": 30.0, "high": 50.0}, "gflops": 12.3, "slower": False}  # fmt: skip
    head, first, second = report.layer_cells([row, row | {"slower": True, "gflops": 0}])
    assert first == (
        "Dense(2, 3)",
        "dW",
        "4x2",
        "dense_dW, column_sums",
        "0.0123",
        "0.5",
        "40.00 (30.00 to 50.00)",
        "12",
        "",
    )
    assert second[-2:] == ("-", "SLOWER")
    assert len(head) == len(first)


def test_scaling_rows():
    row = {"batch": 64, "size": 32, "width": 16, "threads": 2, "ms": 123.4, "ms_per_image": 1.93, "gflops_real": 99.6,
           "share_of_peak": 0.555, "megabytes": 80.2, "over_one_thread": 1.834, "crowded": False}  # fmt: skip
    cells = report.scaling_cells(row)
    assert cells == ("64", "32", "16", "2", "123", "1.93", "100", "56 %", "80", "1.83")
    assert report.scaling_cells(row | {"over_one_thread": None, "crowded": True})[-1] == "-"
    assert len(report.SCALING_HEAD) == len(cells)


def test_text_is_aligned_and_markdown_is_a_table():
    table = [("name", "ms"), ("a", "1"), ("long name", "100")]
    assert report.text(table) == "name        ms\na            1\nlong name  100"
    assert report.markdown(table) == "| name | ms |\n|---|---:|\n| a | 1 |\n| long name | 100 |"
