"""The images of a set on one contact sheet: a large PNG with the images side by side, row by row.

That is a single file, and one you can look at. Cutting a sheet into images takes a reshape and a transpose.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILES = Path(__file__).parent / "files"  # the data sets inside the package


def cut(sheet: Path, side: int) -> np.ndarray:
    """A sheet of (rows * side, columns * side[, C]) pixels -> its images uint8 (rows * columns, side, side, C), row by row."""
    from PIL import Image

    with Image.open(sheet) as image:
        pixels = np.asarray(image)
    rows, columns = pixels.shape[0] // side, pixels.shape[1] // side
    tiles = pixels.reshape(rows, side, columns, side, -1)  # (rows, side, columns, side, C)
    return tiles.swapaxes(1, 2).reshape(rows * columns, side, side, -1)
