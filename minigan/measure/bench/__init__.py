"""How fast is it, and compared with what?  `minigan bench` measures on your machine; docs/performance.md tells the story.

models.py     the seven training steps that are timed     worker.py    one process for each contestant
variants.py   PyTorch as usual and as an expert's         peers.py, translate.py  the same models in PyTorch
verify.py     first: do both sides compute the same?      kinks.py     at weights where float32 can tell
timing.py     then: who is faster, in turn, in ratios     compare.py   one model with all its contestants
calls.py      which kernels a step calls                  flops.py     how much it multiplies
layers.py     each pass against its plain twin            scaling.py   cost against batch, size, width, threads
startup.py    time to the first step                      machine.py, report.py  on what, and how it is told
"""

import json as json_format
import os
import sys
from pathlib import Path


def run(
    only: str | None = None,
    rounds: int = 7,
    seconds: float = 0.6,
    threads: int | None = None,
    quick: bool = False,
    layers: bool = False,
    scaling: str | os.PathLike | None = None,
    json: str | os.PathLike | None = None,
    markdown: bool = False,
    stream=None,
) -> int:
    """Measure and print to `stream`; 0 if all went well, 1 if two sides do not compute the same thing.

    only: names of models, by commas, or the beginning of a name.  layers: each layer and pass against its twin instead.  scaling: a
    file for the curves of cost instead.  json: a file for all numbers.  Raises ValueError for an unknown model or bad number.
    """
    from minigan.kernels import get_threads
    from minigan.measure.bench import machine, report
    from minigan.measure.bench.compare import Disagreement

    stream = stream or sys.stdout
    threads = get_threads() if threads is None else threads
    for name, value in (("rounds", rounds), ("seconds", seconds), ("threads", threads)):
        if not value > 0:
            raise ValueError(f"bench needs {name} above 0, got {value}")
    if threads > machine.cores():
        raise ValueError(f"bench can use {machine.cores()} threads here, one a core, got {threads}")
    names, rounds = _chosen(only), min(rounds, 3) if quick else rounds
    table, say = report.markdown if markdown else report.text, lambda line="": print(line, file=stream, flush=True)
    found = {"machine": machine.describe(threads), "rounds": rounds, "seconds": seconds}
    say("\n".join(f"{'- ' * markdown}{key}: {value}" for key, value in found["machine"].items()) + "\n")
    try:
        if layers:
            found |= _layers(names, threads, rounds, table, say)
        elif scaling:
            found |= _scaling(scaling, threads, rounds, seconds, quick, table, say)
        else:
            found |= _models(names, threads, rounds, seconds, quick, only is None, table, say)
    except Disagreement as error:
        say(f"FAILED  {error}")
        return 1
    if json:
        from minigan.running.files import atomic_write

        atomic_write(json, json_format.dumps(found, indent=1))
        say(f"\nall numbers: {Path(json)}")
    return 0


def _chosen(only):
    from minigan.measure.bench.models import MODELS
    from minigan.measure.selection import select

    names = select(MODELS, only)
    if not names:
        raise ValueError(f"nothing is timed under the name {only!r}; there are: {', '.join(MODELS)}")
    return names


def _models(names, threads, rounds, seconds, quick, whole, table, say):
    from minigan.measure.bench import compare, report, startup

    results = []
    for name in names:
        results.append(compare.compare(name, threads, rounds, seconds, quick))
        say(table(report.contestant_cells(results[-1])) + "\n")
    say(table([report.HEAD, *map(report.model_cells, results)]) + "\n")
    say("\n".join(report.notes(results)))
    first = startup.first_steps(threads) if whole and not quick else {}
    if first:
        say(
            f"First step of the default: {first['cold']:.1f} s with nothing compiled, {first['warm']:.1f} s from then on."
        )
    return {"models": results, "first_step_seconds": first}


def _layers(names, threads, rounds, table, say):
    from minigan.measure.bench import layers, report

    rows = layers.measure(layers.gather(names), threads, rounds)
    say(table(report.layer_cells(rows)) + "\n")
    slower = sum(row["slower"] for row in rows)
    lost, layer_count = layers.slower_layers(rows)
    say(f"{slower} of {len(rows)} passes are slower than their plain twins")
    say(
        f"{len(lost)} of {layer_count} layers are slower, all their passes taken together{': ' * bool(lost)}"
        + ", ".join(lost)
    )
    return {"layers": rows}


def _scaling(path, threads, rounds, seconds, quick, table, say):
    from minigan.measure.bench import report, scaling

    rows = scaling.measure(threads, rounds, seconds, quick)  # some minutes
    say(table([report.SCALING_HEAD, *map(report.scaling_cells, rows)]) + "\n")
    scaling.plot(rows, path)
    say(f"curves: {Path(path)}")
    return {"scaling": rows}


__all__ = ["run"]
