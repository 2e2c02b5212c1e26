"""Eight Gaussians to two moons: how straight are the paths of a flow, and what does a straight path save?

The protocol is that of C2OT (Cheng and Schwing 2025, without a condition), read from its code: the source is eight Gaussians of equal
weight at radius 5, each with variance sqrt(0.1) = 0.316 a coordinate (the code passes a standard deviation as a variance); the target
is the two moons of torchdyn, x -> 3 x - 1, each point moved by U(0, 0.2) (1, 1), the same for both coordinates, at equally spaced angles.
The network has 128 units: h = W x + V t, three times h <- h + MLP(h) with 512 hidden units, y = U h.  20,000 steps of 256, Adam at 3e-4,
no schedule, no average.  Pairs are made in batches of 1,024 and used in four parts.

A flow then carries 10,000 points of the source to t = 1, by one step of Euler and by Dormand-Prince at 1e-4 (batches of 256); the squared
2-Wasserstein distance to 10,000 points of the target is exact.  "real : real" is that of two such sets of the target.

Different here: SiLU instead of GELU, He's initial weights instead of PyTorch's, and the moons' points come in a random order.  The
published code leaves them in the order of their angles, so without transport each batch of 256 holds a quarter of the moons; the method
"FM, in order" does that too.
"""

from typing import Any

import numpy as np

from minigan.measure.results.table import Cell, Column, Published
from minigan.metrics.transport import squared_wasserstein
from minigan.models.ode import adaptive, euler
from minigan.models.timed import time_mlp
from minigan.optim import Adam
from minigan.zoo.flow import coupled, flow_step

NAME, SEEDS = "moons", 10
RECIPE = {"width": 128, "depth": 3, "steps": 20_000, "batch": 256, "lr": 3e-4, "pairs": 1024, "points": 10_000}
METHODS: dict[str, dict[str, Any]] = {
    "FM": RECIPE | {"ot": False, "shuffle": True},
    "OT-FM": RECIPE | {"ot": True, "shuffle": True},
    "FM, in order": RECIPE | {"ot": False, "shuffle": False},
}
QUICK = {"steps": 200, "points": 500, "pairs": 256, "batch": 64}
COLUMNS = {
    "euler": Column("one Euler step", ".3f", "less"),
    "adaptive": Column("adaptive", ".3f", "less"),
    "evaluations": Column("evaluations", ".0f", "less"),
    "floor": Column("real : real", ".3f"),
}
C2OT = "Cheng and Schwing 2025"
PUBLISHED = [
    Published("FM", {"euler": 6.232, "adaptive": 0.120}, C2OT),
    Published("OT-FM", {"euler": 0.072, "adaptive": 0.050}, C2OT),
]


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train the velocity of this cell, and carry the points of the source to the target."""
    s = cell.settings
    init, data, times, judge = (np.random.default_rng(stream) for stream in np.random.SeedSequence(cell.seed).spawn(4))
    V = time_mlp(2, s["width"], s["depth"], embedding=0, rng=init)
    opt = Adam(V, s["lr"], beta1=0.9, beta2=0.999)
    parts = s["pairs"] // s["batch"]
    for step in range(s["steps"]):
        if step % parts == 0:
            x0, x1 = gaussians(s["pairs"], data), moons(s["pairs"], data, s["shuffle"])
            x0 = coupled(x0, x1) if s["ot"] else x0
        part = slice(step % parts * s["batch"], (step % parts + 1) * s["batch"])
        flow_step(V, opt, x0[part], x1[part], times.random(s["batch"], dtype=np.float32))
    return measured(V, s["points"], judge)


def measured(V: Any, n: int, rng: np.random.Generator) -> dict[str, float]:
    """The figures of COLUMNS, of n points."""

    def field(x: np.ndarray, t: float) -> np.ndarray:
        return V((x, np.full(len(x), t, x.dtype)))

    x0, real, other = gaussians(n, rng), moons(n, rng), moons(n, rng)
    found = [adaptive(field, x0[i : i + 256]) for i in range(0, n, 256)]
    there = np.concatenate([x for x, _ in found])
    return {
        "euler": squared_wasserstein(real, euler(field, x0, 1)),
        "adaptive": squared_wasserstein(real, there),
        "evaluations": float(np.mean([evaluations for _, evaluations in found])),
        "floor": squared_wasserstein(real, other),
    }


def gaussians(n: int, rng: np.random.Generator) -> np.ndarray:
    """Eight Gaussians at radius 5, variance sqrt(0.1) a coordinate.   float32 (n, 2)"""
    angle = 2 * np.pi * rng.integers(8, size=n) / 8
    centres = 5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return (centres + 0.1**0.25 * rng.standard_normal((n, 2))).astype(np.float32)


def moons(n: int, rng: np.random.Generator, shuffle: bool = True) -> np.ndarray:
    """Two half circles of n / 2 points each at equally spaced angles, moved by U(0, 0.2) (1, 1), times 3 less 1.   float32 (n, 2)"""
    a, b = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    upper, lower = np.stack([np.cos(a), np.sin(a)], axis=1), np.stack([1 - np.cos(b), 0.5 - np.sin(b)], axis=1)
    x = 3 * (np.concatenate([upper, lower]) + 0.2 * rng.random((n, 1))) - 1
    return (rng.permutation(x) if shuffle else x).astype(np.float32)
