"""From a network's output to an image file: clip, round, arrange the samples in a grid, save.

Looking at samples is the first metric. A sheet of them shows at a glance what no loss reveals: blur, noise, and the same
face over and over.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.running.arguments import check_path, check_whole
from minigan.running.arrays import as_array
from minigan.running.files import atomic_file

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".bmp": "bmp", ".tif": "tiff", ".tiff": "tiff"}
GAP = 90  # the grey between the tiles: visible next to black digits and next to white emoji


def to_image(x: np.ndarray) -> np.ndarray:
    """round(127.5 (x + 1)), clipped to 0 .. 255: float (..., H, W, C) in [-1, 1] -> uint8 of the same shape.

    uint8 is returned unchanged. This is the exact inverse of Dataset.to_float. Raises TypeError for other dtypes,
    ValueError for NaN or Inf.
    """
    x = as_array("an image", x)
    if x.dtype == np.uint8:
        return x
    if not np.issubdtype(x.dtype, np.floating):
        raise TypeError(f"an image must be floats in [-1, 1] or uint8, got {x.dtype}")
    if not np.isfinite(x).all():
        raise ValueError(
            f"{np.count_nonzero(~np.isfinite(x))} of {x.size} values are NaN or Inf: "
            "the network that produced them has diverged"
        )
    return np.rint((np.clip(x, -1, 1) + 1) * x.dtype.type(127.5)).astype(np.uint8)


def grid(images: np.ndarray, columns: int | None = None, pad: int = 2, scale: int = 1) -> np.ndarray:
    """Arrange images in a grid: (N, H, W, C) -> uint8 (rows (sH + pad) + pad, columns (sW + pad) + pad, C), s = scale.

    Clips (N, T, H, W, C) are arranged as strips, one in each row, T frames from left to right.

    Parameters
    ----------
    images
        (N, H, W, 1) or (N, H, W, 3), uint8 or float in [-1, 1]; they fill the grid row by row.  Or clips (N, T, H, W, 1 or 3).
    columns
        Images per row, if there are so many; by default ceil(sqrt(N)), so that the grid is about square.  Clips have a row each.
    pad
        The width of the grey gaps, in pixels.
    scale
        Each pixel is repeated scale x scale times.

    Raises
    ------
    ValueError
        For other shapes and for columns, pad or scale out of range; as `to_image` for NaN or Inf.
    """
    images = to_image(images)
    if images.ndim == 5:
        images, columns = images.reshape(-1, *images.shape[2:]), images.shape[1]
    if images.ndim != 4 or images.shape[3] not in (1, 3) or 0 in images.shape:
        raise ValueError(f"expected images (N, H, W, 1 or 3) with N >= 1, got {images.shape}")
    check_whole("grid", scale=scale, columns=1 if columns is None else columns)
    check_whole("grid", least=0, pad=pad)
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    n, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(n)) if columns is None else min(columns, n)
    rows = math.ceil(n / columns)
    sheet = np.full((rows * (height + pad) + pad, columns * (width + pad) + pad, channels), GAP, np.uint8)
    for i, image in enumerate(images):
        top, left = pad + i // columns * (height + pad), pad + i % columns * (width + pad)
        sheet[top : top + height, left : left + width] = image
    return sheet


def save_png(path: str | os.PathLike, image: np.ndarray) -> None:
    """Write one image, uint8 or float in [-1, 1], (H, W) or (H, W, 1 or 3), as PNG, atomically.

    Raises ValueError for a name with the suffix of another format, as `save_image` does for a format it does not know.
    """
    save_image(path, image, {".png": "png"})


def save_image(path: str | os.PathLike, image: np.ndarray, formats: Mapping[str, str] = FORMATS) -> None:
    """Write one image as `save_png` does, in the format of the path's suffix: .png, .jpg, .bmp, .tif; without one, as PNG."""
    check_path("save_image", path=path)
    kind = format_of(path, formats)
    picture = as_pil(image)
    options: dict[str, dict[str, Any]] = {"png": {"optimize": True}, "jpeg": {"quality": 95, "subsampling": 0}}
    with atomic_file(path) as file:
        try:
            picture.save(file, kind, **options.get(kind, {}))
        except OSError as error:  # a JPEG has at most 65,535 pixels a side
            size = f"{picture.width} x {picture.height}"
            raise ValueError(f"cannot write {size} pixels as {kind} ({error}): try a name with .png") from error


def format_of(path: str | os.PathLike, formats: Mapping[str, str]) -> str:
    """The format of the path's suffix; without a suffix the first one.  Raises ValueError for a suffix not in `formats`."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix and suffix not in formats:
        raise ValueError(
            f"cannot write {os.fspath(path)}: {suffix} is not a format known here; choose {', '.join(formats)}"
        )
    return formats[suffix] if suffix else next(iter(formats.values()))


def as_pil(image: np.ndarray) -> PILImage:
    """(H, W) or (H, W, 1 or 3), uint8 or float in [-1, 1] -> PIL.Image.Image, mode L or RGB."""
    from PIL import Image

    image = to_image(image)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3) or 0 in image.shape:
        raise ValueError(
            f"expected one image (H, W), (H, W, 1) or (H, W, 3), got {image.shape}; plots.grid arranges many in one"
        )
    return Image.fromarray(np.ascontiguousarray(image))
