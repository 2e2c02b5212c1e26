"""Turn any folder of images into a data set: photos straight from a phone, scans, icons.

Each image is rotated upright (EXIF), cropped to its central square and resized to size x size with a Lanczos filter.
Real folders also contain notes, broken downloads and thumbnail databases. One bad file must not end the run, and must not
be dropped silently either: each skipped file is listed with its reason in `Dataset.skipped`, and one warning summarises
them. `minigan data DIR` prints all of it without training.
"""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path

import numpy as np

from minigan.data.dataset import Dataset
from minigan.data.pictures import MODES, PictureError, read_picture
from minigan.data.report import Picture, list_some, shown, summary
from minigan.data.walk import CLUTTER, Found, Skipped, walk

log = logging.getLogger("minigan.data")  # the command line shows what is said here


def load_folder(path: str | os.PathLike, size: int = 32, channels: int = 3, labels: bool = True) -> Dataset:
    """All images under `path`, uint8 (N, size, size, channels), sorted by path.

    The first-level subfolders are the classes, as for torchvision's ImageFolder; images in `path` itself are then
    skipped and listed. Without subfolders, or with labels=False, all images are read and labels are None.

    Parameters
    ----------
    path
        The folder; searched recursively, links included.
    size
        The side of the square images in pixels.
    channels
        3 for colour or 1 for grey.
    labels
        False if subfolders are not classes.

    Raises
    ------
    OSError
        If there is no such folder (FileNotFoundError, NotADirectoryError), or if it cannot be read.
    ValueError
        For a bad argument, if no file is usable, if the folder is a run of minigan, if the images need more memory than the
        machine has, or if most images are outside the subfolders, so that it is unclear whether these are classes.
    """
    return read_folder(path, size, channels, labels)[0]


def read_folder(
    path: str | os.PathLike, size: int = 32, channels: int = 3, labels: bool = True
) -> tuple[Dataset, list[Picture]]:
    """-> what `load_folder` returns, and each image as it is in its file."""
    root = Path(os.path.expanduser(path))
    if not root.is_dir():
        error = NotADirectoryError if root.exists() else FileNotFoundError
        raise error(
            f"folder:PATH needs an existing folder of pictures, got {os.fspath(path)!r} (looked for {root.absolute()})"
        )
    if type(channels) is not int or channels not in MODES:
        raise ValueError(f"channels must be 3 (colour) or 1 (grey), got {channels!r}")
    if type(size) is not int or size < 1:
        raise ValueError(f"size must be an integer number of pixels, at least 1, got {size!r}")
    files, skipped = walk(root)
    _check_memory(root, len(files), size, channels)
    images = np.empty((len(files), size, size, channels), np.uint8)
    pictures: list[Picture] = []
    for file in files:
        try:
            images[len(pictures)], original, mode = read_picture(file.path, size, channels)
            pictures.append(Picture(file.parts, original, mode))
        except PictureError as error:
            skipped.append(("/".join(file.parts), error.reason))
    if not pictures:
        raise ValueError(
            f"{root}: no usable image among {len(skipped)} files; give a folder of .png, .jpg, .webp, ... files{_lines(skipped)}"
        )
    images = images[: len(pictures)]
    numbers: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    if labels and any(len(picture.parts) > 1 for picture in pictures):
        classes, left_out = _classes(root, pictures, files)
        skipped += left_out
        inside = [i for i, picture in enumerate(pictures) if len(picture.parts) > 1]
        if len(inside) < len(pictures):
            images, pictures = images[inside], [pictures[i] for i in inside]
        numbers = np.array([classes.index(picture.parts[0]) for picture in pictures], dtype=np.int64)
    dataset = Dataset(images, numbers, f"folder:{os.fspath(path)}", classes, tuple(sorted(skipped)))
    notable = [entry for entry in dataset.skipped if entry[1] not in CLUTTER]
    if notable:
        text = f"{root}: {len(dataset)} image{'s' * (len(dataset) != 1)} read, {len(notable)} files or folders skipped{_lines(notable)}"
        warnings.warn(text, stacklevel=4)  # at the line that calls data.load
    log.info("%s", summary(dataset))
    return dataset, pictures


def _classes(root: Path, pictures: list[Picture], files: list[Found]) -> tuple[tuple[str, ...], Skipped]:
    """-> the class names, and what is left out: images in no class, classes without an image."""
    loose = [picture.parts[0] for picture in pictures if len(picture.parts) == 1]
    classes = tuple(sorted({picture.parts[0] for picture in pictures if len(picture.parts) > 1}))
    if 2 * len(loose) > len(pictures):
        raise ValueError(
            f"{root}: {len(loose)} images are in the folder itself and {len(pictures) - len(loose)} in subfolders "
            f"({list_some(classes)}): move the first into subfolders, one for each class, or ignore the subfolders with "
            f"--no-labels (in Python labels=False)"
        )
    empty = sorted({file.parts[0] for file in files if len(file.parts) > 1} - {*classes})
    return classes, [
        *[(name, f"in no class: move it into the folder of one ({list_some(classes)})") for name in loose],
        *[(f"{name}/", "no usable image in it: not a class") for name in empty],
    ]


def _check_memory(root: Path, n: int, size: int, channels: int) -> None:
    """Raise ValueError if n images do not fit into the machine's memory."""
    needed = n * size * size * channels
    try:
        there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # not on this system
        return
    if needed > there:
        raise ValueError(
            f"{root}: {n} images of {size} x {size} x {channels} bytes are {needed / 1e9:,.1f} GB, more than the "
            f"{there / 1e9:,.1f} GB of this machine; choose a smaller size"
        )


def _lines(skipped: Skipped, limit: int = 5) -> str:
    lines = [f"\n  {shown(name)}: {reason}" for name, reason in skipped[:limit]]
    more = [f"\n  and {len(skipped) - limit} more"] if len(skipped) > limit else []
    return "".join([":" if skipped else "", *lines, *more])
