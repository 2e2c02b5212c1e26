"""Clips of bouncing digits: how many keep their digits, how many obey the bounce, and what baselines get.

    real        other clips of the same kind                        shuffled       their frames in random order
    independent frames of different clips                           mocogan        the shipped model
    mocogan, 64 frames of a model that has seen 16 at a time        real, 64       real clips of that length

Shuffled frames keep most of the contents and none of the motion, independent frames neither; so the measures are shown to see
what they are said to see.  The Frechet distance compares 16 frames; of longer clips, the last 16.
"""

from pathlib import Path

import numpy as np

from minigan import data, metrics, plots
from minigan.apps.video import film
from minigan.data.clips import FRAMES, SIDE
from minigan.evaluation import MOTION, bouncing, describe
from minigan.measure.results import rows
from minigan.measure.results.table import Cell, Column
from minigan.running.model import open_model

NAME, SEEDS = "video", 1
MODEL = "mocogan-digits"
WAYS = ("real", "shuffled", "independent", "mocogan")
METHODS: dict[str, dict] = {way: {"way": way, "frames": FRAMES, "clips": 500} for way in WAYS}
METHODS |= {f"{way}, 64 frames": {"way": way, "frames": 4 * FRAMES, "clips": 200} for way in ("real", "mocogan")}
QUICK = {"clips": 20}
COLUMNS = {
    "identity": Column("keep their digits, %", ".1f", "more"),
    "obeys": Column("obey the bounce, %", ".1f", "more"),
    "path_error": Column("from a path that obeys, px", ".2f", "less"),
    "smooth": Column("smooth steps, %", ".1f", "more"),
    "frechet": Column("Frechet, motion 4x4", ".3f", "less"),
    "apart": Column("frames judged, %", ".1f"),
}
SHOWN = 4  # clips in the picture


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """The measures of one kind of clips; the reference of the Frechet distance are as many other real clips."""
    n, frames = cell.settings["clips"], cell.settings["frames"]
    clips, reference = (np.random.default_rng(stream) for stream in np.random.SeedSequence([cell.seed, 3]).spawn(2))
    found = drawn(cell.settings["way"], n, frames, clips)
    real = data.bouncing_digits(n, reference, frames)[0]
    figures = bouncing(found)
    shares = {name: 100 * figures[name] for name in ("identity", "obeys", "smooth", "apart")}
    fake, true = (describe(part[:, -FRAMES:], MOTION)[0] for part in (found, real))
    return shares | {"path_error": figures["path_error"], "frechet": metrics.frechet_distance(true, fake)}


def drawn(way: str, n: int, frames: int, rng: np.random.Generator) -> np.ndarray:
    """uint8 (n, frames, 32, 32, 1): clips of the model, real ones, or real frames in another order."""
    if way == "mocogan":
        return plots.to_image(film(open_model(MODEL).trainer.game, (FRAMES, SIDE, SIDE, 1), n, rng, frames))
    clips = data.bouncing_digits(n, rng, frames)[0]
    if way == "shuffled":
        return np.stack([clip[rng.permutation(frames)] for clip in clips])
    if way == "independent":
        return clips.reshape(-1, *clips.shape[2:])[rng.permutation(n * frames)].reshape(clips.shape)
    return clips


def draw(found: list[rows.Row], folder: Path, quick: bool) -> list[Path]:
    """Strips of real clips, and below them strips of the model."""
    rng = np.random.default_rng(0)
    strips = np.concatenate([drawn(way, SHOWN, FRAMES, rng) for way in ("real", "mocogan")])
    path = folder / f"{NAME}{'-quick' * quick}.png"
    plots.save_image(path, plots.grid(strips))
    return [path]
