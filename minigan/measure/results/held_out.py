"""What the tables inpaint and inverse share: images that no model was trained on, and how close a restored one comes.

PSNR and SSIM compare with the true image. Whether the meaning was restored is read by a classifier: DigitNet reads the digit,
PortraitNet the attributes that were hidden. The column beside it is chance: what naming the most frequent value
every time would score.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np

from minigan import data, metrics
from minigan.data.source import to_float
from minigan.models import digitnet, portraitnet
from minigan.zoo import gan

PACKAGES = {"skimage": "scikit-image", "sklearn": "scikit-learn"}
NAMES = {
    "digits": ("mnist10k", "mnist"),
    "portraits": ("portraits", "portraits"),
}  # training set, set of the test images


@dataclass(frozen=True)
class HeldOut:
    """Test images x (N, 32, 32, C) and the training set, both in [-1, 1], with what a classifier should read of each."""

    name: str
    x: np.ndarray
    training: np.ndarray
    codes: np.ndarray  # (N, A): the digit, or the attributes
    training_codes: np.ndarray  # (M, A)

    def read(self, images: np.ndarray) -> np.ndarray:
        """What the classifier reads of images (n, 32, 32, C): (n, A)."""
        images = np.clip(images, -1, 1).astype(np.float32)
        if self.name == "digits":
            return digitnet.features(images)[1].argmax(axis=1)[:, None]
        return np.stack([p.argmax(axis=1) for p in portraitnet.features(images)[1].values()], axis=1)

    def figures(self, images: np.ndarray, attributes: Sequence[str] = ()) -> dict[str, float]:
        """How close the restored images are to x: in the mean PSNR in dB, SSIM, and the percentages that are read right.

        attributes : of portraits, those that count; all by default
        """
        columns = [list(portraitnet.SIZES).index(name) for name in attributes] or slice(None)
        codes, known = self.codes[:, columns], self.training_codes[:, columns]
        often = [np.bincount(column).max() / len(column) for column in known.T]  # the share of the most frequent value
        return {
            "psnr": float(metrics.psnr(images, self.x, 2).mean()),
            "ssim": float(metrics.ssim(images, self.x, 2).mean()),
            "right": 100 * float((self.read(images)[:, columns] == codes).mean()),
            "chance": 100 * float(np.mean(often)),
            "truth": 100 * float((self.read(self.x)[:, columns] == codes).mean()),
        }


@cache
def held_out(name: str, images: int, quick: bool = False) -> HeldOut:
    """The first `images` of the set's test images in a fixed random order; with `quick`, every other training image.

    Raises FileNotFoundError if the test images are not there.
    """
    train, test = NAMES[name]
    known = data.load(train)
    if quick:  # the test images are not in the package
        fresh, seen = (np.arange(start, len(known), 2) for start in (0, 1))
        tested, order = known, fresh[np.random.default_rng(0).permutation(len(fresh))[:images]]
    else:
        tested, seen = data.load(test, split="test"), np.arange(len(known))
        order = np.random.default_rng(0).permutation(len(tested))[:images]
    x, training = (to_float(gan.frame(found.images[some])) for found, some in ((tested, order), (known, seen)))
    return HeldOut(name, x, training, _codes(tested)[order], _codes(known)[seen])


def _codes(found: data.Dataset) -> np.ndarray:
    if found.labels is not None:
        return found.labels[:, None]
    return portraitnet.stack(found.attributes)


def borrowed(module: str) -> ModuleType:
    """A module of another library, which only the tables need.  Raises ValueError, with the remedy, if it cannot be imported."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = PACKAGES[module.partition(".")[0]]
        raise ValueError(
            f"this method is {name}'s, which cannot be imported ({error}): pip install 'minigan[results]'"
        ) from error
