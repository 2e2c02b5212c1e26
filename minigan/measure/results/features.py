"""In which space should pictures be compared?  The damage of harm.py done to emoji, measured in VGG-16's features and in pixels.

As in damage.py the damaged set is compared with a reference set from the other half of the data, and z says by how many standard deviations
between undamaged sets a measure moved. The pictures are white where digits are black, so they are damaged in negative: what
a shift lets in from outside is white paper.
"""

from pathlib import Path

import numpy as np

from minigan import data, plots
from minigan.evaluation.features import PIXELS, VGG16, describe
from minigan.measure.results import damage, rows
from minigan.measure.results.harm import Pool
from minigan.measure.results.table import Cell, Column
from minigan.metrics.frechet import frechet_distance
from minigan.metrics.manifold import precision_recall

NAME, SEEDS = "features", 1
SAME = {"images": 400, "cuts": 8}
METHODS = {method: settings | SAME for method, settings in damage.METHODS.items()}
QUICK = {"images": 150}
SPACES = {"vgg": VGG16, "pixels": PIXELS}
MEASURES: damage.Measures = {
    f"{measure}_{space}": (f"{heading}, {name}", form, sign)
    for space, name in SPACES.items()
    for measure, heading, form, sign in (
        ("frechet", "Frechet distance", ".2f", +1), ("precision", "precision", ".3f", -1), ("recall", "recall", ".3f", -1),
    )
}  # fmt: skip
COLUMNS = {name: Column(heading, form) for name, (heading, form, _) in MEASURES.items()}


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """The measures of one damaged set; or, for the floor, their means and standard deviations over undamaged splits."""
    return damage.measured(cell, split_pool, answers, MEASURES)


def split_pool(n: int, rng: np.random.Generator) -> Pool:
    """Split the emoji into random halves, as negatives: n images of the first are the reference, the second half is the pool."""
    emoji = data.load("emoji")
    assert emoji.labels is not None
    order = rng.permutation(len(emoji))
    x, half = -emoji.to_float()[order], len(emoji) // 2
    return Pool(x[half:], emoji.labels[order][half:], x[:n])


def answers(reference: np.ndarray, query: np.ndarray) -> dict[str, float]:
    """Each measure of the query set against the reference set: negatives (n, 32, 32, 3) in [-1, 1]."""
    found = {}
    for space, name in SPACES.items():
        real, fake = (describe(plots.to_image(-images), name)[0] for images in (reference, query))
        found[f"frechet_{space}"] = frechet_distance(real, fake)
        found[f"precision_{space}"], found[f"recall_{space}"] = precision_recall(real, fake)
    return found


def draw(found: list[rows.Row], folder: Path, quick: bool) -> list[Path]:
    """The panels of damage.draw for these measures; nothing until the table is complete."""
    figures = {row["method"]: rows.figures(row) for row in found}
    if METHODS.keys() - figures.keys():
        return []
    z = damage.scores(figures, MEASURES)
    heading = "The same damage to emoji, seen in VGG-16's features and in pixels.\nHeight: z; up is worse"
    return [damage.picture(z, MEASURES, heading, folder / f"{NAME}{'-quick' * quick}.png")]
