"""Which pixels of an image are known: the masks of the inpainting papers, by name, or a picture of one's own.

centre:16      a square of 16 pixels in the middle is hidden
random:0.8     80 % of the pixels are hidden, each by chance
half:left      the left half is hidden (left, right, top, bottom)
PATH.png       white is hidden, black is known: strokes, text, a scratch
"""

import difflib
import os
from pathlib import Path

import numpy as np

from minigan.data.pictures import PictureError, open_picture
from minigan.running.arguments import check_generator

SIDES = {"left": (1, 0), "right": (1, 1), "top": (0, 0), "bottom": (0, 1)}  # axis, which half
KINDS = "centre:PIXELS, random:SHARE, half:left|right|top|bottom, or the path of a PNG of the image's size (white is hidden)"


def mask(spec: str, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """The mask of this name for images of H x W pixels -> bool (H, W), True where a pixel is known.

    Raises ValueError for a spec that is none of these, and one that hides nothing or everything; FileNotFoundError.
    """
    check_generator(rng)
    kind, _, value = spec.partition(":")
    if kind in ("centre", "center"):
        known = _centre(value, shape, spec)
    elif kind == "random":
        known = rng.random(shape) >= _share(value, spec)
    elif kind == "half" and value in SIDES:
        axis, which = SIDES[value]
        place = np.arange(shape[axis]) * 2 >= shape[axis]
        known = np.broadcast_to(np.expand_dims(place != bool(which), 1 - axis), shape).copy()
    elif Path(spec).suffix.lower() == ".png" or os.path.exists(spec):
        known = _picture(spec, shape)
    else:
        named = [f"centre:{value}", f"random:{value}", *(f"half:{side}" for side in SIDES)]
        close = difflib.get_close_matches(spec, named, n=1, cutoff=0.7)
        guess = f": did you mean {close[0]}? It is" if close else "; it is"
        raise ValueError(f"there is no mask {spec!r}{guess} one of {KINDS}")
    if known.all() or not known.any():
        raise ValueError(
            f"the mask {spec!r} hides {'nothing' if known.all() else 'everything'} of {_size(shape)} pixels; "
            "hide a part of them (in a picture, white is hidden and black is known)"
        )
    return known


def _centre(value: str, shape: tuple[int, int], spec: str) -> np.ndarray:
    if not value.isdecimal() or not 0 < int(value) < min(shape):
        raise ValueError(
            f"{spec!r}: the hidden square has a side of 1 to {min(shape) - 1} pixels, as in centre:{min(shape) // 2}"
        )
    side = int(value)
    known = np.ones(shape, bool)
    top, left = ((n - side) // 2 for n in shape)
    known[top : top + side, left : left + side] = False
    return known


def _share(value: str, spec: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0 < share < 1:
        raise ValueError(f"{spec!r}: the hidden share is a number between 0 and 1, as in random:0.8")
    return share


def _picture(path: str, shape: tuple[int, int]) -> np.ndarray:
    try:
        with open_picture(path) as picture:
            found = np.asarray(picture.convert("L"))
    except PictureError as error:
        raise ValueError(
            f"the mask {error}; a mask is a PNG of {_size(shape)} pixels, white where pixels are hidden"
        ) from error
    if found.shape != shape:
        raise ValueError(f"the mask {path} has {_size(found.shape)} pixels, the image {_size(shape)}: resize it")
    return found < 128


def _size(shape: tuple[int, ...]) -> str:
    """H, W -> "W x H", as image viewers say it."""
    return f"{shape[1]} x {shape[0]}"
