"""What every reader of data returns: the images as they are on disk, and what is known about them.

Images stay bytes (uint8) until a batch is needed: ten thousand digits are 8 MB so and 31 MB as float32. Networks see
float32 in [-1, 1], the range of a generator's tanh: black is -1, white is +1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images uint8 (N, H, W, C), C = 1 (grey) or 3 (RGB); labels int64 (N,) or None; `classes[label]` is its name.

    `skipped` lists (file, reason) for each file a folder reader left out. Raises ValueError or TypeError when the
    parts do not fit together.
    """

    images: np.ndarray
    labels: np.ndarray | None
    name: str
    classes: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        if images.dtype != np.uint8:
            raise TypeError(f"{self.name}: images must be uint8 (0 to 255), got {images.dtype}")
        if images.ndim != 4 or images.shape[3] not in (1, 3) or 0 in images.shape:
            raise ValueError(f"{self.name}: images must be (N, H, W, 1 or 3) with N >= 1, got {images.shape}")
        if labels is None:
            return
        if labels.dtype != np.int64 or labels.shape != (len(images),):
            raise ValueError(
                f"{self.name}: expected one int64 label for each of {len(images)} images, "
                f"got {labels.dtype} {labels.shape}"
            )
        if labels.min() < 0 or (self.classes and labels.max() >= len(self.classes)):
            raise ValueError(
                f"{self.name}: labels must lie in 0 .. {len(self.classes) - 1 if self.classes else 'N'}, "
                f"got {labels.min()} .. {labels.max()}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def to_float(self, pad_to: int | None = None) -> np.ndarray:
        """x = images / 127.5 - 1: all images as float32 in [-1, 1]; `plots.to_image` is the exact inverse.

        (N, H, W, C) -> (N, H, W, C), or (N, pad_to, pad_to, C): centred in a black (-1) frame, an odd row or column
        going below and right. 28x28 digits are usually trained at pad_to=32, which halves evenly down to 4x4.
        """
        n, height, width, channels = self.images.shape
        rows, columns = (height, width) if pad_to is None else (pad_to, pad_to)
        if rows < height or columns < width:
            raise ValueError(
                f"{self.name}: pad_to={pad_to} is smaller than the images ({height}x{width}); padding only adds"
            )
        top, left = (rows - height) // 2, (columns - width) // 2
        x = np.full((n, rows, columns, channels), -1, np.float32)
        inside = x[:, top : top + height, left : left + width]
        np.divide(self.images, np.float32(127.5), out=inside)
        inside -= 1
        return x
