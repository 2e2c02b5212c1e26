"""Samples of a game, batch by batch: their number is limited by the disk, not by the memory."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from minigan import plots
from minigan.game import Game
from minigan.running.arguments import check_sample
from minigan.running.machine import MOST_PIXELS

BATCH = 500  # samples at a time
MOST_POINTS = 1_000_000  # in one picture of the plane


def draw(game: Game, n: int, seed: int, label: int | None = None) -> Iterator[np.ndarray]:
    """n samples in batches; a conditional game draws all classes in turn, or only `label`.  Raises ValueError for n < 1."""
    check_sample(n)
    rng = np.random.default_rng(seed)
    for start in range(0, n, BATCH):
        turn = np.arange(start, min(start + BATCH, n))
        if label is not None:
            turn[:] = label
        labels = turn % game.classes if game.classes else None
        yield game.sample(len(turn), rng, labels)


def save_separate(samples: np.ndarray, folder: Path, first: int, n: int) -> list[Path]:
    """Write samples first, first + 1, ... of n as one PNG each, 007.png -> the files.  Raises ValueError for points."""
    if samples.ndim != 4:
        what = (
            "clips are drawn as strips in one picture, or by minigan video"
            if samples.ndim == 5
            else "points in the plane are drawn in one picture"
        )
        raise ValueError(f"{what}: leave --separate out")
    digits = len(str(n - 1))
    files = [folder / f"{first + i:0{digits}d}.png" for i in range(len(samples))]
    if there := [file for file in files if file.exists()]:
        raise FileExistsError(f"{there[0]} is there already: choose a new folder, or delete the pictures in it first")
    for file, image in zip(files, samples, strict=True):
        plots.save_png(file, image)
    return files


def check_sheet(samples: np.ndarray, n: int, path: Path) -> None:
    """Raise ValueError if n samples like these are too many for one picture, or the suffix of `path` is no format for it."""
    if samples.ndim >= 4:
        plots.format_of(path, plots.FORMATS)
        frames = samples.shape[1] if samples.ndim == 5 else 1
        most = MOST_PIXELS // (
            frames * math.prod(side + 2 for side in samples.shape[-3:-1])
        )  # a gap of 2 pixels around each
        remedy = "ask for fewer, or write one file each with --separate DIR and without --out"
    else:
        most, remedy = MOST_POINTS, "ask for fewer"
    if n > most:
        raise ValueError(f"one picture holds at most {most:,} of these samples, got n = {n:,}: {remedy}")
