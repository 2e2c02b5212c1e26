"""Small sets: what DiffAugment and ADA are worth with 400, 1,000 and 4,000 portraits, and with the 1,641 emoji.

Zhao et al. 2020 report that DiffAugment halves the FID where a tenth of the data is left. Here every method runs the same number of
steps of the recipe `small`, with nothing changed but the augmentation and the number of training images. All are compared with all
4,000 portraits, whatever they were trained on; what a method has memorised is measured against its own training images.
"""

from typing import Any

import numpy as np

from minigan import data, evaluation, plots
from minigan.data import Dataset
from minigan.measure.results.table import Cell, Column
from minigan.measure.results.training import QUALITY, quality, trainer_of
from minigan.zoo import small

NAME, SEEDS = "portraits", 3
WAYS: dict[str, dict] = {"plain": {"augment": "none"}, "DiffAugment": {"ada": False}, "ADA": {"ada": True}}
FIXED = (
    "augment",
    "ada",
    "target",
    "ada_images",
    "model",
    "loss",
    "penalty",
    "gamma",
    "batch",
    "lr",
    "latent",
    "width",
    "ema",
)


def methods() -> dict[str, dict]:
    """Method -> settings: each number of images with each way to augment."""
    fixed = {option: getattr(small.Options(), option) for option in FIXED} | {"steps": 2000}
    sets = {f"{n:,}": ("portraits", n) for n in (400, 1000, 4000)} | {"emoji": ("emoji", 1641)}
    return {
        f"{name}/{way}": fixed | {"data": kind, "images": n} | changes
        for name, (kind, n) in sets.items()
        for way, changes in WAYS.items()
    }


METHODS = methods()
QUICK = {"steps": 10, "width": 8}
COLUMNS = {
    **QUALITY,
    "pairs_made": Column("pairs of values made, %", ".1f", "more"),
    "pair_error": Column("their total variation", ".3f", "less"),
    "new_combinations": Column("new combinations, %", ".1f", "more"),
    "nearest": Column("distance to training / real's", ".2f"),
    "augment_p": Column("p at the end", ".2f"),
}
SAMPLES = 4000


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train on the first images of the set, in a fixed random order, and measure the samples against all of it."""
    settings = dict(cell.settings)
    options = small.Options(seed=cell.seed, **{name: value for name, value in settings.items() if name != "images"})
    whole = data.load(options.data)
    # the same for all seeds, so they differ in nothing else
    order = np.random.default_rng(0).permutation(len(whole))[: settings["images"]]
    game = trained(options, whole, order)
    return judged(game, whole, order, 200 if quick else SAMPLES, cell.seed)


def trained(options: small.Options, whole: Dataset, chosen: np.ndarray) -> Any:
    """The game after all steps on the chosen images."""
    labels = None if whole.labels is None else whole.labels[chosen]
    trainer = trainer_of(small, options, whole.images[chosen], labels)
    trainer.run()
    return trainer.game


def judged(game: Any, whole: Dataset, chosen: np.ndarray, n: int, seed: int) -> dict[str, float]:
    """The figures of n samples of the averaged G."""
    rng = np.random.default_rng([seed, 2])
    labels = None if whole.labels is None else rng.choice(whole.labels[chosen], n)
    images = plots.to_image(game.sample(n, rng, labels))
    figures = quality(images, whole.images, whole.name, rng)
    training = whole.images[chosen]
    if whole.name == "portraits":
        made = evaluation.attributes(images, whole.images, rng)
        new = evaluation.attributes(images, training, rng)["new_combinations"]["value"]
        figures |= {"pairs_made": 100 * made["pairs_made"]["value"], "pair_error": made["pair_error"]["value"]}
        figures |= {"new_combinations": 100 * new}
    copies = evaluation.memorised(images, training, rng)
    unseen = np.setdiff1d(np.arange(len(whole)), chosen)[:n]
    real = evaluation.memorised(whole.images[unseen], training, rng)["distance"] if len(unseen) else copies["real"]
    figures |= {"nearest": float(np.median(copies["distance"]) / np.median(real))}
    probabilities = [float(layer.p[0]) for layer in small.adaptive(game.D)]
    return figures | {"augment_p": max(probabilities, default=0.0)}
