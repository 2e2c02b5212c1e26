"""What every reader of data returns: the images as they are stored on disk, and what is known about them.

Images stay bytes (uint8) until they are used: ten thousand digits take 8 MB as bytes and 31 MB as float32. Networks see
float32 in [-1, 1], the range of a generator's tanh: black is -1, white is +1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and, if they are known, their labels.

    Parameters
    ----------
    images
        uint8 (N, H, W, C), C = 1 (grey) or 3 (RGB), N >= 1.
    labels
        int64 (N,), or None.
    name
        The name it was loaded by; appears in error messages.
    classes
        The name of each label: `classes[label]`. Empty without labels.
    skipped
        (file, reason) for each file that a folder's reader left out.

    Raises
    ------
    TypeError
        If the images are not uint8.
    ValueError
        If the images are not (N, H, W, 1 or 3), or if labels and classes do not fit them.
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
                f"{self.name}: labels must be in 0 .. {len(self.classes) - 1 if self.classes else 'N'}, "
                f"got {labels.min()} .. {labels.max()}"
            )

    def __len__(self) -> int:
        """The number of images, N."""
        return len(self.images)

    def to_float(self, pad_to: int | None = None) -> np.ndarray:
        """x = images / 127.5 - 1: all images as float32 in [-1, 1]; `plots.to_image` is the exact inverse.

        Parameters
        ----------
        pad_to
            Centre each image in a black (-1) frame of pad_to x pad_to pixels; if the padding is odd, the extra row or
            column goes to the bottom or right. 28x28 digits are usually trained at 32, which can be halved down to 4.

        Returns
        -------
        np.ndarray
            float32 (N, H, W, C), or (N, pad_to, pad_to, C).

        Raises
        ------
        ValueError
            If pad_to is smaller than the images.
        """
        n, height, width, channels = self.images.shape
        rows, columns = (height, width) if pad_to is None else (pad_to, pad_to)
        if rows < height or columns < width:
            raise ValueError(
                f"{self.name}: pad_to={pad_to} is smaller than the images ({height}x{width}); padding cannot crop"
            )
        top, left = (rows - height) // 2, (columns - width) // 2
        x = np.full((n, rows, columns, channels), -1, np.float32)
        inside = x[:, top : top + height, left : left + width]
        np.divide(self.images, np.float32(127.5), out=inside)
        inside -= 1
        return x
