"""After GANs: what does each family give for the same time of training, and for each time of drawing?

Each method gets ten minutes of one core on the same images without labels.  A GAN draws with one evaluation of its network; a flow and a
diffusion model can choose, and are measured with 1, 2, 4, 10 and 50; a distilled flow draws with one, after its teacher took half of
the time; a denoising diffusion GAN takes its four.  The G of the GANs is that of `dcgan_up`; the others have the small U-Net of
models/timed.py of the same width.

    Frechet ...        with the evaluations in the column "drawn with": against the training images
    seconds to 1       processor time until the Frechet distance of 1,000 samples is at most 1, looked at in eighths of the time
    energy             the energy distance of the same samples to the training images, in pixels between 0 and 1 (metrics/energy.py)
    n: Frechet, ms     the Frechet distance of 1,000 samples drawn with n evaluations, and milliseconds of one core for each sample
"""

import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np

from minigan import evaluation, zoo
from minigan.measure.results.families import split
from minigan.measure.results.table import Cell, Column, save_figure
from minigan.measure.results.training import CURVE, QUALITY, frechet, pace, quality, trainer_of
from minigan.metrics import energy_distance
from minigan.plots import to_image
from minigan.trainer import Trainer

NAME, SEEDS = "after", 3
SAME: dict[str, Any] = {"width": 32, "batch": 64, "core_minutes": 10.0, "samples": 4000}
KINDS: dict[str, dict[str, Any]] = {
    "GAN": {"recipe": "gan", "labels": False},
    "R3GAN-like": {"recipe": "gan", "labels": False, "loss": "relativistic", "penalty": "r1,r2", "gamma": 0.5},
    "DDPM": {"recipe": "ddpm", "labels": False, "evaluations": 50},
    "flow": {"recipe": "flow", "labels": False, "evaluations": 10},
    "flow, OT pairs": {"recipe": "flow", "labels": False, "evaluations": 10, "coupling": "ot"},
    "distilled": {"recipe": "distil", "labels": False, "pairs": 5000},
    "DDGAN": {"recipe": "ddgan"},
}
METHODS = {
    f"{name}/{kind}": SAME | {"data": name} | s for name in ("mnist10k", "portraits") for kind, s in KINDS.items()
}
QUICK = {"core_minutes": 0.02, "width": 4, "pairs": 64, "samples": 150, "evaluations": 4}
EVALUATIONS, MARKS = (1, 2, 4, 10, 50), 8
COLUMNS = {
    **QUALITY,
    "energy": Column("energy distance", ".4f", "less"),
    "evaluations": Column("drawn with", ".0f"),
    "seconds_to_1": Column("seconds to 1", ".0f", "less"),
    **{f"frechet_{n}": Column(f"{n}: Frechet", ".2f", "less") for n in EVALUATIONS},
    **{f"ms_{n}": Column(f"{n}: ms", ".2f", "less") for n in EVALUATIONS},
    "steps": Column("steps", ".0f"),
}


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train as many steps as fit into the time, then measure the samples at each number of evaluations."""
    s = dict(cell.settings)
    name, seconds, n = s.pop("recipe"), 60 * s.pop("core_minutes"), s.pop("samples")
    recipe = zoo.load(name)
    options = recipe.Options(seed=cell.seed, **s)
    images, _ = split(options)
    game, teacher_seconds = None, 0.0
    if name == "distil":
        teacher = zoo.load("flow")
        game = trained(teacher, teacher.Options(seed=cell.seed, **{key: s[key] for key in s if key not in ("pairs", "evaluations")}),
                       images, seconds / 2, quick)[0].game  # fmt: skip
        teacher_seconds = seconds / 2
    trainer, figures = trained(recipe, options, images, seconds - teacher_seconds, quick, game, teacher_seconds)
    game, rng = trainer.game, np.random.default_rng([cell.seed, 1])
    samples = to_image(game.sample(n, rng))
    figures |= quality(samples, images, options.data, rng)
    figures["energy"] = energy_distance(*(x[:n].reshape(len(x[:n]), -1) / 255 for x in (samples, images)))
    chosen = getattr(game, "evaluations", 1)
    for k in EVALUATIONS:
        if k == chosen or choose(game, k):
            start, rng = time.process_time(), np.random.default_rng([cell.seed, 3])
            some = 100 if quick else 500
            game.sample(some, rng)
            figures[f"ms_{k}"] = 1000 * (time.process_time() - start) / some
            figures[f"frechet_{k}"] = frechet(game, images, options.data, cell.seed)
    return figures | {"evaluations": chosen, "steps": trainer.steps}


def trained(
    recipe: Any, options: Any, images: np.ndarray, seconds: float, quick: bool, teacher: Any = None, before: float = 0.0
) -> tuple[Trainer, dict[str, float]]:
    """The trainer after as many steps as fit into the time, and when the Frechet distance was first at most 1, `before` included."""

    def made(options: Any) -> Trainer:
        trainer = trainer_of(recipe, options, images)
        if teacher is not None:
            trainer.game.open_teacher = lambda: teacher  # type: ignore[attr-defined]
        return trainer

    steps = max(8, int(seconds / pace(made(options), 3 if quick else 30)))
    trainer, figures, spent = made(dataclasses.replace(options, steps=steps)), {}, before
    for mark in range(1, MARKS + 1):
        start = time.process_time()
        while trainer.t < steps * mark // MARKS:
            trainer.step()
        spent += time.process_time() - start
        if not quick:
            figures[f"frechet_at_{mark}"] = frechet(trainer.game, images, options.data, options.seed)
            if figures[f"frechet_at_{mark}"] <= 1 and "seconds_to_1" not in figures:
                figures["seconds_to_1"] = spent
    return trainer, figures


def choose(game: Any, n: int) -> bool:
    """Let the game draw with n evaluations of its network; False if it cannot."""
    if not hasattr(game, "evaluations"):
        return False
    try:
        game.evaluations = n
    except ValueError:
        return False
    return True


def draw(rows: list[dict[str, str]], folder: Path, quick: bool) -> list[Path]:
    """Plot quality against the time to draw a sample, one half for each data set, as means over the seeds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.8), dpi=120, layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("mnist10k", "portraits"), strict=True):
        for k, kind in enumerate(KINDS):
            mine = [row for row in rows if row["method"] == f"{name}/{kind}" and not row["failure"]]
            at = [n for n in EVALUATIONS if mine and all(row.get(f"frechet_{n}") for row in mine)]
            if at:
                x, y = (
                    [float(np.mean([float(row[f"{part}_{n}"]) for row in mine])) for n in at]
                    for part in ("ms", "frechet")
                )
                axes.plot(x, y, marker="osv^D*P"[k], markersize=6, label=kind)
                for n, a, b in zip(at, x, y, strict=True):
                    axes.annotate(str(n), (a, b), textcoords="offset points", xytext=(5, 4), fontsize=7)
        axes.set(xlabel="milliseconds of one core for a sample", ylabel="Frechet distance", xscale="log", yscale="log")
        axes.set_title(f"{name}: {evaluation.features_for(name)}, {CURVE:,} samples", loc="left", fontsize=11)
        axes.grid(alpha=0.25, which="both")
        if axes.lines:
            axes.legend(frameon=False, fontsize=8)
    return save_figure(figure, NAME, folder, quick)
