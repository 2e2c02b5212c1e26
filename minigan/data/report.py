"""Say what a data set is, in one sentence or on one page: how many images, which classes, what was left out and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from minigan.data.dataset import Dataset

GREY = ("1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I")  # Pillow's modes without colour
KINDS = {1: "grey", 3: "colour"}


@dataclass(frozen=True)
class Picture:
    """An image as it is in its file: its path's parts below the root, its size (width, height), Pillow's mode."""

    parts: tuple[str, ...]
    size: tuple[int, int]
    mode: str


def summary(dataset: Dataset) -> str:
    """One sentence: 40 pictures, 2 classes: cat, dog (skipped: 3, see minigan data photos)."""
    n, classes = len(dataset), dataset.classes
    text = f"{n} picture{'s' * (n != 1)}, {_count_classes(classes)}"
    text += f": {list_some(classes)}" if classes else ""
    path = dataset.name.removeprefix("folder:")
    return text + (f" (skipped: {len(dataset.skipped)}, see minigan data {shown(path)})" if dataset.skipped else "")


def report(dataset: Dataset, pictures: Sequence[Picture] = ()) -> str:
    """One page: the number of images, each class with its number, sizes, colours, duplicates, every skipped file.

    Parameters
    ----------
    dataset
        What was read.
    pictures
        For a folder: its images as they are in their files.
    """
    n, height, width, channels = dataset.images.shape
    lines = [shown(dataset.name), f"  pictures    {n}", f"  classes     {len(dataset.classes) or 'none'}"]
    if dataset.labels is not None:
        counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
        names = [shown(name) for name in dataset.classes] or [str(k) for k in range(len(counts))]
        widest = max(map(len, names))
        lines += [f"    {name:<{widest}}  {count}" for name, count in zip(names, counts)]
    made = f"{width} x {height}, {KINDS[channels]}"
    if pictures:
        colours = Counter("grey" if picture.mode in GREY else "colour" for picture in pictures)
        lines.append(f"  in files    {_sizes([picture.size for picture in pictures])}; {_counted(colours)}")
        lines.append(f"  read as     {made}: upright, the central square, resized")
    else:
        lines.append(f"  size        {made}")
    lines.append(f"  memory      {dataset.images.nbytes / 1e6:,.1f} MB as bytes")
    repeated = n - len({image.tobytes() for image in dataset.images})
    lines.append(f"  duplicates  {repeated or 'none'}{' (equal to another picture as read)' * bool(repeated)}")
    lines.append(f"  skipped     {len(dataset.skipped) or 'none'}")
    lines += [f"    {shown(name)}: {reason}" for name, reason in dataset.skipped]
    return "\n".join(lines)


def shown(text: str | os.PathLike) -> str:
    """A name from a file system as it may be printed: what would move the cursor or cannot be encoded is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in str(text))


def list_some(names: Sequence[str], limit: int = 10) -> str:
    """a, b, c and 7 more"""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(shown(name) for name in names[:limit]) + more


def _count_classes(classes: Sequence[str]) -> str:
    return "no classes" if not classes else f"{len(classes)} class{'es' * (len(classes) != 1)}"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def _sizes(sizes: Iterable[tuple[int, int]]) -> str:
    """640 x 480 for one size, else the smallest and the largest by area."""
    ordered = sorted(set(sizes), key=lambda size: (size[0] * size[1], size))
    first, last = (f"{width} x {height}" for width, height in (ordered[0], ordered[-1]))
    return first if len(ordered) == 1 else f"{first} to {last}, {len(ordered)} sizes"
