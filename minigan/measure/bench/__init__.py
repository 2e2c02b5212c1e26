"""How fast is a training step, compared with PyTorch?  `minigan bench` measures it on your machine; see docs/performance.md.

models.py     the seven training steps that are timed     worker.py    one process for each contestant
variants.py   PyTorch as usual, and as experts write it   peers.py, translate.py  the same models in PyTorch
verify.py     do both sides compute the same results?     kinks.py     weights at which float32 can decide that
timing.py     runs the contestants in turn                compare.py   one model with all its contestants
calls.py      which kernels a step calls                  flops.py     how many multiplications it makes
layers.py     each pass against its NumPy twin            scaling.py   cost against batch, image size, width, threads
startup.py    time to the first step                      features.py  VGG-16's features and their gradient
ranks.py      steps on several MPI ranks, and a model of more
machine.py, report.py  the machine, and the printed tables

Start with compare.py: it shows how one model is measured.
"""

import json as json_format
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

Table = Callable[[list[tuple[str, ...]]], str]  # report.text or report.markdown
Say = Callable[..., None]


def run(
    only: str | None = None,
    rounds: int = 7,
    seconds: float = 0.6,
    threads: int | None = None,
    quick: bool = False,
    layers: bool = False,
    scaling: str | os.PathLike | None = None,
    features: bool = False,
    ranks: bool = False,
    json: str | os.PathLike | None = None,
    markdown: bool = False,
    stream: TextIO | None = None,
) -> int:
    """Time the models against their NumPy twins and PyTorch, and print tables.

    Parameters
    ----------
    only : str, optional
        Comma-separated models, or prefixes of their names.  Default: all models, and the time to the first step.
    rounds : int
        How many times each contestant gets its turn; every round gives a ratio.
    seconds : float
        Length of a turn.
    threads : int, optional
        Threads of each contestant.  Default: as configured.
    quick : bool
        At most three rounds, only two PyTorch variants, no first-step time.
    layers : bool
        Instead, time each layer and pass against its NumPy twin.
    scaling : path, optional
        Instead, measure the cost against batch, image size, width and threads, and draw the curves into this file.
    features : bool
        Instead, time VGG-16's features and their gradient in the image at 224 x 224.
    ranks : bool
        Instead, time steps on 1, 2 and 4 MPI ranks, and predict them for up to 1,024.
    json : path, optional
        Also write all numbers to this file.
    markdown : bool
        Print Markdown tables.
    stream : text file, optional
        Where to print.  Default: standard output.

    Returns
    -------
    int
        0, or 1 if two contestants do not compute the same results.

    Raises
    ------
    ValueError
        For an unknown model, a number that is not positive, or more threads than cores.
    """
    from minigan.kernels import get_threads
    from minigan.measure.bench import machine, report

    stream = stream or sys.stdout
    threads = get_threads() if threads is None else threads
    for name, value in (("rounds", rounds), ("seconds", seconds), ("threads", threads)):
        if not value > 0:
            raise ValueError(f"bench needs {name} above 0, got {value}")
    if threads > machine.cores():
        raise ValueError(f"bench can use at most {machine.cores()} threads here, one per core, got {threads}")
    names, rounds = _chosen(only), min(rounds, 3) if quick else rounds
    table: Table = report.markdown if markdown else report.text

    def say(line: str = "") -> None:
        print(line, file=stream, flush=True)

    description = machine.describe(threads)
    found: dict[str, Any] = {"machine": description, "rounds": rounds, "seconds": seconds}
    say("\n".join(f"{'- ' * markdown}{key}: {value}" for key, value in description.items()) + "\n")
    try:
        if layers:
            found |= _layers(names, threads, rounds, table, say)
        elif features:
            found |= _features(threads, rounds, seconds, table, say)
        elif ranks:
            found |= _ranks(seconds, quick, table, say)
        elif scaling:
            found |= _scaling(scaling, threads, rounds, seconds, quick, table, say)
        else:
            found |= _models(names, threads, rounds, seconds, quick, only is None, table, say)
    except ArithmeticError as error:  # a Disagreement, or that of two VGGs
        say(f"FAILED  {error}")
        return 1
    if json:
        from minigan.running.files import atomic_write

        atomic_write(json, json_format.dumps(found, indent=1))
        say(f"\nall numbers: {Path(json)}")
    return 0


def _chosen(only: str | None) -> list[str]:
    from minigan.measure.bench.models import MODELS
    from minigan.measure.selection import select

    names = select(MODELS, only)
    if not names:
        raise ValueError(f"there is no model {only!r}; there are: {', '.join(MODELS)}")
    return names


def _models(
    names: list[str], threads: int, rounds: int, seconds: float, quick: bool, start: bool, table: Table, say: Say
) -> dict[str, Any]:
    from minigan.measure.bench import compare, report, startup

    results = []
    for name in names:
        results.append(compare.compare(name, threads, rounds, seconds, quick))
        say(table(report.contestant_cells(results[-1])) + "\n")
    say(table([report.HEAD, *map(report.model_cells, results)]) + "\n")
    say("\n".join(report.notes(results)))
    first = startup.first_steps(threads) if start and not quick else {}
    if first:
        say(
            f"First step of the default: {first['cold']:.1f} s with nothing compiled, {first['warm']:.1f} s afterwards."
        )
    return {"models": results, "first_step_seconds": first}


def _layers(names: list[str], threads: int, rounds: int, table: Table, say: Say) -> dict[str, Any]:
    from minigan.measure.bench import layers, report

    rows = layers.measure(layers.gather(names), threads, rounds)
    say(table(report.layer_cells(rows)) + "\n")
    slower = sum(row["slower"] for row in rows)
    lost, layer_count = layers.slower_layers(rows)
    say(f"{slower} of {len(rows)} passes are slower than their NumPy twins")
    say(
        f"{len(lost)} of {layer_count} layers are slower in total, over all their passes{': ' * bool(lost)}{', '.join(lost)}"
    )
    return {"layers": rows}


def _features(threads: int, rounds: int, seconds: float, table: Table, say: Say) -> dict[str, Any]:
    from minigan.measure.bench import features

    rows = features.measure(threads, rounds, seconds)
    say(table([features.HEAD, *map(features.cells, rows)]))
    return {"features": rows}


def _ranks(seconds: float, quick: bool, table: Table, say: Say) -> dict[str, Any]:
    from minigan.measure.bench import ranks

    found = ranks.measure(batch=16 if quick else 64, seconds=seconds if quick else 10 * seconds)
    part, (D, G, *_) = found["parts"], sorted(found["bytes"], reverse=True)
    say(
        f"a step on n samples: {1e3 * part['c0']:.3g} ms + n {1e3 * part['c1']:.3g} ms; noise {1e6 * part['d']:.3g} us a sample"
    )
    say(
        f"Allreduce: alpha {1e6 * part['alpha']:.3g} us, beta {1e9 * part['beta']:.3g} ns a byte; gradients {D:,} and {G:,} bytes\n"
    )
    say(table(ranks.measured_cells(found)) + "\n")
    say(
        f"With a core for each rank, and this machine's alpha and beta; {found['batch']} samples shared, or on each rank:\n"
    )
    say(table(ranks.predicted_cells(found)))
    return {"ranks": found}


def _scaling(
    path: str | os.PathLike, threads: int, rounds: int, seconds: float, quick: bool, table: Table, say: Say
) -> dict[str, Any]:
    from minigan.measure.bench import report, scaling

    rows = scaling.measure(threads, rounds, seconds, quick)  # takes some minutes
    say(table([report.SCALING_HEAD, *map(report.scaling_cells, rows)]) + "\n")
    scaling.plot(rows, path)
    say(f"curves: {Path(path)}")
    return {"scaling": rows}


__all__ = ["run"]
