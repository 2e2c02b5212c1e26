"""Measure a trained game and show what the numbers hide: tables and two pictures in the folder of its run.

Numbers rank generators; pictures show what is wrong with one. So D's score is shown for each image, real and generated,
if the game has scores, and each generated image is shown next to the training image it resembles most, which catches a
G that copies.
"""

import json
import math
from pathlib import Path

import numpy as np

from minigan import plots
from minigan.data.check import to_float
from minigan.evaluation.attributes import attributes
from minigan.evaluation.clips import bouncing
from minigan.evaluation.features import features_for
from minigan.evaluation.measures import evaluate, evaluate_points, memorised
from minigan.evaluation.table import table
from minigan.game import Game
from minigan.running.arguments import is_whole
from minigan.running.files import atomic_write
from minigan.running.machine import refuse_too_large
from minigan.trainer import Trainer

IMAGES, POINTS, CLIPS = 10_000, 2_500, 500  # how many samples by default
SCORED = 2_000  # of each kind


def report(
    trainer: Trainer,
    data: str,
    n: int | None = None,
    seed: int = 0,
    condition: str = "",
    held_out: np.ndarray | None = None,
    features: str | None = None,
) -> tuple[dict, dict[str, Path]]:
    """Measure n new samples of trainer.game against its training set, named `data`, and write the results to trainer.out.

    Parameters
    ----------
    n : number of samples, by default 10,000 images, 2,500 points in the plane or 500 clips
    seed : of the noise and of everything else drawn here
    condition : the attribute that the labels are, "" for the data set's own labels
    held_out : real images outside the training set (M, H, W, C); distances to the training set are then compared with theirs
    features : the space of the distances between images, one of FEATURES; default: features_for(data)

    Returns
    -------
    The result of `evaluate`, and the files written, by name: evaluation.md, evaluation.json, scores.png if the game has
    a `score` and no clips, and for images nearest.png.

    Raises ValueError for a run that is only in memory, and for fewer than 100 images.
    """
    game, out = trainer.game, trainer.checkpoint_path.parent
    x, y = trainer.source.reference()
    if not game.classes:  # its samples have no labels
        y = None
    rng, noise = (np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(2))
    if n is not None and not (is_whole(n) and n >= 1):
        raise ValueError(f"evaluate needs n >= 1 samples, got {n!r}")
    if n is None:
        n = {2: POINTS, 5: CLIPS}.get(x.ndim, IMAGES)
    refuse_too_large(
        f"evaluating {n:,} samples", 12 * n * math.prod(x.shape[1:])
    )  # as float32 and uint8, and their features
    partner = rng.integers(len(x), size=n)  # each sample is given the label of a real image
    labels = None if y is None else y[partner]
    samples = game.sample(n, noise) if labels is None else game.sample(n, noise, labels)
    written = {name: out / file for name, file in (("table", "evaluation.md"), ("json", "evaluation.json"))}
    score = None if x.ndim == 5 else getattr(game, "score", None)  # the picture of scores has no room for clips
    if score:
        written["scores"] = out / "scores.png"
    if x.ndim == 2:
        result = evaluate_points(samples, x[partner], data)
        if score:
            plots.scatter2d(x[partner], samples, written["scores"], score=score)
    elif x.ndim == 5:
        result = evaluate(samples, x, features or features_for(data), rng)
        if data == "bouncing_digits":
            found, floor = bouncing(samples), bouncing(x[: len(samples)])
            result["measures"] |= {name: {"value": found[name], "floor": floor[name]} for name in found}
    else:
        samples = plots.to_image(samples)
        result = evaluate(samples, x, features or features_for(data), rng, labels, y)
        copies = memorised(samples, x, rng)
        real = copies["real"] if held_out is None else memorised(held_out, x, rng)["distance"]
        result["measures"]["nearest_training_image"] = {
            "value": float(np.median(copies["distance"])),
            "floor": float(np.median(real)),
        }
        if data == "portraits":
            asked = None if labels is None or y is None else (condition, labels, y)
            result["measures"] |= attributes(samples, x, rng, held_out, asked)
        if score:
            shown, fake, known = x[partner[:SCORED]], samples[:SCORED], None if labels is None else labels[:SCORED]
            plots.scored(shown, fake, scores(game, shown, known), scores(game, fake, known), written["scores"])
        written["nearest"] = out / "nearest.png"
        nearest = x[copies["index"]]
        plots.pairs(samples, nearest, copies["distance"], copies["own"], real, written["nearest"])
    result = {"run": out.name, "step": trainer.t, "seed": seed, **result}
    atomic_write(written["json"], json.dumps(result, indent=1) + "\n")
    atomic_write(written["table"], f"# {out.name}, step {trainer.t:,}\n\n{table(result)}\n")
    return result, written


def scores(game: Game, images: np.ndarray, labels: np.ndarray | None, block: int = 250) -> np.ndarray:
    """game.score, `block` images at a time.   uint8 or float in [-1, 1] (N, H, W, C), labels (N,) or None -> (N,)"""
    score = game.score  # type: ignore[attr-defined]
    starts = range(0, len(images), block)
    parts = [(to_float(images[i : i + block]), None if labels is None else labels[i : i + block]) for i in starts]
    return np.concatenate([score(*part) for part in parts])
