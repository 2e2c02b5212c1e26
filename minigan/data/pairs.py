"""Pairs of pictures: what is to be drawn, and what it is to be drawn from.

    partners(name)       two sets that show the same things: emoji and emoji_noto, or the two subfolders of folder:PATH
    shrunk(images, k)    each image beside its small version: the pairs of super-resolution
    is_held_out(names)   a tenth that no training sees; the same tenth on every machine
    Pairs                the Source of a run: a batch is (x, y), pictures x to be drawn from pictures y

A CycleGAN must not see which picture belongs to which: with aligned=False both sets are dealt out in orders of their own.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from minigan.data.check import to_float
from minigan.data.dataset import Dataset
from minigan.data.registry import load
from minigan.data.sheet import FILES
from minigan.data.source import Batch, Epochs, Source, sha256

PARTNERS = {"emoji": "emoji_noto", "emoji_noto": "emoji"}  # image i of one shows what image i of the other shows
ALIKE = {
    "man",
    "woman",
    "person",
    "male",
    "female",
    "facing",
    "right",
    "with",
    "in",
}  # words that do not make another picture


class Pairs(Source):
    """Pairs (x[i], y[i]): a picture x[i] is to be drawn from y[i].   `shape` is that of x, `given` that of y.

    Parameters
    ----------
    x, y : images (N, H, W, C) and (M, H', W', C'), uint8 or float in [-1, 1]; M = N if they are aligned
    rng : the generator that draws the orders
    aligned : False deals out y in an order of its own, so that a batch holds no pairs
    held_out : x, y of the pairs that are kept apart, for samples and measures; default: none

    Raises ValueError for aligned sets of different lengths, and what Epochs raises.
    """

    def __init__(
        self, x: np.ndarray, y: np.ndarray, *, rng: np.random.Generator, aligned: bool = True,
        held_out: tuple[np.ndarray, np.ndarray] | None = None,
    ):  # fmt: skip
        if aligned and len(x) != len(y):
            raise ValueError(
                f"pairs need as many pictures on both sides, got {len(x)} to draw and {len(y)} to draw from"
            )
        self.targets = Epochs(x, rng=rng)
        self.inputs = Epochs(y, rng=rng.spawn(1)[0])
        self.aligned = aligned
        self.held_out = (x[:0], y[:0]) if held_out is None else held_out
        self.length, self.shape, self.given = len(x), self.targets.shape, self.inputs.shape

    def batch(self, n: int) -> Batch:
        """Pictures x (n, H, W, C) and y (n, H', W', C'), floats in [-1, 1]; x[i] belongs to y[i] only if they are aligned."""
        if not self.aligned:
            return self.targets.batch(n)[0], self.inputs.batch(n)[0]
        chosen = self.targets.indices(n)
        return to_float(self.targets.x[chosen]), to_float(self.inputs.x[chosen])

    def reference(self, n: int = 10_000) -> Batch:
        """The pictures x to be drawn, without labels."""
        return self.targets.x, None

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "sha256": self._sha256}

    @cached_property
    def _sha256(self) -> str:
        return sha256(self.targets.x, self.inputs.x)

    def epoch(self, n: int) -> int:
        return min(super().epoch(n), self.inputs.epoch(n))

    def state(self) -> dict:
        return {"targets": self.targets.state(), "inputs": self.inputs.state()}

    def restore(self, state: dict) -> None:
        self.targets.restore(state["targets"])
        self.inputs.restore(state["inputs"])


def partners(name: str, **settings: Any) -> tuple[Dataset, Dataset, list[str]]:
    """Two sets of pictures -> those to draw, those to draw them from, and the name of each pair.

    name : emoji (drawn from emoji_noto), emoji_noto (from emoji), or folder:PATH: its two subfolders, in alphabetical order
    from and to, such as PATH/a and PATH/b; pictures belong together by the order of their file names
    settings : of `data.load`

    Raises ValueError for a set that has no partner, and what `data.load` raises.
    """
    if name in PARTNERS:
        return load(name), load(PARTNERS[name]), emoji_names()
    if not name.startswith("folder:"):
        there = f"{', '.join(PARTNERS)} and folder:PATH"
        raise ValueError(f"{name} has no second picture of each thing; the sets of pairs are {there}")
    found = load(name, **settings)
    if found.labels is None or len(found.classes) != 2:
        names = ", ".join(found.classes) or "none"
        raise ValueError(f"{name}: pairs are two subfolders, such as a and b; it has {names}")
    given, drawn = (Dataset(found.images[found.labels == k], None, name) for k in (0, 1))
    return drawn, given, [str(i) for i in range(max(len(given), len(drawn)))]


def emoji_names() -> list[str]:
    """The short name of each emoji, in the order of the sets."""
    with open(FILES / "emoji.csv", encoding="utf-8", newline="") as file:
        return [row["name"] for row in csv.DictReader(file)]


def shrunk(images: np.ndarray, k: int) -> np.ndarray:
    """The mean of each k x k block, rounded.   uint8 (N, H, W, C) -> uint8 (N, H/k, W/k, C)

    Raises ValueError if k does not divide H and W.
    """
    N, H, W, C = images.shape
    if H % k or W % k:
        raise ValueError(f"images of {H} x {W} cannot be shrunk to 1/{k}: choose another factor, or other images")
    blocks = images.reshape(N, H // k, k, W // k, k, C)
    return np.rint(blocks.mean(axis=(2, 4), dtype=np.float32)).astype(np.uint8)  # eq:shrink


def is_held_out(names: Sequence[str]) -> np.ndarray:
    """Which pairs no training sees, bool (N,): about a tenth, chosen by the name alone.

    Names that differ in ALIKE words, in numbers or in word order are treated alike: a network trained on man-running has
    nearly seen woman-running.
    """
    return np.array([hashlib.sha256(_family(name).encode()).digest()[0] < 26 for name in names])  # 26 / 256


def _family(name: str) -> str:
    """man-running, woman_running_facing_right -> running; clock10, clock1030 -> clock.   A name of digits alone is kept."""
    words = {re.sub(r"\d+$", "", word) for word in re.split("[-_]", name)} - ALIKE - {""}
    return " ".join(sorted(words)) or name
