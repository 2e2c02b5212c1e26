"""A race through the history of GANs: ten methods from 2014 to 2024 learn the same digits, side by side on the same clock.

Each gets the same time of two cores, images without labels, and networks of equal width.  G, D and the settings of the optimizer are
those of the papers as far as the recipes have them; the lines below say what each method is, so they also say what differs.
Sixty times, evenly spaced in time, each draws the same noise again: the frames of a film.  Twenty times the Frechet distance
of 1,000 samples is measured: the curves below it.  Neither is part of the time.

The frames of a method are kept as one picture, FOLDER/race/METHOD-SEED.png, a row for each moment: the film is drawn from them.
"""

from pathlib import Path
from typing import Any

import numpy as np

from minigan import data, plots, zoo
from minigan.measure.results.race_film import Entry, film, frames_of
from minigan.measure.results.table import Cell, Column
from minigan.measure.results.training import QUALITY, frechet, pace, quality, trainer_of

NAME, SEEDS, FILES = "race", 1, True
IMAGES = {"data": "mnist10k", "batch": 64, "width": 32, "core_minutes": 20.0}
SAME = IMAGES | {"latent": 64, "labels": False}
OLD = {"penalty": "none", "lr": 2e-4, "beta1": 0.5, "beta2": 0.999, "schedule": "constant", "ema": 0.0}
DCGAN = SAME | OLD | {"recipe": "gan", "model": "dcgan"}
METHODS: dict[str, dict[str, Any]] = {
    "GAN 2014": SAME | OLD | {"recipe": "gan", "model": "mlp", "width": 256},
    "DCGAN 2016": DCGAN,
    "VAE-GAN 2016": IMAGES | {"latent": 64, "recipe": "vaegan"},
    "WGAN 2017": SAME | {"recipe": "wgan", "ema": 0.0},
    "LSGAN 2017": DCGAN | {"loss": "least_squares"},
    "WGAN-GP 2017": DCGAN
    | {"loss": "wasserstein", "penalty": "wgan_gp", "d_steps": 5, "lr": 1e-4, "beta1": 0.0, "beta2": 0.9},
    "SNGAN 2018": SAME | {"recipe": "sngan", "ema": 0.0},
    "R1 2018": SAME | {"recipe": "gan", "penalty": "r1"},
    "flow matching 2023": IMAGES | {"labels": False, "recipe": "flow"},
    "R3GAN's loss 2024": SAME | {"recipe": "gan", "loss": "relativistic", "penalty": "r1,r2"},
}
QUICK = {"core_minutes": 0.05, "width": 8}
COLUMNS = {**QUALITY, "steps": Column("steps", ".0f"), "to_10": Column("core minutes to Frechet 10", ".1f", "less")}
DATA = ("mnist10k",)
FRAMES, POINTS = 60, 20  # moments at which images are kept, and at which they are measured
SHOWN, SAMPLES = 16, 4000


def run_cell(cell: Cell, quick: bool, folder: Path) -> dict[str, float]:
    """Train for the time, and keep what the same noise becomes."""
    s = dict(cell.settings)
    recipe, minutes = zoo.load(s.pop("recipe")), s.pop("core_minutes")
    options = recipe.Options(seed=cell.seed, **s)
    images = options.frame(data.load(options.data).images)
    steps = max(FRAMES, int(60 * minutes / pace(trainer_of(recipe, options, images), 5 if quick else 50)))
    trainer = trainer_of(recipe, recipe.Options(seed=cell.seed, **s, steps=steps), images)
    shown = {round(steps * k / FRAMES) for k in range(1, FRAMES + 1)}
    measured = {round(steps * k / POINTS): k for k in range(1, POINTS + 1)}
    frames, figures = [drawn(trainer.game)], {}
    for t in range(1, steps + 1):
        trainer.step()
        if t in shown:
            frames.append(drawn(trainer.game))
        if t in measured:
            figures[f"frechet_{measured[t]}"] = frechet(trainer.game, images, options.data, cell.seed)
    kept = strip(folder, cell.method, cell.seed, quick)
    kept.parent.mkdir(parents=True, exist_ok=True)
    plots.save_image(kept, plots.grid(np.concatenate(frames), SHOWN, pad=0))
    rng = np.random.default_rng([cell.seed, 1])
    samples = plots.to_image(trainer.game.sample(200 if quick else SAMPLES, rng))
    within = [minutes * k / POINTS for k in range(1, POINTS + 1) if figures[f"frechet_{k}"] <= 10]
    return (
        quality(samples, images, options.data, rng)
        | {"steps": steps, "to_10": min(within, default=np.inf), "minutes_given": minutes}
        | figures
    )


def drawn(game: Any) -> np.ndarray:
    """What the game makes of the same noise at any moment, uint8 (SHOWN, H, W, C)."""
    return plots.to_image(game.sample(SHOWN, np.random.default_rng(0)))


def strip(folder: Path, method: str, seed: int, quick: bool) -> Path:
    """Where the frames of a method are kept."""
    return folder / f"race{'-quick' * quick}" / f"{method.lower().replace(' ', '_').replace(chr(39), '')}-{seed}.png"


def draw(rows: list[dict[str, str]], folder: Path, quick: bool) -> list[Path]:
    """The film of seed 0, of all methods that have run, and its last frame."""
    done = {row["method"]: row for row in rows if row["seed"] == "0" and not row["failure"]}
    entries = []
    for method in METHODS:
        file = strip(folder, method, 0, quick)
        if method in done and file.exists():
            curve = [float(done[method][f"frechet_{k}"]) for k in range(1, POINTS + 1)]
            entries.append(Entry(method, frames_of(file), curve, float(done[method]["minutes_given"])))
    return film(entries, folder / f"race{'-quick' * quick}") if entries else []
