"""Is every kernel worth its lines?  Each layer and pass, at the shapes the models use, against its plain NumPy twin.

Two processes take turns: one runs the kernels on their own pool of threads, the other the twins with OpenBLAS's own threads, so
that neither pool disturbs the other.  A pass whose twin wins is marked: there the plain formula would do.
"""

from contextlib import closing
from math import prod
from types import SimpleNamespace

from minigan.measure.bench.calls import Pass, recorded
from minigan.measure.bench.flops import operations
from minigan.measure.bench.models import MODELS
from minigan.measure.bench.timing import Worker, summary

SECONDS = (
    0.15  # on one pass, on one side, in one round: it takes 0.05 until threads that slept sit on cores of their own
)
CALL = 0.001  # milliseconds: what asking for the size may cost; no step feels it


def gather(names: list[str]) -> list[Pass]:
    """The distinct passes of these models, each with the models that make it."""
    found: dict[str, Pass] = {}
    for name in names:
        for made in recorded(MODELS[name][0]()):
            found.setdefault(made.key, made).models.append(name)
    return list(found.values())


def measure(passes: list[Pass], threads: int, rounds: int, seconds: float = SECONDS) -> list[dict]:
    """One row a pass: milliseconds of kernels and twins (medians), their ratio with its spread, GFLOP/s by the direct count."""
    sides = [Worker(side, threads) for side in ("minigan", "twin")]
    with closing(sides[0]), closing(sides[1]):
        return [_row(made, sides, rounds, seconds) for made in passes]


def _row(made, sides, rounds, seconds):
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


def slower_layers(rows: list[dict]) -> tuple[list[str], int]:
    """The layers that lose to their twins with all their passes of a step taken together, and how many layers there are."""
    lost: dict[str, float] = {}  # milliseconds, beyond what the calls may cost
    for row in rows:
        layer = f"{row['layer']} at {row['input'][0]}"  # the optimizer has no batch: at so many weights
        lost[layer] = lost.get(layer, 0.0) + row["ms"] - row["twin_ms"] - CALL
    return [layer for layer, ms in lost.items() if ms > 0], len(lost)


def _sizes(arguments):
    """What `operations` asks of an array, without the array."""
    return [
        SimpleNamespace(shape=tuple(a["shape"]), size=prod(a["shape"])) if isinstance(a, dict) else a for a in arguments
    ]
