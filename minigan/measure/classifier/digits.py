"""DigitNet: its data, its training, and how well it reads MNIST's test digits."""

import numpy as np

from minigan import data
from minigan.losses import softmax_cross_entropy
from minigan.measure.classifier.training import BATCH, Progress, fit, silent
from minigan.models import digitnet
from minigan.network import Sequential

NET, EPOCHS, ACCURACY = digitnet, 10, "mnist_test_accuracy"


def load(split: str, download: bool = False, folder: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """MNIST's images and labels.   Raises FileNotFoundError, with what to do, if they are not on this machine."""
    try:
        digits = data.load("mnist", split=split, download=download, folder=folder)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error}\n  To download it, run the same command with --download") from None
    assert digits.labels is not None
    return digits.images, digits.labels


def train(
    images: np.ndarray,
    labels: np.ndarray,
    seed: int = 0,
    epochs: int = EPOCHS,
    progress: Progress = silent,
) -> Sequential:
    """min over theta of the mean of -log p(label | shifted image):  train a DigitNet on these digits.

    Parameters
    ----------
    images : np.ndarray
        uint8 (N, 28, 28, 1), N >= 100.
    labels : np.ndarray
        Integers 0 .. 9, shape (N,).
    seed : int
        Determines the weights, the order and the shifts.
    epochs : int
        Passes over the images, at least 1.
    progress : callable
        Called after each epoch as progress(epoch, mean loss).

    Returns
    -------
    Sequential
        The trained network.

    Raises
    ------
    ValueError
        If images, labels or epochs do not fit this description.
    """
    _check(images, labels, epochs)
    return fit(digitnet.network, images, labels, softmax_cross_entropy, seed, epochs, progress)


def _check(images: np.ndarray, labels: np.ndarray, epochs: int) -> None:
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28, 1) or len(images) < BATCH:
        raise ValueError(
            f"digitnet trains on at least {BATCH} digits uint8 (N, 28, 28, 1), got {images.dtype} {images.shape}"
        )
    if labels.shape != (len(images),):
        raise ValueError(f"each image needs a label: got {len(images)} images and labels of shape {labels.shape}")
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")


def report(net: Sequential, images: np.ndarray, labels: np.ndarray) -> tuple[float, str]:
    """Classify the test digits -> accuracy, and a table of how often each digit is mistaken for which other."""
    C = digitnet.confusion(labels, digitnet.features(images, net)[1])
    N, wrong = len(labels), int(C.sum() - np.trace(C))
    share = 1 - wrong / N
    lines = [
        f"{100 * share:.2f} % of {N} test digits are classified correctly, {wrong} are wrong",
        "digit    of  wrong  mistaken for (how often)",
    ]
    for digit, row in enumerate(C):
        others = np.where(np.arange(10) == digit, 0, row)
        mistaken = ", ".join(f"{j} ({others[j]})" for j in np.argsort(-others, kind="stable") if others[j])
        lines.append(f"{digit:>5} {row.sum():>5} {others.sum():>6}  {mistaken}".rstrip())
    return share, "\n".join(lines)
