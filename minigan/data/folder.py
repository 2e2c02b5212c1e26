"""Turn any folder of images into a data set: photos straight from a phone, scans, icons.

Each image is rotated upright (EXIF), cropped to its central square and resized to size x size with a Lanczos filter.
Real folders also contain notes, broken downloads and thumbnail databases. One bad file must not end the run, and must not
be dropped silently either: each skipped file is listed with its reason in `Dataset.skipped`, and one warning summarises
them.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np

from minigan.data.dataset import Dataset

MODES = {1: "L", 3: "RGB"}  # channels -> Pillow's mode


def load_folder(path: str | os.PathLike, size: int = 32, channels: int = 3) -> Dataset:
    """All images under `path`, uint8 (N, size, size, channels), sorted by path.

    If every usable image is in a subfolder, the first-level subfolders are the classes; otherwise labels are None. Files
    and folders whose names begin with a dot are ignored.

    Parameters
    ----------
    path
        The folder; searched recursively.
    size
        The side of the square images in pixels.
    channels
        3 for colour or 1 for grey.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        If there is no such folder.
    ValueError
        For a bad argument, or if no file is usable.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        error = NotADirectoryError if root.exists() else FileNotFoundError
        raise error(
            f"folder:PATH needs an existing folder of pictures, got {os.fspath(path)!r} (looked for {root.absolute()})"
        )
    if channels not in MODES:
        raise ValueError(f"channels must be 3 (colour) or 1 (grey), got {channels!r}")
    if not isinstance(size, int) or size < 1:
        raise ValueError(f"size must be an integer number of pixels, at least 1, got {size!r}")
    images, used, skipped = [], [], []
    for file in sorted(file for file in root.rglob("*") if file.is_file()):
        parts = file.relative_to(root).parts
        if any(part.startswith(".") for part in parts):
            continue
        try:
            images.append(_read(file, size, channels))
            used.append(parts)
        except Exception as error:  # Pillow's decoders raise almost any exception on damaged files
            skipped.append(("/".join(parts), _reason(error)))
    if not images:
        raise ValueError(
            f"{root}: no usable image among {len(skipped)} files; give a folder of .png, .jpg, .webp, ... files"
            f"{_summary(skipped)}"
        )
    if skipped:
        warnings.warn(
            f"{root}: {len(skipped)} of {len(skipped) + len(images)} files skipped{_summary(skipped)}", stacklevel=3
        )
    labels, classes = _labels(used)
    return Dataset(np.stack(images), labels, f"folder:{os.fspath(path)}", classes, tuple(skipped))


def _read(file: Path, size: int, channels: int) -> np.ndarray:
    """Read one image as uint8 (size, size, channels). Raises whatever Pillow raises."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings(action="ignore"), Image.open(file) as opened:  # warnings about metadata do not matter
        image: Image.Image = ImageOps.exif_transpose(opened)
        if image.mode in ("I", "F"):
            raise ValueError(
                f"pixels of mode {image.mode} have no defined white level; save it with 8 or 16 bits per channel"
            )
        if image.mode.startswith("I;16"):  # Pillow would clip 16-bit values at 255
            image = Image.fromarray(np.rint(np.asarray(image) / 257).astype(np.uint8))
        if image.has_transparency_data:  # put it on white
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        square = ImageOps.fit(image.convert(MODES[channels]), (size, size), Image.Resampling.LANCZOS)
        return np.asarray(square).reshape(size, size, channels)


def _reason(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    return "not an image" if isinstance(error, UnidentifiedImageError) else f"{type(error).__name__}: {error}"


def _summary(skipped: list[tuple[str, str]], limit: int = 5) -> str:
    lines = [f"\n  {name}: {reason}" for name, reason in skipped[:limit]]
    more = [f"\n  and {len(skipped) - limit} more"] if len(skipped) > limit else []
    return "".join([":" if skipped else "", *lines, *more])


def _labels(used: list[tuple[str, ...]]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Labels and class names from the paths (folder, ..., file) of the images, relative to the root."""
    if any(len(parts) == 1 for parts in used):  # an image outside the subfolders has no class
        return None, ()
    classes = tuple(sorted({parts[0] for parts in used}))
    return np.array([classes.index(parts[0]) for parts in used], dtype=np.int64), classes
