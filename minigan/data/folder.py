"""Make a data set of any folder of pictures: photos straight from a phone, scans, icons.

Each picture is turned upright (EXIF), cut to its central square, and shrunk to size x size with a Lanczos filter. A
folder found in the wild holds notes, broken downloads and thumbnails' databases; one bad file must not end the run,
and must not vanish in silence either: each file left out is listed with its reason in `Dataset.skipped`, and one
warning sums them up.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np

from minigan.data.dataset import Dataset

MODES = {1: "L", 3: "RGB"}  # channels -> Pillow's name for them


def load_folder(path: str | os.PathLike, size: int = 32, channels: int = 3) -> Dataset:
    """All pictures under `path`, uint8 (N, size, size, channels), in the order of their paths; dot-files are ignored.

    If every usable picture lies in a subfolder, the first-level subfolders are the classes; otherwise labels are None.
    Raises FileNotFoundError or NotADirectoryError for the path, ValueError for a bad argument or when no file is
    usable.
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
        raise ValueError(f"size must be a whole number of pixels, at least 1, got {size!r}")
    images, used, skipped = [], [], []
    for file in sorted(file for file in root.rglob("*") if file.is_file()):
        parts = file.relative_to(root).parts
        if any(part.startswith(".") for part in parts):
            continue
        try:
            images.append(_read(file, size, channels))
            used.append(parts)
        except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
            skipped.append(("/".join(parts), _reason(error)))
    if not images:
        raise ValueError(
            f"{root}: no usable picture among {len(skipped)} files; give a folder of .png, .jpg, .webp, ..."
            f"{_summary(skipped)}"
        )
    if skipped:
        warnings.warn(
            f"{root}: {len(skipped)} of {len(skipped) + len(images)} files skipped{_summary(skipped)}", stacklevel=3
        )
    labels, classes = _labels(used)
    return Dataset(np.stack(images), labels, f"folder:{os.fspath(path)}", classes, tuple(skipped))


def _read(file: Path, size: int, channels: int) -> np.ndarray:
    """One picture -> uint8 (size, size, channels). Raises whatever Pillow does."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings(action="ignore"), Image.open(file) as image:  # about odd metadata: pixels count
        image = ImageOps.exif_transpose(image)
        if image.mode in ("I", "F"):
            raise ValueError(f"pixels of mode {image.mode} have no fixed white; save it with 8 or 16 bits a channel")
        if image.mode.startswith("I;16"):  # Pillow would clip 16 bits to 255
            image = Image.fromarray(np.rint(np.asarray(image) / 257).astype(np.uint8))
        if image.has_transparency_data:  # paper shows through: white
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        square = ImageOps.fit(image.convert(MODES[channels]), (size, size), Image.Resampling.LANCZOS)
        return np.asarray(square).reshape(size, size, channels)


def _reason(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    return "not a picture" if isinstance(error, UnidentifiedImageError) else f"{type(error).__name__}: {error}"


def _summary(skipped: list[tuple[str, str]], most: int = 5) -> str:
    lines = [f"\n  {name}: {reason}" for name, reason in skipped[:most]]
    more = [f"\n  and {len(skipped) - most} more"] if len(skipped) > most else []
    return "".join([":" if skipped else "", *lines, *more])


def _labels(used: list[tuple[str, ...]]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    if any(len(parts) == 1 for parts in used):  # a picture at the top belongs to no class
        return None, ()
    classes = tuple(sorted({parts[0] for parts in used}))
    return np.array([classes.index(parts[0]) for parts in used], dtype=np.int64), classes
