"""Two folders of images, real and generated, measured as a run's samples are; whoever drew them.

With a game that has scores, its D judges both folders.
"""

import json
import os
from pathlib import Path

import numpy as np

from minigan import plots
from minigan.data.check import kind_of
from minigan.data.equal import read_equal
from minigan.evaluation.features import VGG16
from minigan.evaluation.measures import evaluate, memorised
from minigan.evaluation.report import SCORED, scores
from minigan.evaluation.table import table
from minigan.game import Game
from minigan.running.files import atomic_write


def compare_folders(
    real: str | os.PathLike, fake: str | os.PathLike, features: str | None = None, seed: int = 0,
    out: str | os.PathLike | None = None, judge: tuple[str, Game] | None = None,
) -> tuple[dict, dict[str, Path]]:  # fmt: skip
    """Measure the images in the folder `fake` against those in `real` -> the result of `evaluate`, the files written.

    Parameters
    ----------
    features : the space of the distances; default VGG-16's features
    seed : of the random splits
    out : folder for evaluation.md, evaluation.json, nearest.png and, with a judge, scores.png; None: nothing is written
    judge : the name of a run and its game, whose D scores both folders

    Raises ValueError if the images of the two folders, or of the judge, differ in size or colour, and for fewer than 100.
    """
    x, samples = read_equal(real), read_equal(fake)
    refuse_different(f"the pictures of {real}", x.shape[1:], f"those of {fake}", samples.shape[1:])
    if judge:
        refuse_unfit(*judge, x.shape[1:])
    rng = np.random.default_rng(seed)
    result = evaluate(samples, x, features or VGG16, rng)
    copies = memorised(samples, x, rng)
    result["measures"]["nearest_training_image"] = {
        "value": float(np.median(copies["distance"])),
        "floor": float(np.median(copies["real"])),
    }
    result = {"real": os.fspath(real), "fake": os.fspath(fake), "seed": seed, **result}
    written: dict[str, Path] = {}
    if out is not None:
        written = {name: Path(out) / file for name, file in (("table", "evaluation.md"), ("json", "evaluation.json"))}
        atomic_write(written["json"], json.dumps(result, indent=1) + "\n")
        atomic_write(written["table"], f"# {fake} against {real}\n\n{table(result)}\n")
        written["nearest"] = Path(out) / "nearest.png"
        nearest = x[copies["index"]]
        plots.pairs(samples, nearest, copies["distance"], copies["own"], copies["real"], written["nearest"])
        if judge:
            written["scores"] = Path(out) / "scores.png"
            shown, drawn = x[:SCORED], samples[:SCORED]
            found = scores(judge[1], shown, None), scores(judge[1], drawn, None)
            plots.scored(shown, drawn, *found, written["scores"])
    return result, written


def refuse_different(one: str, a: tuple[int, ...], other: str, b: tuple[int, ...]) -> None:
    """Raise ValueError unless both kinds of images (H, W, C) have one size and are both grey or both in colour."""
    if a[:2] != b[:2]:
        raise ValueError(f"{one} have {a[1]} x {a[0]} pixels, {other} {b[1]} x {b[0]}: resize one of the two")
    if a[2] != b[2]:
        kinds = ["grey" if shape[2] == 1 else "in colour" for shape in (a, b)]
        raise ValueError(f"{one} are {kinds[0]}, {other} {kinds[1]}: convert one of the two")


def refuse_unfit(name: str, game: Game, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless the game has a D that can score images (H, W, C) without labels."""
    if not hasattr(game, "score"):
        raise ValueError(f"{name} has no D that scores images: leave it out")
    if game.classes:
        raise ValueError(
            f"the D of {name} needs the label of each image, and a folder has none: use a run without labels"
        )
    drawn = game.sample(1, np.random.default_rng(0)).shape[1:]
    if len(drawn) != 3:
        raise ValueError(f"the D of {name} scores {kind_of(drawn)}, not images")
    refuse_different("the pictures of the folders", shape, f"those of {name}", drawn)
