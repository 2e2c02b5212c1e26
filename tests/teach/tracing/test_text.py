"""The text of a trace: aligned, with the failed checks at the top."""

import re

import pytest

import minigan
from minigan.differences import Check
from minigan.layers import Beside, Flatten, LabelScore, LeakyReLU, Tanh
from minigan.penalties import r1
from minigan.teach.tracing import Trace
from minigan.teach.tracing.html import fragment
from minigan.teach.tracing.record import Quantity, Record, Row, Stage
from minigan.teach.tracing.text import WIDTH, text, verdict

from .pairs import conditional, images, network, plane

pytestmark = pytest.mark.slow


def test_every_stage_layer_and_number_is_shown_and_fits():
    for build in (plane, images, conditional):
        found = minigan.trace(*build(), penalties=[r1])
        lines = str(found).splitlines()
        assert max(map(len, lines)) <= WIDTH + 8
        assert repr(found) == str(found)
        for number, stage in enumerate(found.stages, 1):
            assert f"{number:2}  {stage.title}" in str(found)
        rows = [row for stage in found.stages for row in stage.walk()]
        quantities = [line for line in lines if "±" in line and "[" in line and "====" not in line]
        assert len(quantities) == sum(len(row.quantities) for row in rows)
        assert len([line for line in quantities if line.endswith(" ok")]) == len(found.checked)
        assert "dead 0%" in str(found)
        assert re.search(r"^==== D step =+ mean ± std", str(found), re.MULTILINE)
        columns = {line.index("±") for line in quantities}
        assert len(columns) == 1  # aligned


def test_a_failed_check_is_at_the_top(monkeypatch):
    found = minigan.trace(*plane())
    verdict = str(found).splitlines()[2]
    assert re.fullmatch(r"\d+ gradients checked against .*: all agree to within \d\.\de-\d\d", verdict)
    monkeypatch.setattr(Tanh, "df", lambda self, y: 1 - y)
    lines = str(minigan.trace(*plane())).splitlines()
    assert re.search(r": 1 FAILED$", lines[2])
    assert lines[3].startswith("  G(z): backward, 1 Tanh(): dx: relative error ")
    assert sum(line.endswith("WRONG") for line in lines) == 1


def test_a_long_name_is_cut():
    G, _, x, z = conditional()
    D = network(Beside(*[LeakyReLU() for _ in range(9)], Flatten()), LabelScore(24, 4))
    lines = str(minigan.trace(G, D, x, z)).splitlines()
    line = next(line for line in lines if line.startswith("    0   Beside(LeakyReLU(0.2), "))
    assert re.search(r"\.\.\.  \(\(5, 6, 4, 1\), \(5,\)\) -> \(\(5, 24\), \(5,\)\)   \d+\.\d\d\d ms$", line)


def test_an_empty_trace():
    assert str(Trace([], {}, "nothing")).startswith("nothing\n\nNo gradient was checked.")


def test_what_differences_cannot_tell_is_counted_and_named():
    check = Check("dx", 0.5, 1e-6, "along a random direction: 0.5, by hand 1", doubt=1.0)
    row = Row("0", "Mine()", "backward", quantities=[Quantity("dx", "", (1,), 0, 0, 0, 0, check)])
    right = Row(
        "1", "Dense(1, 1)", "backward", quantities=[Quantity("dx", "", (1,), 0, 0, 0, 0, Check("dx", 1e-9, 1e-6))]
    )
    record = Record([Stage("D step", "D(real): backward", rows=[row, right])], {})
    assert record.failed == []
    assert verdict(record).endswith(
        "2 gradients checked against differences, each at the point where it was used: all agree to within 1.0e-09, "
        "but 1 undecided (at a kink, or lost in rounding)"
    )
    assert "  D(real): backward, 0 Mine(): dx: relative error 5.0e-01 (bound 1e-06), undecided" in text(record)
    assert "WRONG" not in text(record) + fragment(record)
    assert "5.0e-01 undecided" in fragment(record)
