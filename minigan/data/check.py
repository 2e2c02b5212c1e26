"""Refuse data that cannot be trained on before the first step, and say how to convert it.

Images in 0 .. 255 as floats, or labels as one-hot rows, train without a word or fail many steps later. Everything here is
checked once, when a source is made: one pass over float images, none over uint8 ones.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from minigan.running.arrays import as_array

SLACK = 1e-3  # beyond [-1, 1]: what rounding and resampling add


def check_samples(x: Any) -> np.ndarray:
    """The samples as an array, uint8 or float: images (N, H, W, C), floats in [-1, 1], or points (N, 2) of any range.

    Raises TypeError for another dtype, ValueError for NaN, Inf, or float images outside [-1, 1]; warns of float images in [0, 1].
    """
    x = as_array("the samples", x)
    if x.ndim == 0:
        raise ValueError("expected an array of samples, images (N, H, W, C) or points (N, 2), got a single number")
    if x.dtype == np.uint8 or (x.dtype.kind == "f" and not x.size):
        return x
    if x.dtype.kind not in "fiub":
        raise TypeError(f"samples must be uint8, or floats in [-1, 1], got an array of {x.dtype}")
    if x.dtype.kind != "f":
        raise TypeError(
            f"samples must be uint8 (0 to 255), or floats in [-1, 1], got {x.dtype}: use {_from_integers(x)}"
        )
    low, high = float(x.min()), float(x.max())  # both are NaN if any number is
    if not np.isfinite([low, high]).all():
        bad = int(np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))[0])
        raise ValueError(f"sample {bad} of the data has NaN or Inf in it: leave out or mend such samples")
    if x.ndim < 3:
        return x
    if low < -1 - SLACK or high > 1 + SLACK:
        bytes_like = low >= 0 and high <= 255
        fix = "x / 127.5 - 1, or pass uint8" if bytes_like else "2 * (x - x.min()) / (x.max() - x.min()) - 1"
        raise ValueError(f"float images must be in [-1, 1], got values from {low:g} to {high:g}: use {fix}")
    if low >= 0 and high > 0:
        warnings.warn(
            f"all float images are between {low:g} and {high:g}, but a generator draws in [-1, 1]: "
            "if 0 is black and 1 is white, use 2 * x - 1",
            stacklevel=4,
        )
    return x


def like_drawn(game: Any, x: Any) -> np.ndarray:
    """The samples x, checked like the data of a training, as floats: images in [-1, 1] of the shape that the game draws.

    Raises what `check_samples` raises, and ValueError for no sample and, with the way to convert them, for samples of another
    shape. A network that begins with Flatten takes any image with the right number of values.
    """
    with warnings.catch_warnings(action="ignore"):  # a few images may all be bright
        x = check_samples(x)
    drawn = game.sample(1, np.random.default_rng(0)).shape[1:]
    if x.shape[1:] != drawn:
        fix = other_shape(x.shape[1:], drawn)
        raise ValueError(f"the game draws samples of shape {drawn}, got samples of shape {x.shape[1:]}: {fix}")
    if not len(x):
        raise ValueError(f"expected at least one sample of shape {drawn}, got none: x has the shape {x.shape}")
    return to_float(x)


def other_shape(given: tuple[int, ...], drawn: tuple[int, ...]) -> str:
    """How samples of the shape `given` become such of the shape `drawn`."""
    if len(given) == 3 == len(drawn) and (*given[1:], given[0]) == drawn:
        return "put the channels last, x.transpose(0, 2, 3, 1)"
    if len(given) == 1 and given[0] == np.prod(drawn):
        return f"use x.reshape(-1, {', '.join(map(str, drawn))})"
    if (*given, 1) == drawn:
        return "use x[..., None]"
    if given == drawn[1:]:
        return "for one image write x[None]"
    if given[:2] == drawn[:2] and len(given) == len(drawn) == 3:
        return (
            "use x.mean(axis=3, keepdims=True), grey" if drawn[2] == 1 else "use np.repeat(x, 3, axis=3), grey as RGB"
        )
    if len(given) == len(drawn) == 3 and given[2] == drawn[2] and max(given[:2]) < drawn[0] == drawn[1]:
        return f"put a black frame around them, Dataset.to_float(pad_to={drawn[0]})"
    return "build the networks for the shape of the data"


def kind_of(shape: tuple[int, ...]) -> str:
    """What samples of this shape are, in words for a message: "points in the plane", "images" or "clips"."""
    return {3: "images", 4: "clips"}.get(len(shape), "points in the plane")


def to_float(x: np.ndarray) -> np.ndarray:
    """x / 127.5 - 1: uint8 in 0 .. 255 -> float32 in [-1, 1]; every other dtype passes unchanged."""
    return x.astype(np.float32) / np.float32(127.5) - np.float32(1) if x.dtype == np.uint8 else x


def _from_integers(x: np.ndarray) -> str:
    """The expression that converts integers or booleans to what a network takes."""
    if x.dtype == bool:
        return "x.astype(np.uint8) * 255"
    if x.ndim < 3:
        return "x.astype(np.float32)"
    low, high = (int(x.min()), int(x.max())) if x.size else (0, 0)
    if low >= 0 and high <= 255:
        return "x.astype(np.uint8)"
    return f"(x - {low}) / {(high - low) / 2:g} - 1 for values from {low} to {high}"


def check_labels(y: Any, n: int, classes: int | None = None) -> Any:
    """The labels as int64 (n,), whole numbers from 0, below `classes` if that is given.  A list is accepted, and None too.

    Raises TypeError for labels that are not whole numbers, ValueError for another shape or a label out of range.
    """
    if y is None:
        return None
    y = as_array("the labels", y)
    if classes == 0:
        refuse_labels(y)
    if y.ndim == 2 and y.shape[0] == n:
        fix = "y.argmax(axis=1), if the rows are one-hot" if y.shape[1] > 1 else "y[:, 0]"
        raise ValueError(
            f"labels must have the shape ({n},), one class number for each sample, got {y.shape}: use {fix}"
        )
    if y.ndim != 1:
        raise ValueError(f"labels must have the shape ({n},), one class number for each sample, got {y.shape}")
    if len(y) != n:
        raise ValueError(f"every image needs its label: got {n} images and {len(y)} labels")
    if y.dtype.kind not in "iu" and len(y):
        fix = "y.astype(np.int64)" if y.dtype.kind in "bf" else "names, y = np.unique(y, return_inverse=True)"
        raise TypeError(f"labels must be whole numbers from 0, got {y.dtype} such as {y[0]!r}: use {fix}")
    if len(y) and (y.min() < 0 or (classes and y.max() >= classes)):
        most = f" to {classes - 1}" if classes else ""
        shift = ": they are counted from 0, use y - 1" if classes and (y.min(), y.max()) == (1, classes) else ""
        raise ValueError(f"labels must be whole numbers from 0{most}, got {y.min()} to {y.max()}{shift}")
    return y.astype(np.int64, copy=False)


def refuse_labels(y: Any) -> None:
    """Raise ValueError if labels are given to a game that has no classes; it would ignore them."""
    if y is not None:
        raise ValueError("labels were given, but this game has no classes: leave them out, or train with labels")


def labels_or_cycle(y: Any, n: int, classes: int) -> Any:
    """The labels of n samples as `check_labels` returns them; without any 0, 1, 2, ... in turn, None if there are no classes."""
    return np.arange(n) % classes if classes and y is None else check_labels(y, n, classes)
