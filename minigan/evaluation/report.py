"""A trained game is measured, and looked at: tables and two pictures in the folder of its run.

Numbers rank generators; pictures tell what is wrong with one.  So D is asked about each image, real and generated, and each
generated image is laid beside the training image that it resembles most: a G that copies would be caught there.
"""

import json
from pathlib import Path

import numpy as np

from minigan import plots
from minigan.evaluation.features import features_for
from minigan.evaluation.measures import evaluate, evaluate_points, memorised
from minigan.evaluation.table import table
from minigan.game import GAN
from minigan.running.files import atomic_write
from minigan.trainer import Trainer

IMAGES, POINTS = 10_000, 2_500  # how many samples, unless told
SCORED = 2_000  # of each kind


def report(trainer: Trainer, data: str, n: int | None = None, seed: int = 0) -> tuple[dict, dict[str, Path]]:
    """Measure n new samples of trainer.game against its training set, named `data`, and write what is found to trainer.out.

    -> the result of `evaluate`, and the files written: evaluation.md, evaluation.json, scores.png and, of images, nearest.png.
    """
    game, x, y, out = trainer.game, trainer.x, trainer.y, trainer.out
    rng, noise = (np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(2))
    if n is None:
        n = POINTS if x.ndim == 2 else IMAGES
    partner = rng.integers(len(x), size=n)  # each sample is asked for the label of a real image
    labels = None if y is None else y[partner]
    samples = game.sample(n, noise) if y is None else game.sample(n, noise, labels)
    written = {name: out / file for name, file in (("table", "evaluation.md"), ("json", "evaluation.json"))}
    written["scores"] = out / "scores.png"
    if x.ndim == 2:
        result = evaluate_points(samples, x[partner], data)
        plots.scatter2d(x[partner], samples, written["scores"], score=game.D)
    else:
        samples = plots.to_image(samples)
        result = evaluate(samples, x, features_for(data), rng, labels, y)
        copies = memorised(samples, x, rng)
        result["measures"]["nearest_training_image"] = {
            "value": float(np.median(copies["distance"])),
            "floor": float(np.median(copies["real"])),
        }
        real, fake, asked = x[partner[:SCORED]], samples[:SCORED], None if y is None else labels[:SCORED]
        plots.scored(real, fake, scores(game, real, asked), scores(game, fake, asked), written["scores"])
        written["nearest"] = out / "nearest.png"
        nearest = x[copies["index"]]
        plots.pairs(samples, nearest, copies["distance"], copies["own"], copies["real"], written["nearest"])
    result = {"run": out.name, "step": trainer.t, "seed": seed, **result}
    atomic_write(written["json"], json.dumps(result, indent=1) + "\n")
    atomic_write(written["table"], f"# {out.name}, step {trainer.t:,}\n\n{table(result)}\n")
    return result, written


def scores(game: GAN, images: np.ndarray, labels: np.ndarray | None, block: int = 250) -> np.ndarray:
    """D(x), or D(x, label) of a conditional game, in evaluation mode.   uint8 (N, H, W, C), (N,) or None -> (N,)"""
    found = []
    for i in range(0, len(images), block):
        x = images[i : i + block].astype(game.D.dtype) / 127.5 - 1
        found.append(game.D(x if labels is None else (x, labels[i : i + block])).reshape(-1))
    return np.concatenate(found)
