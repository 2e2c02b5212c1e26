"""What does a step cost as the batch, the image or the network grows?  And what does the second thread bring?

Small work is spent on calls, not on numbers: below some batch, an image costs more the fewer there are.  Large work meets the
sgemm peak first and the memory later.  The curves show where: time for each image, share of the peak, memory, for one thread
and for all of them, one thing varied at a time around batch 64, 32 x 32 pixels, width 64.
"""

import os
from contextlib import ExitStack, closing

from minigan.measure.bench.timing import Worker, ratio, rotate, summary
from minigan.running.files import atomic_file

BASE = {"batch": 64, "size": 32, "width": 64}
RANGES = {"batch": (1, 2, 4, 8, 16, 32, 64, 128, 256, 512), "size": (16, 32, 64), "width": (16, 32, 64, 128, 256)}
QUICK = {"batch": (1, 64), "size": (16, 32), "width": (16, 64)}


def points(quick: bool = False) -> list[dict]:
    """Every setting once, the base among the batches."""
    ranges, found = QUICK if quick else RANGES, []
    for knob, values in ranges.items():
        found += [point for value in values if (point := BASE | {knob: value}) not in found]
    return found


def measure(threads: int, rounds: int, seconds: float, quick: bool = False, tell=lambda row: None) -> list[dict]:
    """One row for each setting and number of threads (one, and `threads`); `tell(row)` hears each as it is ready."""
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
            for n in counts:
                row = _row(point, n, workers, found)
                rows.append(row)
                tell(row)
    return rows


def _row(point, n, workers, found):
    memory, work, product = (
        workers[f"{n}"].ask("memory"),
        workers[f"{n}"].ask("count"),
        workers[f"sgemm {n}"].ask("count"),
    )
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
    """Time for an image, share of the peak and memory against batch, image size and width; one line for each thread count."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), dpi=120, layout="constrained")
    panels = figure.subplots(3, 3, sharex="col")
    values = {"ms for an image": "ms_per_image", "% of the sgemm peak": "share_of_peak", "peak memory, MB": "megabytes"}
    for column, (knob, label) in enumerate((("batch", "batch"), ("size", "pixels a side"), ("width", "width"))):
        for axes, (title, key) in zip(panels[:, column], values.items(), strict=True):
            for n, dashes in zip(sorted({row["threads"] for row in rows}), ("--", "-"), strict=False):
                line = sorted(
                    (row[knob], row[key] * (100 if key == "share_of_peak" else 1)) for row in _along(rows, knob, n)
                )
                if line:  # other programs may have taken every slice
                    axes.plot(*zip(*line, strict=True), f"o{dashes}", label=f"{n} thread{'s' * (n > 1)}")
            if axes.lines:
                axes.set_xscale("log", base=2)
                positive = all(min(line.get_ydata()) > 0 for line in axes.lines)  # a tiny model may need no memory
                axes.set_yscale("log" if positive and key != "share_of_peak" else "linear")
            axes.set_ylabel(title)
            axes.grid(alpha=0.25)
            axes.spines[["top", "right"]].set_visible(False)
        panels[-1, column].set_xlabel(label)
    if panels[0, 0].lines:
        panels[0, 0].legend(frameon=False)
    with atomic_file(path) as file:
        figure.savefig(file, format=os.fspath(path).rpartition(".")[2] or "png")


def _along(rows, knob, threads):
    others = [key for key in BASE if key != knob]
    return [r for r in rows if r["threads"] == threads and r["share_of_peak"] and all(r[k] == BASE[k] for k in others)]
