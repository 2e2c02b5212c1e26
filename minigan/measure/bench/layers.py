"""Is each kernel worth its code?  Time each layer and pass, at the shapes of the models, against its NumPy twin.

Two processes take turns: one runs the kernels on their own thread pool, the other runs the twins on OpenBLAS's threads, so the
pools cannot disturb each other.  A pass whose twin is faster is marked: there the plain formula would be enough.
"""

from contextlib import closing
from math import prod
from types import SimpleNamespace
from typing import Any

from minigan.measure.bench.calls import Pass, recorded
from minigan.measure.bench.flops import operations
from minigan.measure.bench.models import MODELS
from minigan.measure.bench.timing import Worker, summary

SECONDS = 0.15  # for one pass on one side in one round; waking threads need about 0.05 until each has its own core
CALL = 0.001  # milliseconds: the allowance for choosing an algorithm by size, negligible in a step


def gather(names: list[str]) -> list[Pass]:
    """The distinct passes of these models, each with the models in which it occurs."""
    found: dict[str, Pass] = {}
    for name in names:
        for made in recorded(MODELS[name][0]()):
            found.setdefault(made.key, made).models.append(name)
    return list(found.values())


def measure(passes: list[Pass], threads: int, rounds: int, seconds: float = SECONDS) -> list[dict[str, Any]]:
    """One row for each pass: median milliseconds of kernels and twins, their ratio with its spread, direct GFLOP/s.

    "slower" is True if the twin is faster by more than CALL.
    """
    sides = [Worker(side, threads) for side in ("minigan", "twin")]
    with closing(sides[0]), closing(sides[1]):
        return [_row(made, sides, rounds, seconds) for made in passes]


def _row(made: Pass, sides: list[Worker], rounds: int, seconds: float) -> dict[str, Any]:
    message = {"kernel_calls": made.calls, "seconds": seconds}
    times = [[side.ask("run_pass", **message)["ms"] for side in sides] for _ in range(rounds)]
    fast, twin = (summary(column).median for column in zip(*times, strict=True))
    ratio = summary(twin / fast for fast, twin in times)
    return {
        "layer": made.layer,
        "pass": made.verb,
        "input": made.calls[0][1][0]["shape"],
        "kernels": [name for name, _ in made.calls],
        "models": made.models,
        "ms": fast,
        "twin_ms": twin,
        "ratio": dict(ratio),
        "gflops": sum(operations(name, _sizes(arguments)) for name, arguments in made.calls) / fast / 1e6,
        "slower": ratio.median < 1 and fast - twin > CALL,
    }


def slower_layers(rows: list[dict[str, Any]]) -> tuple[list[str], int]:
    """The layers slower than their twins over all passes of a step together, and the total number of layers."""
    lost: dict[str, float] = {}  # milliseconds beyond the allowance
    for row in rows:
        layer = f"{row['layer']} at {row['input'][0]}"  # at this batch size; for the optimizer, at this many weights
        lost[layer] = lost.get(layer, 0.0) + row["ms"] - row["twin_ms"] - CALL
    return [layer for layer, ms in lost.items() if ms > 0], len(lost)


def _sizes(arguments: list) -> list:
    """The arguments for `operations`, with shapes and sizes instead of arrays."""
    return [
        SimpleNamespace(shape=tuple(a["shape"]), size=prod(a["shape"])) if isinstance(a, dict) else a for a in arguments
    ]
