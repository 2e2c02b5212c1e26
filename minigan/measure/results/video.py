"""Clips of bouncing digits: how many keep their digits, how many obey the bounce, and what baselines get.

    real        other clips of the same kind                        shuffled       their frames in random order
    independent frames of different clips                           mocogan        trained here, on 16 frames
    ... (64 frames)   clips four times as long as those of the training

Shuffled frames keep most of the contents and none of the motion, independent frames neither; so the measures are shown to see
what they are said to see.  The Frechet distance compares 16 frames; of longer clips, the last 16.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from minigan import data, metrics, plots
from minigan.apps.video import film
from minigan.data.clips import FRAMES, SIDE
from minigan.evaluation import MOTION, bouncing, describe
from minigan.measure.results import rows
from minigan.measure.results.table import Cell, Column
from minigan.running.build import build
from minigan.zoo import mocogan

NAME, SEEDS = "video", 1
WAYS = ("real", "shuffled", "independent", "mocogan")
METHODS: dict[str, dict] = {way: {"way": way, "frames": FRAMES, "clips": 500} for way in WAYS}
METHODS |= {f"{way} (64 frames)": {"way": way, "frames": 4 * FRAMES, "clips": 200} for way in ("real", "mocogan")}
for _name in ("mocogan", "mocogan (64 frames)"):
    METHODS[_name] |= {"steps": 6000, "batch": 16, "width": 32, "critic": 24}
QUICK = {"clips": 20, "steps": 3, "batch": 2, "width": 2, "critic": 2}
COLUMNS = {
    "identity": Column("keep their digits, %", ".1f", "more"),
    "obeys": Column("obey the bounce, %", ".1f", "more"),
    "path_error": Column("from a path that obeys, px", ".2f", "less"),
    "smooth": Column("smooth steps, %", ".1f", "more"),
    "frechet": Column("Frechet, motion 4x4", ".3f", "less"),
    "apart": Column("frames judged, %", ".1f"),
}
SHOWN = 3  # clips of each kind in the picture


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """The measures of one kind of clips; the reference of the Frechet distance are as many other real clips."""
    n, frames = cell.settings["clips"], cell.settings["frames"]
    clips, reference = (np.random.default_rng(stream) for stream in np.random.SeedSequence([cell.seed, 3]).spawn(2))
    if cell.settings["way"] == "mocogan":
        game = model(cell.seed, *(cell.settings[name] for name in ("steps", "batch", "width", "critic")))
        found = plots.to_image(film(game, (FRAMES, SIDE, SIDE, 1), n, clips, frames))
    else:
        found = drawn(cell.settings["way"], n, frames, clips)
    real = data.bouncing_digits(n, reference, frames)[0]
    figures = bouncing(found)
    shares = {name: 100 * figures[name] for name in ("identity", "obeys", "smooth", "apart")}
    fake, true = (describe(part[:, -FRAMES:], MOTION)[0] for part in (found, real))
    return shares | {"path_error": figures["path_error"], "frechet": metrics.frechet_distance(true, fake)}


def drawn(way: str, n: int, frames: int, rng: np.random.Generator) -> np.ndarray:
    """uint8 (n, frames, 32, 32, 1): real clips, or real frames in another order."""
    clips = data.bouncing_digits(n, rng, frames)[0]
    if way == "shuffled":
        return np.stack([clip[rng.permutation(frames)] for clip in clips])
    if way == "independent":
        return clips.reshape(-1, *clips.shape[2:])[rng.permutation(n * frames)].reshape(clips.shape)
    return clips


@cache
def model(seed: int, steps: int, batch: int, width: int, critic: int) -> Any:
    """A MoCoGAN trained on clips of 16 frames, once for both lengths."""
    trainer = build(mocogan, mocogan.Options(seed=seed, steps=steps, batch=batch, width=width, critic=critic))
    trainer.evaluate = None
    trainer.run()
    return trainer.game


def draw(found: list[rows.Row], folder: Path, quick: bool) -> list[Path]:
    """Strips of real clips, and below them the two baselines."""
    strips = np.concatenate([drawn(way, SHOWN, FRAMES, np.random.default_rng(0)) for way in WAYS[:3]])
    path = folder / f"{NAME}{'-quick' * quick}.png"
    plots.save_image(path, plots.grid(strips))
    return [path]
