"""PortraitNet: its data, its training, and how well it reads each attribute of portraits it has not seen."""

import numpy as np

from minigan import data
from minigan.measure.classifier.training import BATCH, Progress, fit, silent
from minigan.models import portraitnet
from minigan.network import Sequential

NET, EPOCHS, ACCURACY = portraitnet, 15, "fresh_portraits_accuracy"


def load(split: str, download: bool = False, folder: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Portraits uint8 (N, 32, 32, 3) and the codes of their attributes (N, 11).

    Raises FileNotFoundError, with what to do, if the test portraits are not on this machine.
    """
    portraits = data.load("portraits", split=split, folder=folder if split == "test" else None)
    return portraits.images, portraitnet.stack(portraits.attributes)


def train(
    images: np.ndarray, codes: np.ndarray, seed: int = 0, epochs: int = EPOCHS, progress: Progress = silent
) -> Sequential:
    """min over theta of the sum over attributes of the mean of -log p_a(code_a | image):  train a PortraitNet.

    images uint8 (N, 32, 32, 3), N >= 100; codes (N, 11).   Raises ValueError if they do not fit.
    """
    if images.dtype != np.uint8 or images.shape[1:] != (32, 32, 3) or len(images) < BATCH:
        raise ValueError(
            f"portraitnet trains on at least {BATCH} portraits uint8 (N, 32, 32, 3), got {images.dtype} {images.shape}"
        )
    if codes.shape != (len(images), len(portraitnet.SIZES)):
        raise ValueError(
            f"each portrait needs {len(portraitnet.SIZES)} codes: got {codes.shape} for {len(images)} images"
        )
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    return fit(portraitnet.network, images, codes, portraitnet.cross_entropy, seed, epochs, progress, shifts=0)


def report(net: Sequential, images: np.ndarray, codes: np.ndarray) -> tuple[float, str]:
    """Read the test portraits -> mean accuracy over the attributes, and a table of the accuracy of each."""
    p = portraitnet.features(images, net)[1]
    right = {name: float(np.mean(p[name].argmax(axis=1) == codes[:, a])) for a, name in enumerate(portraitnet.SIZES)}
    mean = float(np.mean([*right.values()]))
    lines = [
        f"{100 * mean:.2f} % of the attributes of {len(images)} test portraits are read correctly, in the mean",
        "attribute      values  correct",
    ]
    lines += [f"{name:<14} {portraitnet.SIZES[name]:>6} {100 * share:>6.1f} %" for name, share in right.items()]
    return mean, "\n".join(lines)
