"""Attribute arithmetic, counted: of 500 portraits that no training has seen, how many get the beard, and what else changes?

The direction of an attribute is the difference of mean codes, with and without it, over the 4,000 training portraits
(apps/arithmetic.py). It is added to the codes of fresh portraits, and PortraitNet reads what is drawn. What it reads in the plain
reconstruction is the reference, so an eye that the VAE-GAN blurs anyway does not count against the arithmetic.
"""

from pathlib import Path
from typing import Any, cast

import numpy as np

from minigan import data, plots
from minigan.apps.arithmetic import add, direction
from minigan.evaluation.attributes import read
from minigan.measure.results import rows
from minigan.measure.results.table import Cell, Column
from minigan.models import pretrained
from minigan.models.portraitnet import SIZES

NAME, SEEDS = "arithmetic", 1
MODEL, ANY = "vaegan-portraits", "any"
ADDED = {  # method -> the attribute and its value; ANY: every value but "none"
    "beard": ("beard", ANY),
    "full beard": ("beard", "fullBeard"),
    "long beard": ("beard", "longBeard"),
    "black hair": ("hair_color", "black"),
    "blonde hair": ("hair_color", "blonde"),
    "long straight hair": ("rear_hair", "longStraight"),
    "a bun": ("hair", "bun"),
    "dark skin": ("skin", "dark"),
    "laughing mouth": ("mouth", "laugh"),
    "blue clothes": ("clothes_color", "blue"),
    "violet background": ("background", "violet"),
}
METHODS = {
    f"{name}, {scale:g} times": {
        "model": MODEL,
        "attribute": attribute,
        "value": value,
        "scale": scale,
        "portraits": 500,
    }
    for scale in (1.0, 2.0)
    for name, (attribute, value) in ADDED.items()
}
QUICK = {"portraits": 50}
COLUMNS = {
    "before": Column("has it before, %", ".1f"),
    "after": Column("has it after, %", ".1f", "more"),
    "kept": Column("other attributes unchanged, mean, %", ".1f", "more"),
    "kept_least": Column("the least of them, %", ".1f", "more"),
}
DATA = ("portraits",)
SHOWN = 12  # portraits in the picture


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """The shares of one addition, over the first fresh portraits; `kept_NAME` for each other attribute."""
    wanted = cell.settings
    known, fresh = (data.load("portraits", split=split) for split in ("train", "test"))
    game: Any = pretrained.load(wanted["model"])
    v = direction(game.encode(known.to_float()), has(known, wanted["attribute"], wanted["value"]))
    x = fresh.to_float()[: wanted["portraits"]]
    before, after = (read(np.clip(add(game, x, v, scale), -1, 1)).best for scale in (0.0, wanted["scale"]))
    column = list(SIZES).index(wanted["attribute"])
    asked = codes_of(known.attribute_classes[wanted["attribute"]], wanted["value"])
    figures = {
        name: 100 * np.isin(codes[:, column], asked).mean() for name, codes in (("before", before), ("after", after))
    }
    kept = {f"kept_{name}": 100 * (before[:, a] == after[:, a]).mean() for a, name in enumerate(SIZES) if a != column}
    summary = {"kept": np.mean([*kept.values()]), "kept_least": min(kept.values())}
    return {name: float(value) for name, value in (figures | summary | kept).items()}


def codes_of(values: tuple[str, ...], wanted: str) -> list[int]:
    """The codes of an attribute that count as having it."""
    return [code for code, value in enumerate(values) if (value != "none" if wanted == ANY else value == wanted)]


def has(known: data.Dataset, attribute: str, value: str) -> np.ndarray:
    """Which portraits have the attribute, bool (N,)."""
    return np.isin(known.attributes[attribute], codes_of(known.attribute_classes[attribute], value))


def draw(found: list[rows.Row], folder: Path, quick: bool) -> list[Path]:
    """Portraits of the package, their reconstructions, and one line for each addition."""
    known, game = data.load("portraits"), cast(Any, pretrained.load(MODEL))
    z, x = game.encode(known.to_float()), known.to_float()[:SHOWN]
    lines = [x, add(game, x, np.zeros(z.shape[1]))]
    lines += [add(game, x, direction(z, has(known, *wanted))) for wanted in ADDED.values()]
    path = folder / f"{NAME}{'-quick' * quick}.png"
    plots.save_image(path, plots.grid(np.concatenate(lines), columns=SHOWN))
    return [path]
