"""Turns, ratios, discarded slices, and a real process at the other end of the pipe.  No test depends on speed."""

import statistics

import pytest

from minigan.measure.bench import timing
from minigan.measure.bench.timing import Rounds, Worker, WorkerError, ratio, rotate, summary

pytestmark = pytest.mark.slow


class Scripted:
    """A contestant whose slices take the given milliseconds; each slice appends its name to the log."""

    def __init__(self, name, ms, log):
        self.name, self.ms, self.log = name, iter(ms), log

    def ask(self, do, seconds):
        assert do == "slice"
        self.log.append(self.name)
        return {"ms": next(self.ms), "cpu": 0.0}


def test_the_order_alternates_and_ratios_are_taken_round_by_round(monkeypatch):
    monkeypatch.setattr(timing, "busy_seconds", lambda: None)
    log = []
    found = rotate({"a": Scripted("a", [1, 2, 4], log), "b": Scripted("b", [3, 4, 20], log)}, 3, 0.1)
    assert log == ["a", "b", "b", "a", "a", "b"]
    assert found.ms == {"a": [1, 2, 4], "b": [3, 4, 20]}
    assert (found.checked, found.crowded, found.discarded) == (False, False, 0)
    assert dict(ratio(found, "b", "a")) == {"median": 3.0, "low": 2.0, "high": 5.0, "rounds": 3}


def busy(monkeypatch, foreign):
    """During each slice, other programs use this many seconds of processor time."""
    at, extra = [0.0], iter([second for value in foreign for second in (0.0, value)])

    def seconds():
        at[0] += next(extra)
        return at[0]

    monkeypatch.setattr(timing, "busy_seconds", lambda: 0.0)
    clock = iter(range(10_000))
    monkeypatch.setattr(timing.time, "perf_counter", lambda: float(next(clock)))
    first = [True]

    def reading():  # the first call only checks that the system reports it
        if first[0]:
            first[0] = False
            return 0.0
        return seconds()

    monkeypatch.setattr(timing, "busy_seconds", reading)


def test_a_disturbed_slice_is_repeated(monkeypatch):
    busy(monkeypatch, [0.5, 0.01])
    found = rotate({"a": Scripted("a", [9, 1], [])}, 1, 0.1)
    assert found.ms == {"a": [1]}
    assert (found.discarded, found.checked, found.crowded) == (1, True, False)


def test_on_a_machine_that_is_always_busy_disturbed_slices_are_used_and_marked(monkeypatch):
    busy(monkeypatch, [0.5] * 8)
    found = rotate({"a": Scripted("a", [1, 2, 3, 4, 5, 6, 7, 8], [])}, 2, 0.1)
    assert found.ms == {"a": [4, 8]}
    assert (found.discarded, found.crowded) == (8, True)


def test_a_round_without_a_clean_slice_gives_no_ratio(monkeypatch):
    found = Rounds({"a": [1, None, 2], "b": [3, 5, None]})
    assert dict(ratio(found, "b", "a")) == {"median": 3.0, "low": 3.0, "high": 3.0, "rounds": 1}
    assert ratio(Rounds({"a": [None], "b": [1.0]}), "b", "a") is None
    with pytest.raises(statistics.StatisticsError):
        summary([None])


def test_processor_time_is_read_or_reported_as_missing(monkeypatch, tmp_path):
    (tmp_path / "stat").write_text("cpu  100 20 30 4000 50 6 7 8 9 10\ncpu0 1 2 3\n")
    monkeypatch.setattr(timing, "Path", lambda name: tmp_path / "stat")
    monkeypatch.setattr(timing.os, "sysconf", lambda name: 100)
    assert timing.busy_seconds() == (100 + 20 + 30 + 6 + 7 + 8) / 100
    monkeypatch.setattr(timing, "Path", lambda name: tmp_path / "none")
    assert timing.busy_seconds() is None


# ---- real processes ----------------------------------------------------------------------------------------------------


def test_a_process_answers_over_its_pipe_and_ends_when_it_is_closed():
    worker = Worker("minigan", 1)
    dense = ["dense", [{"shape": [2, 3], "order": [0, 1]}, {"shape": [3, 4], "order": [1, 0]}]]
    assert worker.ask("run_pass", kernel_calls=[dense], seconds=0.0)["ms"] > 0
    with pytest.raises(WorkerError, match="AttributeError"):
        worker.ask("unknown")
    assert worker.ask("memory")["megabytes"] >= 0  # an error does not end it
    worker.close()
    assert worker.process.poll() == 0


def test_a_process_that_cannot_build_its_model_says_why():
    with pytest.raises(WorkerError, match="KeyError: 'no such model'"):
        Worker("minigan", 1, model="no such model")


def test_a_process_that_dies_leaves_its_last_error(monkeypatch):
    monkeypatch.setattr(timing.sys, "executable", "/bin/sh")  # sh -m minigan.measure.bench.worker: no such file
    with pytest.raises(WorkerError, match=r"worker|status"):
        Worker("minigan", 1)


def test_a_killed_process_is_noticed_and_a_hanging_one_is_killed(monkeypatch):
    worker = Worker("minigan", 1)
    worker.process.kill()
    worker.process.wait()
    with pytest.raises(WorkerError, match="status -9"):
        worker.ask("memory")
    worker.close()

    worker = Worker("minigan", 1)
    wait = worker.process.wait
    calls = []

    def hang(timeout=None):
        calls.append(timeout)
        if timeout:
            raise timing.subprocess.TimeoutExpired("worker", timeout)
        return wait()

    worker.process.wait = hang
    worker.close()
    assert calls == [10, None]
    assert worker.process.returncode is not None
