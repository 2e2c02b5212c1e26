"""The methods of a contestant, and the loop that answers messages."""

import io
import json
import runpy
import sys

import pytest

from minigan.measure.bench import worker
from minigan.measure.bench.worker import Contestant, peak_memory, serve

pytestmark = pytest.mark.slow


def ask(spec, *messages):
    """The replies to these messages."""
    out = io.StringIO()
    serve(spec, io.StringIO("".join(json.dumps(m) + "\n" for m in messages)), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("side", ["minigan", "twin"])
def test_a_contestant_warms_up_runs_slices_counts_and_reports_memory(only_tiny, side):
    messages = [
        {"do": "step_once"},
        {"do": "warm"},
        {"do": "slice", "seconds": 0.01},
        {"do": "count"},
        {"do": "memory"},
    ]
    ready, _, warm, part, count, memory = ask({"side": side, "model": "tiny"}, *messages)
    assert ready.keys() == {"cpu"}
    assert warm["ms"] > 0
    assert part["steps"] >= 1
    assert part["ms"] > 0
    assert count["direct"] == count["real"] > 0
    assert memory["megabytes"] >= 0


def test_a_slow_step_is_not_run_an_extra_time(only_tiny):
    made, steps = Contestant({"side": "minigan", "model": "tiny"}), []
    made.step = lambda: steps.append(1)
    made.last = 1.0
    assert made.slice(0.0)["steps"] == 1
    assert len(steps) == 1
    made.last = 0.0
    made.slice(0.001)
    assert len(steps) > 2


def test_the_peak_is_one_product(monkeypatch):
    monkeypatch.setattr(worker, "SGEMM", 8)
    _, count, part = ask({"side": "sgemm"}, {"do": "count"}, {"do": "slice", "seconds": 0.0})
    assert count["direct"] == 2 * 8**3
    assert part["steps"] == 1


def test_scaling_builds_its_own_size():
    made = Contestant({"side": "minigan", "scaling": {"batch": 2, "size": 8, "width": 4}})
    assert made.benchmark.x.shape == (2, 8, 8, 1)


def test_an_exception_becomes_an_answer_of_one_line(only_tiny):
    (error,) = ask({"side": "minigan", "model": "nobody"})
    assert error["error"] == "KeyError: 'nobody'"
    _, error, after = ask({"side": "sgemm"}, {"do": "slice"}, {"do": "memory"})
    assert error["error"].startswith("TypeError")
    assert "error" not in after


def test_memory_without_proc(monkeypatch, tmp_path):
    assert peak_memory() > 10
    monkeypatch.setattr(worker, "Path", lambda name: tmp_path / "none")
    assert peak_memory() > 10
    (tmp_path / "none").write_text("Name: python\n")  # without VmHWM
    assert peak_memory() > 10


def test_as_a_program_its_standard_output_holds_only_replies(monkeypatch):
    """Everything else goes to standard error."""
    duplicated, moved = [], []
    out = io.StringIO()
    monkeypatch.setattr(worker.os, "dup", lambda fd: duplicated.append(fd) or 99)
    monkeypatch.setattr(worker.os, "dup2", lambda a, b: moved.append((a, b)))
    monkeypatch.setattr(worker.os, "fdopen", lambda fd, mode: out)
    monkeypatch.setattr(sys, "argv", ["worker", json.dumps({"side": "minigan"})])
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"do": "memory"}\n'))
    monkeypatch.delitem(sys.modules, "minigan.measure.bench.worker")
    runpy.run_module("minigan.measure.bench.worker", run_name="__main__")
    assert (duplicated, moved) == ([1], [(2, 1)])
    assert len(out.getvalue().splitlines()) == 2
