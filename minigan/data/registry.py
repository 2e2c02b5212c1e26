"""The entry point for all data sets: `load(name)`. Each set has its own reader; this file only chooses the reader."""

from __future__ import annotations

import dataclasses
import difflib
import os

from minigan.data.dataset import Dataset
from minigan.data.embedded import digits8, emoji, emoji_noto, mnist10k
from minigan.data.folder import load_folder
from minigan.data.mnist import load_mnist
from minigan.data.portraits import load_portraits
from minigan.data.published import PREFIX, PUBLISHED

EMBEDDED = {
    "mnist10k": mnist10k,
    "digits8": digits8,
    "emoji": emoji,
    "emoji_noto": emoji_noto,
    "portraits": load_portraits,
}
CLIPS = ("bouncing_digits", "moving_portraits")  # drawn by data.Clips: not loaded
POINTS = ("ring", "grid")  # points in the plane, drawn by data.ring and data.grid: not loaded
NAMES = (*EMBEDDED, *PUBLISHED, "folder:PATH")


def load(
    name: str,
    *,
    split: str = "train",
    download: bool = False,
    folder: str | os.PathLike | None = None,
    size: int | None = None,
    channels: int | None = None,
    labels: bool = True,
) -> Dataset:
    """Load a data set by name.

    Parameters
    ----------
    name
        One of NAMES: "mnist10k", "digits8", "emoji", "emoji_noto", "portraits", "mnist", "fashion_mnist" or "folder:PATH".
    split
        "train"; mnist, fashion_mnist and portraits also have "test".
    download
        mnist and fashion_mnist only: download the files if they are not on this machine.
    folder
        mnist, fashion_mnist and the test portraits only: where to look for the files first.
    size
        "folder:PATH" only: the side of the square images in pixels (default 32).
    channels
        "folder:PATH" only: 3 for colour (the default) or 1 for grey.
    labels
        False: without labels; in "folder:PATH", subfolders are then not classes, and all images are read.

    Raises
    ------
    TypeError
        If the name is not a string.
    ValueError
        For an unknown name or split, or an option that does not apply to this data set.
    FileNotFoundError
        If the files are not there; other OSErrors if they cannot be read.
    ConnectionError
        If a download fails.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, one of {', '.join(NAMES)}; got {type(name).__name__}")
    is_folder, is_mnist = name.startswith("folder:") and name != "folder:", name in PUBLISHED
    if not (is_folder or is_mnist or name in EMBEDDED):
        raise ValueError(_unknown(name))
    if not is_folder and (size is not None or channels is not None):
        raise ValueError(f'size and channels apply only to "folder:PATH"; {name} has a fixed size: leave them out')
    if download and not is_mnist:
        raise ValueError(f"download applies only to mnist and fashion_mnist; leave it out for {name}")
    if folder is not None and not (is_mnist or (name == "portraits" and split == "test")):
        raise ValueError(f"folder applies only to mnist, fashion_mnist and the test portraits; leave it out for {name}")
    there = splits(name)
    if split not in there:
        raise ValueError(
            f"{name} has the split{'s' * (len(there) > 1)} {' and '.join(map(repr, there))}, got {split!r}"
        )
    if is_folder:
        path = name.removeprefix("folder:")
        return load_folder(path, 32 if size is None else size, 3 if channels is None else channels, labels)
    if name == "portraits":
        return load_portraits(split, folder)
    dataset = load_mnist(name, split, download, folder) if is_mnist else EMBEDDED[name]()
    return dataset if labels else dataclasses.replace(dataset, labels=None, classes=())


def splits(name: str) -> tuple[str, ...]:
    """The parts of a data set that `load` knows: "train", and for some "test"."""
    return tuple(PREFIX) if name in (*PUBLISHED, "portraits") else ("train",)


def _unknown(name: str) -> str:
    """The error message for an unknown name, with the most likely correction."""
    message = f"there is no data set {name!r}; the names are {', '.join(NAMES)}"
    if name in POINTS:
        return f"{message}. {name} consists of points in the plane, not images: use data.{name}(n, rng)"
    if name in CLIPS:
        return f"{message}. {name} consists of clips, drawn as they are needed: use data.{name}(n, rng), or data.Clips({name!r}, rng)"
    message += f", and {' and '.join(POINTS)} for points in the plane"
    close = difflib.get_close_matches(name, (*NAMES, *POINTS), n=1)
    if os.path.isdir(name):
        close = [f"folder:{name}"]
    return f"{message}. Did you mean {close[0]!r}?" if close else message
