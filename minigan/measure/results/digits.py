"""Digits: the same network and the same time for each loss and penalty.  Which recipe draws the best digits?

Each method gets ten minutes of one core.  An equal number of steps would favour expensive methods: a step with R1 + R2 takes 1.5
times as long as one without.  So the time of a step is measured first, in processor seconds, and the method runs as many steps as
fit; its cosine schedule ends with them.  All other settings are the defaults of `minigan train`, tuned for non-saturating + R1 only.
So a method may lose here because its penalty weight or learning rate does not suit it.
"""

import dataclasses
from pathlib import Path

import numpy as np

from minigan import evaluation
from minigan.game import Game
from minigan.measure.results.table import Cell, Column, save_figure
from minigan.measure.results.training import pace
from minigan.running.build import build
from minigan.zoo import gan

NAME = "digits"
SEEDS = 3
GAMES = {
    "non_saturating + R1": ("non_saturating", "r1"),
    "non_saturating + R1 + R2": ("non_saturating", "r1,r2"),
    "non_saturating + DRAGAN": ("non_saturating", "dragan"),
    "non_saturating + nothing": ("non_saturating", "none"),
    "minimax + R1": ("minimax", "r1"),
    "least_squares + R1": ("least_squares", "r1"),
    "hinge + R1": ("hinge", "r1"),
    "relativistic + R1": ("relativistic", "r1"),
    "relativistic + R1 + R2": ("relativistic", "r1,r2"),
    "wasserstein + WGAN-GP": ("wasserstein", "wgan_gp"),
}
FIXED = (
    "model",
    "gamma",
    "lam",
    "labels",
    "batch",
    "d_steps",
    "lr",
    "schedule",
    "beta1",
    "beta2",
    "ema",
    "latent",
    "width",
)


def methods(data: str) -> dict[str, dict]:
    """Method -> settings: each game on this data set, for ten minutes of one core."""
    fixed = {option: getattr(gan.Options(), option) for option in FIXED} | {"data": data, "core_minutes": 10.0}
    return {name: fixed | {"loss": loss, "penalty": penalty} for name, (loss, penalty) in GAMES.items()}


METHODS = methods("mnist10k")
QUICK = {"core_minutes": 0.05}
COLUMNS = {
    "frechet": Column("Frechet (DigitNet)", ".2f", "less"),
    "floor": Column("real : real", ".2f"),
    "kernel": Column("kernel distance", ".4f", "less"),
    "precision": Column("precision", ".3f", "more"),
    "recall": Column("recall", ".3f", "more"),
    "coverage": Column("coverage", ".3f", "more"),
    "entropy": Column("class entropy, max 2.303", ".3f", "more"),
    "as_asked": Column("digit as asked, %", ".1f", "more"),
    "steps": Column("steps", ".0f"),
}
MARKS = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)  # percent of the steps: the points of the curves
SAMPLES = 10_000


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train as many steps as fit into the budget, with points of the curve on the way, and measure the end."""
    settings = dict(cell.settings)
    seconds = 60 * settings.pop("core_minutes")
    config = gan.Options(seed=cell.seed, **settings)
    steps = max(20, int(seconds / pace(build(gan, config), 5 if quick else 100)))
    trainer = build(gan, dataclasses.replace(config, steps=steps))
    assert trainer.evaluate is not None
    at = {round(steps * mark / 100): mark for mark in MARKS}
    figures = {}
    for t in range(1, steps + 1):
        trainer.step()
        if t in at and (not quick or at[t] % 50 == 0):
            figures[f"frechet_at_{at[t]}"] = next(iter(trainer.evaluate(trainer.game).values()))
    x, y = trainer.source.reference()
    if quick:
        x, y = x[::10], None if y is None else y[::10]
    return judged(trainer.game, x, y, 500 if quick else SAMPLES, cell.seed) | {"steps": steps} | figures


def judged(game: Game, x: np.ndarray, y: np.ndarray | None, n: int, seed: int) -> dict[str, float]:
    """All measures of n samples against the training images x.  With labels y, G draws each digit as often as it occurs in y."""
    rng = np.random.default_rng([seed, 1])
    labels = None if y is None else rng.choice(y, n)
    images = game.sample(n, rng, labels)
    found = evaluation.evaluate(images, x, evaluation.DIGITNET, rng, labels, y)["measures"]
    names = {"frechet": "frechet_distance", "kernel": "kernel_distance", "entropy": "class_entropy"}
    figures = {name: found[names.get(name, name)]["value"] for name in COLUMNS if names.get(name, name) in found}
    figures["as_asked"] = 100 * figures["as_asked"] if "as_asked" in figures else float("nan")
    return figures | {"floor": found["frechet_distance"]["floor"]}


def draw(rows: list[dict[str, str]], folder: Path, quick: bool, name: str = NAME) -> list[Path]:
    """Plot quality against time, as means over the seeds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 5), dpi=120, layout="constrained")
    axes = figure.subplots()
    for k, method in enumerate(METHODS):
        mine = [row for row in rows if row["method"] == method and not row["failure"]]
        if mine:
            marks = [mark for mark in MARKS if f"frechet_at_{mark}" in mine[0]]  # --quick has fewer
            curve = [np.mean([float(row[f"frechet_at_{mark}"]) for row in mine]) for mark in marks]
            axes.plot(marks, curve, marker="osv^D"[k % 5], linestyle=("-", "--")[k // 5], markersize=5, label=method)
    axes.set(xlabel="share of the time, %", ylabel="Frechet distance (DigitNet, 2,000 samples)", yscale="log")
    axes.set_title("Quality against time, mean over the seeds", loc="left", fontsize=11)
    axes.grid(alpha=0.25, which="both")
    axes.legend(frameon=False, fontsize=8)
    return save_figure(figure, name, folder, quick)
