"""What every reader of data returns: the images as they are stored on disk, and what is known about them.

Images stay bytes (uint8) until they are used: ten thousand digits take 8 MB as bytes and 31 MB as float32. Networks see
float32 in [-1, 1], the range of a generator's tanh: black is -1, white is +1.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from minigan.running.arguments import check_whole
from minigan.running.arrays import as_array


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
    attributes
        Further facts about each image: name -> codes, int64 (N,). Empty if none are known.
    attribute_classes
        The name of each code: `attribute_classes["hair_color"][code]`. The same keys as `attributes`.

    Raises
    ------
    TypeError
        If the images are not uint8, or an array is masked or not an array.
    ValueError
        If the images are not (N, H, W, 1 or 3), or if labels, attributes and classes do not fit them.
    """

    images: np.ndarray
    labels: np.ndarray | None
    name: str
    classes: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    attributes: Mapping[str, np.ndarray] = field(default_factory=dict)
    attribute_classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        for what, array in (("images", images), ("labels", labels), *self.attributes.items()):
            if array is not None and not isinstance(array, np.ndarray):
                raise TypeError(f"{self.name}: {what} must be a NumPy array, got {type(array).__name__}")
            as_array(f"{self.name}: {what}", array)
        if images.dtype != np.uint8:
            raise TypeError(f"{self.name}: images must be uint8 (0 to 255), got {images.dtype}")
        if images.ndim != 4 or images.shape[3] not in (1, 3) or 0 in images.shape:
            raise ValueError(f"{self.name}: images must be (N, H, W, 1 or 3) with N >= 1, got {images.shape}")
        if self.attributes.keys() != self.attribute_classes.keys():
            raise ValueError(
                f"{self.name}: every attribute needs the names of its values, got attributes {_listed(self.attributes)} "
                f"and attribute_classes {_listed(self.attribute_classes)}"
            )
        for name, codes in self.attributes.items():
            self._check(f"the attribute {name}: codes", codes, self.attribute_classes[name])
        if labels is not None:
            self._check("labels", labels, self.classes)

    def _check(self, what: str, codes: np.ndarray, classes: tuple[str, ...]) -> None:
        """Raise ValueError unless there is one int64 code for each image, and each has a name if there are names."""
        if codes.dtype != np.int64 or codes.shape != (len(self.images),):
            raise ValueError(
                f"{self.name}: {what} must be one int64 for each of {len(self.images)} images, "
                f"got {codes.dtype} {codes.shape}"
            )
        if codes.min() < 0 or (classes and codes.max() >= len(classes)):
            raise ValueError(
                f"{self.name}: {what} must be in 0 .. {len(classes) - 1 if classes else 'N'}, "
                f"got {codes.min()} .. {codes.max()}"
            )

    def conditioned_on(self, attribute: str) -> Dataset:
        """The same images with the codes of one attribute as labels.   Raises ValueError, with the list, for an unknown one."""
        if attribute not in self.attributes:
            near = difflib.get_close_matches(str(attribute), self.attributes, n=1)
            guess = f"did you mean {near[0]!r}? Choose" if near else "choose"
            there = f"{guess} from {_listed(self.attributes)}" if self.attributes else "it has none"
            raise ValueError(f"{self.name} has no attribute {attribute!r}: {there}")
        return replace(self, labels=self.attributes[attribute], classes=self.attribute_classes[attribute])

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
        if pad_to is not None:
            check_whole("to_float", pad_to=pad_to)
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


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(names) or "none"
