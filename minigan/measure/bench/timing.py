"""Which contestant is faster?  Time all of them in turn, many times, and compare within each round.

The speed of a machine drifts by several percent within minutes, because of heat, other virtual machines, or memory layout.  Two
long measurements, one after the other, would compare two moments.  So all contestants run in short slices, in the order A B C,
C B A, A B C, ...  Each round gives a ratio of times measured close together; the result is the median of these ratios, shown with
its spread.  While one contestant runs, the others wait for input from their pipes.  A slice during which other programs used more
than 5 % of a core is discarded and repeated.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FOREIGN = 0.05  # the share of one core that other programs may use during a slice
TRIES = 4  # at most this many attempts for one undisturbed slice


class WorkerError(ChildProcessError):
    """A contestant could not do what it was asked to do; the message is its own error."""


class Worker:
    """A process that runs worker.py, pinned to `threads` cores if the system supports it.

    Parameters
    ----------
    side : str
        "minigan", "twin", "torch" or "sgemm"; see worker.py.
    threads : int
        How many threads and cores the process may use.
    env : dict, optional
        More environment variables.
    **spec
        What the contestant builds: model, scaling, variant; see worker.Contestant.

    Raises
    ------
    WorkerError
        If the contestant cannot be built.
    """

    def __init__(self, side: str, threads: int, env: dict[str, str] | None = None, **spec: Any):
        names = ("MINIGAN_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        self.stderr = tempfile.TemporaryFile()  # noqa: SIM115  (open while the process runs)
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "minigan.measure.bench.worker",
                json.dumps({"side": side, "threads": threads, **spec}),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            text=True,
            env={**os.environ, **dict.fromkeys(names, str(threads)), **(env or {})},
        )
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self.process.pid, sorted(os.sched_getaffinity(0))[:threads])
        try:
            self._receive()
        except WorkerError:
            self.close()
            raise

    def ask(self, do: str, **message: Any) -> dict[str, Any]:
        """Call a method of the contestant and wait for its answer.  Raises WorkerError if it failed or the process died."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, **message}) + "\n")
            self.process.stdin.flush()
        except OSError as error:
            raise WorkerError(self._last_error()) from error
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": self._last_error()}
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer

    def _last_error(self) -> str:
        self.stderr.seek(0)
        lines = self.stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"the process ended with status {self.process.poll()}"

    def close(self) -> None:
        """Close the pipes and wait for the process to end; kill it after ten seconds."""
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):  # closing flushes, which fails if the process died
                if pipe:
                    pipe.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.stderr.close()


def busy_seconds() -> float | None:
    """Processor seconds used by all programs since the machine started, or None if the system does not report them."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return None
    user, nice, system, _idle, _wait, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


@dataclass
class Rounds:
    """ms[name][k]: milliseconds of a step in round k, None if all slices were disturbed."""

    ms: dict[str, list[float | None]]
    discarded: int = 0  # slices
    checked: bool = True  # could the load of other programs be measured?
    crowded: bool = False  # so few slices were undisturbed that the disturbed ones are used


def rotate(workers: dict[str, Worker], rounds: int, seconds: float) -> Rounds:
    """Run slices of `seconds` of all workers in turn, in alternating order."""
    found = Rounds({name: [] for name in workers}, checked=busy_seconds() is not None)
    disturbed: dict[str, list[float]] = {name: [] for name in workers}
    for k in range(rounds):
        for name in list(workers)[:: -1 if k % 2 else 1]:
            for _ in range(TRIES):
                ms, foreign = _slice(workers[name], seconds)
                if foreign <= FOREIGN:
                    break
                found.discarded += 1
            disturbed[name].append(ms)
            found.ms[name].append(ms if foreign <= FOREIGN else None)
    if min(sum(ms is not None for ms in column) for column in found.ms.values()) < (rounds + 1) // 2:
        found.crowded, found.ms = True, {name: [*column] for name, column in disturbed.items()}
    return found


def _slice(worker: Worker, seconds: float) -> tuple[float, float]:
    """-> milliseconds of a step, cores used by other programs meanwhile"""
    before, start = busy_seconds(), time.perf_counter()
    answer = worker.ask("slice", seconds=seconds)
    wall, after = time.perf_counter() - start, busy_seconds()
    return answer["ms"], 0.0 if before is None or after is None else (after - before - answer["cpu"]) / wall


@dataclass
class Summary:
    """Median, minimum and maximum of some rounds; dict(summary) makes it a plain dict."""

    median: float
    low: float
    high: float
    rounds: int

    def __iter__(self) -> Iterator[tuple[str, float]]:
        return iter(asdict(self).items())


def summary(values: Iterable[float | None]) -> Summary:
    """Median, minimum and maximum of the values that are not None.  Raises StatisticsError if there is none."""
    counted = [value for value in values if value is not None]
    return Summary(statistics.median(counted), min(counted), max(counted), len(counted))


def ratio(found: Rounds, name: str, to: str) -> Summary | None:
    """ms of `name` / ms of `to`, round by round; None if no round has both."""
    pairs = zip(found.ms[name], found.ms[to], strict=True)
    ratios = [a / b for a, b in pairs if a is not None and b is not None]
    return summary(ratios) if ratios else None
