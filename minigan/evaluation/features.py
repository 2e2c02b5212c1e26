"""The space in which two sets of images are compared: every distance between them is a distance between features.

For digits these are the features of DigitNet, a classifier that this library trained on MNIST, and for portraits those of
PortraitNet, trained on portraits. They know nothing about emoji or your own pictures; for those the features are the pixels,
shrunk to 8 x 8, which keep shape and colour but no detail. None of them is the Inception network of the papers: no number measured
here is an FID, and none can be compared with one.
"""

import numpy as np

DIGITNET, PORTRAITNET, PIXELS = "DigitNet", "PortraitNet", "pixels 8x8"
DIGITS = ("mnist10k", "mnist")  # the data sets that DigitNet can read


def features_for(data: str) -> str:
    """The features that suit this data set: DIGITNET, PORTRAITNET or PIXELS."""
    return DIGITNET if data in DIGITS else PORTRAITNET if data == "portraits" else PIXELS


def describe(images: np.ndarray, features: str) -> tuple[np.ndarray, np.ndarray | None]:
    """(N, H, W, C) uint8 -> features (N, d) float32 and, if they are DigitNet's, the probabilities of the digits (N, 10)."""
    if features == PIXELS:
        return shrink(images), None
    if features == DIGITNET:
        from minigan.models import digitnet

        return digitnet.features(images)
    if features == PORTRAITNET:
        from minigan.models import portraitnet

        return portraitnet.features(images)[0], None
    raise ValueError(f"features must be {DIGITNET!r}, {PORTRAITNET!r} or {PIXELS!r}, got {features!r}")


def shrink(images: np.ndarray, side: int = 8) -> np.ndarray:
    """Y = A X B': the mean of each of side x side equal cells.   uint8 (N, H, W, C) -> (N, side side C) in [-1, 1]"""
    n, height, width, channels = images.shape
    x = _means(height, side) @ flat(images).reshape(n, height, width * channels)  # -> (N, side, W C)
    return (_means(width, side) @ x.reshape(n, side, width, channels)).reshape(n, -1)  # -> (N, side, side, C) -> (N, d)


def _means(n: int, side: int) -> np.ndarray:  # -> (side, n)
    """A[i, p] = the share of pixel p, the stretch from p to p + 1, in the i-th of `side` equal parts of 0 .. n."""
    edge = np.arange(side + 1)[:, None] * (n / side)
    overlap = np.minimum(np.arange(1, n + 1), edge[1:]) - np.maximum(np.arange(n), edge[:-1])
    return (overlap.clip(0) * (side / n)).astype(np.float32)


def flat(images: np.ndarray) -> np.ndarray:
    """x = images / 127.5 - 1, one image a row.   uint8 (N, H, W, C) -> float32 (N, H W C) in [-1, 1]"""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(127.5) - np.float32(1)
