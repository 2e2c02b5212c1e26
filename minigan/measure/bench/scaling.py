"""How does the cost of a step grow with the batch, the image and the network?  And how much does a second thread help?

In a small step the time goes into calls rather than arithmetic: below some batch size, the cost per image rises.  A large step is
limited first by the sgemm peak, later by memory.  The curves show time per image, share of the peak and memory, for one thread
and for all of them.  One quantity varies at a time, around batch 64, 32 x 32 pixels and width 64.
"""

import os
from contextlib import ExitStack, closing
from typing import Any

from minigan.measure.bench.timing import Rounds, Worker, ratio, rotate, summary
from minigan.running.files import atomic_file

BASE = {"batch": 64, "size": 32, "width": 64}
RANGES = {"batch": (1, 2, 4, 8, 16, 32, 64, 128, 256, 512), "size": (16, 32, 64), "width": (16, 32, 64, 128, 256)}
QUICK = {"batch": (1, 64), "size": (16, 32), "width": (16, 64)}


def points(quick: bool = False) -> list[dict[str, int]]:
    """All settings {"batch", "size", "width"}, each once."""
    ranges = QUICK if quick else RANGES
    found: list[dict[str, int]] = []
    for knob, values in ranges.items():
        found += [point for value in values if (point := BASE | {knob: value}) not in found]
    return found


def measure(threads: int, rounds: int, seconds: float, quick: bool = False) -> list[dict[str, Any]]:
    """One row for each setting and number of threads (one, and `threads`); rounds and seconds as in timing.rotate."""
    rows = []
    for point in points(quick):
        counts = sorted({1, threads})
        with ExitStack() as stack:
            workers = {}
            for n in counts:
                workers[f"{n}"] = stack.enter_context(closing(Worker("minigan", n, scaling=point)))
                workers[f"sgemm {n}"] = stack.enter_context(closing(Worker("sgemm", n)))
            for worker in workers.values():
                worker.ask("warm")
            found = rotate(workers, rounds, seconds)
            rows += [_row(point, n, workers, found) for n in counts]
    return rows


def _row(point: dict[str, int], n: int, workers: dict[str, Worker], found: Rounds) -> dict[str, Any]:
    memory, work = workers[f"{n}"].ask("memory"), workers[f"{n}"].ask("count")
    product = workers[f"sgemm {n}"].ask("count")
    ms, shares = summary(found.ms[f"{n}"]).median, ratio(found, f"sgemm {n}", f"{n}")
    speedup = ratio(found, "1", f"{n}") if n > 1 else None
    return {
        **point,
        "threads": n,
        "ms": ms,
        "ms_per_image": ms / point["batch"],
        "megabytes": memory["megabytes"],
        "gflops_real": work["real"] / ms / 1e6,
        "share_of_peak": shares and shares.median * work["real"] / product["real"],
        "over_one_thread": speedup and speedup.median,
        "crowded": found.crowded,
    }


def plot(rows: list[dict], path: str | os.PathLike) -> None:
    """Plot time per image, share of the peak and memory against batch, image size and width; one line for each number of threads."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), dpi=120, layout="constrained")
    panels = figure.subplots(3, 3, sharex="col")
    values = {"ms per image": "ms_per_image", "% of the sgemm peak": "share_of_peak", "peak memory, MB": "megabytes"}
    for column, (knob, label) in enumerate((("batch", "batch"), ("size", "image size, pixels"), ("width", "width"))):
        for axes, (title, key) in zip(panels[:, column], values.items(), strict=True):
            for n, dashes in zip(sorted({row["threads"] for row in rows}), ("--", "-"), strict=False):
                line = sorted(
                    (row[knob], row[key] * (100 if key == "share_of_peak" else 1)) for row in _along(rows, knob, n)
                )
                if line:  # empty if every slice was disturbed
                    axes.plot(*zip(*line, strict=True), f"o{dashes}", label=f"{n} thread{'s' * (n > 1)}")
            if axes.lines:
                axes.set_xscale("log", base=2)
                positive = all(min(line.get_ydata()) > 0 for line in axes.lines)  # the memory of a tiny model may be 0
                axes.set_yscale("log" if positive and key != "share_of_peak" else "linear")
            axes.set_ylabel(title)
            axes.grid(alpha=0.25)
            axes.spines[["top", "right"]].set_visible(False)
        panels[-1, column].set_xlabel(label)
    if panels[0, 0].lines:
        panels[0, 0].legend(frameon=False)
    with atomic_file(path) as file:
        figure.savefig(file, format=os.fspath(path).rpartition(".")[2] or "png")


def _along(rows: list[dict[str, Any]], knob: str, threads: int) -> list[dict[str, Any]]:
    """The rows with this number of threads in which only `knob` differs from the base."""
    others = [key for key in BASE if key != knob]
    return [r for r in rows if r["threads"] == threads and r["share_of_peak"] and all(r[k] == BASE[k] for k in others)]
