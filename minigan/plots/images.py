"""From a network's numbers to a picture: clip, round, lay the samples side by side, save.

Looking is the first metric. A sheet of samples shows at one glance what no loss tells: blur, noise, and the same face
again and again.
"""

from __future__ import annotations

import math
import os

import numpy as np

from minigan.running.files import atomic_file

GAP = 90  # the paper between the tiles: a grey that frames black digits and white-backed emoji alike


def to_image(x: np.ndarray) -> np.ndarray:
    """round(127.5 (x + 1)), clipped to 0 .. 255: float (..., H, W, C) in [-1, 1] -> uint8 of the same shape.

    uint8 passes unchanged. Exactly undoes Dataset.to_float. Raises TypeError for other dtypes, ValueError for
    NaN or Inf.
    """
    x = np.asarray(x)
    if x.dtype == np.uint8:
        return x
    if not np.issubdtype(x.dtype, np.floating):
        raise TypeError(f"an image must be floats in [-1, 1] or uint8, got {x.dtype}")
    if not np.isfinite(x).all():
        raise ValueError(
            f"{np.count_nonzero(~np.isfinite(x))} of {x.size} values are NaN or Inf: "
            "the network that made them has diverged"
        )
    return np.rint((np.clip(x, -1, 1) + 1) * x.dtype.type(127.5)).astype(np.uint8)


def grid(images: np.ndarray, columns: int | None = None, pad: int = 2, scale: int = 1) -> np.ndarray:
    """A sheet of tiles: (N, H, W, C) -> uint8 (rows (sH + pad) + pad, columns (sW + pad) + pad, C).

    images are uint8 or float in [-1, 1]. Row by row, about as wide as high unless `columns` is given; `scale` = s
    repeats each pixel s x s times.
    """
    images = to_image(images)
    if images.ndim != 4 or images.shape[3] not in (1, 3) or 0 in images.shape:
        raise ValueError(f"expected images (N, H, W, 1 or 3) with N >= 1, got {images.shape}")
    if scale < 1 or pad < 0 or (columns is not None and columns < 1):
        raise ValueError(f"expected scale >= 1, pad >= 0 and columns >= 1, got {scale}, {pad} and {columns}")
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    n, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(n)) if columns is None else columns
    rows = math.ceil(n / columns)
    sheet = np.full((rows * (height + pad) + pad, columns * (width + pad) + pad, channels), GAP, np.uint8)
    for i, image in enumerate(images):
        top, left = pad + i // columns * (height + pad), pad + i % columns * (width + pad)
        sheet[top : top + height, left : left + width] = image
    return sheet


def save_png(path: str | os.PathLike, image: np.ndarray) -> None:
    """Write one picture, uint8 or float in [-1, 1], (H, W) or (H, W, 1 or 3), as PNG, atomically."""
    picture = as_pil(image)
    with atomic_file(path) as file:
        picture.save(file, "png", optimize=True)


def as_pil(image: np.ndarray):
    """(H, W) or (H, W, 1 or 3), uint8 or float in [-1, 1] -> PIL.Image.Image."""
    from PIL import Image

    image = to_image(image)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3) or 0 in image.shape:
        raise ValueError(
            f"expected one picture (H, W), (H, W, 1) or (H, W, 3), got {image.shape}; plots.grid lays many on a sheet"
        )
    return Image.fromarray(np.ascontiguousarray(image))
