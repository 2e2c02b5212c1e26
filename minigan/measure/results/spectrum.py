"""How a real game turns, and what gamma does to it: eigenvalues of a GAN on the ring, next to DiracGAN's formula.

DiracGAN's eigenvalues are -gamma/2 +- sqrt(gamma^2/4 - a^2): it turns with the frequency a, and gamma is friction (certify/dirac.py).
Here G and D have 1,331 weights, and were trained with R1 until the game had settled.

"field": the Jacobian of the gradient field at these weights, for several gamma.  Its pair with the largest |Im lambda| is the
fastest turn of the game.  Two numbers of it, measured at gamma = 0 and 0.01, are put into the formula,

    lambda = b - c gamma/2 +- i sqrt(a^2 - (c gamma/2)^2)       a, b: Im and Re at gamma = 0,    c: -2 dRe/dgamma there

which then predicts the pair at the other gamma.

"step": the map of one step of D and one of G as they are trained, with Adam's step sizes (measure/spectrum), for a game trained
without a penalty, with R1, and with R1 and R2.  The leading turn is the mode of the largest |mu| with a period between 2.5 and 64
steps; "measured" is the strongest period of D's mean score of the same fakes in 2,048 more steps of training.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from minigan import zoo
from minigan.data import Stream, toy
from minigan.measure.results import rows
from minigan.measure.results.table import Cell, Column, save_figure
from minigan.measure.spectrum import linearised, modes, oscillation, strongest
from minigan.measure.spectrum.of_run import turning
from minigan.penalties import R1, as_penalties
from minigan.trainer import Trainer

NAME, SEEDS = "spectrum", 3
TRAINED: dict[str, Any] = {
    "width": 16,
    "latent": 8,
    "schedule": "constant",
    "steps": 4000,
    "lr": 2e-3,
    "batch": 64,
    "points": 1024,
}
GAMMAS = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0)
METHODS: dict[str, dict[str, Any]] = {
    f"field, gamma {gamma:g}": {"kind": "field", "gamma": gamma, "penalty": "r1", **TRAINED} for gamma in GAMMAS
} | {f"step, {name}": {"kind": "step", "penalty": name, **TRAINED} for name in ("none", "r1", "r1,r2")}
QUICK = {"steps": 100, "width": 8, "points": 128}
COLUMNS = {
    "real": Column("Re λ", ".2f"),
    "real_predicted": Column("predicted", ".2f"),
    "imaginary": Column("Im λ", ".2f"),
    "imaginary_predicted": Column("predicted", ".2f"),
    "largest": Column("largest abs μ", ".2f"),
    "growth": Column("leading turn: abs μ", ".3f"),
    "period": Column("its period, steps", ".1f"),
    "measured": Column("measured", ".1f"),
    "peak": Column("peak / median", ".1f"),
}
FLOW = 1e-4  # step size with which (mu - 1) / FLOW is an eigenvalue of the field, to about 1e-3 of its size
SMALL = 0.01  # the gamma at which c is measured


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train the game, then take its spectrum."""
    s = cell.settings
    game, source = trained(s, cell.seed)
    rng = np.random.default_rng([cell.seed, 1])
    x = source.batch(s["points"])[0]
    if s["kind"] == "step":
        found = modes(*linearised(game, x, rng))
        leading = turning(found)[:1]
        scores = oscillation(game, lambda: source.batch(s["batch"]), 256 if quick else 2048, rng)
        period, peak = strongest(scores)
        figures = {"largest": found[0].growth, "measured": period, "peak": peak}
        return figures | {"growth": leading[0].growth, "period": leading[0].period} if leading else figures
    start, near, here = (fastest(game, x, gamma, cell.seed) for gamma in (0.0, SMALL, s["gamma"]))
    predicted = formula(start, -2 * (near.real - start.real) / SMALL, s["gamma"])
    return {
        "real": here.real,
        "imaginary": here.imag,
        "real_predicted": predicted.real,
        "imaginary_predicted": predicted.imag,
    }


def trained(s: dict[str, Any], seed: int) -> tuple[Any, Any]:
    """The game after its training on the ring, and the source of its data."""
    data, weights = (np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(2))
    recipe = zoo.load("gan")
    names = ("width", "latent", "schedule", "steps", "lr", "batch", "penalty")
    options = recipe.Options(data="ring", seed=seed, **{name: s[name] for name in names})
    source = Stream(toy.ring, data, (2,))
    game = recipe.build(options, source, weights)
    Trainer(game, source, batch=s["batch"], steps=s["steps"], seed=seed).run()
    return game, source


def fastest(game: Any, x: np.ndarray, gamma: float, seed: int) -> complex:
    """The eigenvalue of the gradient field with the largest imaginary part, with R1 of this gamma at the same weights."""
    game.penalties = as_penalties([R1(gamma=gamma)] if gamma else None)
    found = modes(*linearised(game, x, np.random.default_rng([seed, 2]), FLOW))
    return max(((mode.mu - 1) / FLOW for mode in found), key=lambda value: value.imag)


def formula(start: complex, c: float, gamma: float) -> complex:
    """b - c gamma/2 + sqrt((c gamma/2)^2 - a^2), start = b + i a; of two real ones the slower."""
    friction = c * gamma / 2
    under = start.imag**2 - friction**2
    return complex(start.real - friction + math.sqrt(max(-under, 0)), math.sqrt(max(under, 0)))


def draw(found: list[rows.Row], folder: Path, quick: bool) -> list[Path]:
    """Re and Im of the fastest turn against gamma, each seed, and what the formula says."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.4), dpi=120, layout="constrained")
    chosen = [row for row in found if row["method"].startswith("field") and not row.get("failure")]
    for axes, name, part in zip(figure.subplots(1, 2), ("real", "imaginary"), ("Re", "Im"), strict=True):
        for seed in sorted({row["seed"] for row in chosen}):
            mine = [row for row in chosen if row["seed"] == seed]
            points = sorted(
                (float(row["method"].split()[-1]), float(row[name]), float(row[f"{name}_predicted"])) for row in mine
            )
            gamma, value, predicted = np.array(points).T
            (line,) = axes.plot(gamma, predicted, "-", linewidth=1)
            axes.plot(gamma, value, "o", color=line.get_color(), label=f"seed {seed}")
        axes.set_xscale("symlog", linthresh=0.03)
        axes.set(xlabel="γ of R1", title=f"{part} λ of the fastest turn; line: DiracGAN's formula")
        axes.axhline(0, color="0.8", linewidth=0.8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return save_figure(figure, NAME, folder, quick)
