"""Who is faster?  Time all contestants in turn, many times, and trust the ratios.

The speed of a machine drifts by several percent within minutes: heat, neighbours, memory layout.  Two long measurements, one
after the other, compare two moments.  So all contestants run in short slices, A B C, C B A, A B C, ...; each round gives a ratio of
neighbours in time, and the median of these ratios is the answer, shown with its spread.  While one runs, all others sleep, blocked on
their pipes.  A slice during which other programs used more than 5 % of a core is thrown away and repeated.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

FOREIGN = 0.05  # share of one core that others may use during a slice
TRIES = 4  # slices at most, for one that counts


class WorkerError(ChildProcessError):
    """A contestant could not do what it was asked."""


class Worker:
    """A process that runs worker.py, pinned to `threads` cores where the system allows it."""

    def __init__(self, side: str, threads: int, env: dict | None = None, **spec):
        names = ("MINIGAN_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        self.stderr = tempfile.TemporaryFile()  # noqa: SIM115  (open as long as the process)
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
            self._hear()
        except WorkerError:
            self.close()
            raise

    def ask(self, do: str, **message) -> dict:
        """Send one message and wait for the answer.  WorkerError if it failed or the process is gone."""
        try:
            self.process.stdin.write(json.dumps({"do": do, **message}) + "\n")
            self.process.stdin.flush()
        except OSError as error:
            raise WorkerError(self._last_words()) from error
        return self._hear()

    def _hear(self):
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": self._last_words()}
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer

    def _last_words(self):
        self.stderr.seek(0)
        lines = self.stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"the process ended with status {self.process.poll()}"

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):  # a process that is gone leaves words unsent
                pipe.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.stderr.close()


def busy_seconds() -> float | None:
    """Processor time used by everybody since the machine started, or None where the system does not say."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return None
    user, nice, system, _idle, _wait, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


@dataclass
class Rounds:
    """ms[name][k]: milliseconds of a step in round k, None where no slice counted."""

    ms: dict[str, list[float | None]]
    discarded: int = 0
    checked: bool = True  # could foreign load be seen at all?
    crowded: bool = False  # so few slices were undisturbed that disturbed ones had to be used


def rotate(workers: dict[str, Worker], rounds: int, seconds: float) -> Rounds:
    """Slices of all workers in turn, forth and back."""
    found = Rounds({name: [] for name in workers}, checked=busy_seconds() is not None)
    spoiled: dict[str, list[float]] = {name: [] for name in workers}
    for k in range(rounds):
        for name in list(workers)[:: -1 if k % 2 else 1]:
            for _ in range(TRIES):
                ms, foreign = _slice(workers[name], seconds)
                if foreign <= FOREIGN:
                    break
                found.discarded += 1
            spoiled[name].append(ms)
            found.ms[name].append(ms if foreign <= FOREIGN else None)
    if min(sum(ms is not None for ms in column) for column in found.ms.values()) < (rounds + 1) // 2:
        found.crowded, found.ms = True, spoiled
    return found


def _slice(worker, seconds):
    """-> ms a step, cores used by others meanwhile"""
    before, start = busy_seconds(), time.perf_counter()
    answer = worker.ask("slice", seconds=seconds)
    wall, after = time.perf_counter() - start, busy_seconds()
    return answer["ms"], 0.0 if before is None else (after - before - answer["cpu"]) / wall


@dataclass
class Summary:
    median: float
    low: float
    high: float
    rounds: int

    def __iter__(self):
        return iter(asdict(self).items())


def summary(values) -> Summary | None:
    """Median, least and greatest of the rounds that count."""
    values = [value for value in values if value is not None]
    return Summary(statistics.median(values), min(values), max(values), len(values)) if values else None


def ratio(found: Rounds, name: str, to: str) -> Summary | None:
    """How many times the milliseconds of `to` are in those of `name`, round by round."""
    pairs = zip(found.ms[name], found.ms[to], strict=True)
    return summary(None if None in pair else pair[0] / pair[1] for pair in pairs)
