"""The space in which two sets of images are compared: every distance between them is a distance between features.

For digits these are the features of DigitNet, a classifier that this library trained on MNIST, and for portraits those of
PortraitNet, trained on portraits. All other images are compared by VGG-16's features at conv3_3, each channel averaged over the
image: 256 numbers that say which textures and small parts there are, not where. That network was trained on photographs. During
a training the pixels, shrunk to 8 x 8, must do for them: they keep shape and colour but no detail, and cost next to nothing. None of
the four is the Inception network of the papers: no number measured here is an FID, and none can be compared with one.
"""

import numpy as np

from minigan.data.registry import CLIPS
from minigan.models.perceptual import shipped

DIGITNET, PORTRAITNET, VGG16, PIXELS = "DigitNet", "PortraitNet", "VGG-16 conv3_3", "pixels 8x8"
MOTION = "motion 4x4"
FEATURES = (DIGITNET, PORTRAITNET, VGG16, PIXELS, MOTION)
DIGITS = ("mnist10k", "mnist")  # the data sets that DigitNet can read
STAGE, UNIT = "conv3_3", 1000  # the shipped features reach some thousands
BLOCK = 1 << 17  # pixels at a time: the widest stage then takes 34 MB


def features_for(data: str) -> str:
    """The features that suit this data set: DIGITNET, PORTRAITNET or VGG16."""
    if data in CLIPS:
        return MOTION
    return DIGITNET if data in DIGITS else PORTRAITNET if data == "portraits" else VGG16


def cheap_features_for(data: str) -> str:
    """The features for a measure that is taken again and again during a training: DIGITNET, PORTRAITNET or PIXELS."""
    suitable = features_for(data)
    return PIXELS if suitable == VGG16 else suitable


def describe(images: np.ndarray, features: str) -> tuple[np.ndarray, np.ndarray | None]:
    """(N, H, W, C) uint8 -> features (N, d) float32 and, if they are DigitNet's, the probabilities of the digits (N, 10).

    features is DIGITNET, PORTRAITNET, VGG16 (d = 256; C = 1 or 3, H and W at least 4) or PIXELS (d = 64 C); or MOTION, of clips
    (N, T, H, W, C) (d = 64 C).
    """
    if features == PIXELS:
        return shrink(images), None
    if features == MOTION:
        return motion(images), None
    if features == VGG16:
        return textures(images), None
    if features == DIGITNET:
        from minigan.models import digitnet

        return digitnet.features(images)
    if features == PORTRAITNET:
        from minigan.models import portraitnet

        return portraitnet.features(images)[0], None
    raise ValueError(f"features must be {', '.join(map(repr, FEATURES[:-1]))} or {FEATURES[-1]!r}, got {features!r}")


def textures(images: np.ndarray) -> np.ndarray:
    """f[c] = mean over the image of VGG-16's conv3_3 in channel c, over 1000.   uint8 (N, H, W, 1 or 3) -> (N, 256) float32"""
    n, height, width, channels = images.shape
    if channels not in (1, 3):
        raise ValueError(f"VGG-16 sees grey images or RGB, got {channels} channels: use features={PIXELS!r}")
    step, found = max(1, BLOCK // (height * width)), np.empty((n, 256), np.float32)
    for i in range(0, n, step):
        x = flat(images[i : i + step]).reshape(-1, height, width, channels)
        stage = shipped().stages(x if channels == 3 else x.repeat(3, axis=3), [STAGE])[STAGE]
        found[i : i + step] = stage.mean(axis=(1, 2)) / np.float32(UNIT)
    return found


def shrink(images: np.ndarray, side: int = 8) -> np.ndarray:
    """Y = A X B': the mean of each of side x side equal cells.   uint8 (N, H, W, C) -> (N, side side C) in [-1, 1]"""
    n, height, width, channels = images.shape
    x = _means(height, side) @ flat(images).reshape(n, height, width * channels)  # -> (N, side, W C)
    return (_means(width, side) @ x.reshape(n, side, width, channels)).reshape(n, -1)  # -> (N, side, side, C) -> (N, d)


def motion(clips: np.ndarray, side: int = 4) -> np.ndarray:
    """What is in a clip, and how it changes: uint8 (N, T, H, W, C) -> (N, 4 side side C) float32.

    f = the means over time of x, of |x[t+1] - x[t]|, of |x[t+4] - x[t]|, and the standard deviation of x over time: each pixel by
    pixel, then averaged over side x side equal cells.  The second grows if frames are shuffled, and grows further than the third.
    """
    if clips.ndim != 5 or clips.shape[1] < 5:
        raise ValueError(
            f"the features {MOTION!r} describe clips (N, T, H, W, C) of at least 5 frames, got {clips.shape}"
        )
    found = []
    for i in range(0, len(clips), 64):
        x = clips[i : i + 64].astype(np.float32) / np.float32(127.5) - np.float32(1)
        steps = [np.abs(x[:, gap:] - x[:, :-gap]).mean(axis=1) for gap in (1, 4)]
        found.append(np.stack([x.mean(axis=1), *steps, x.std(axis=1)], axis=1))  # (n, 4, H, W, C)
    f = np.concatenate(found)
    n, height, width, channels = f.shape[0] * 4, *f.shape[2:]
    f = _means(height, side) @ f.reshape(n, height, width * channels)
    return (_means(width, side) @ f.reshape(n, side, width, channels)).reshape(len(clips), -1)


def _means(n: int, side: int) -> np.ndarray:  # -> (side, n)
    """A[i, p] = the share of pixel p, the stretch from p to p + 1, in the i-th of `side` equal parts of 0 .. n."""
    edge = np.arange(side + 1)[:, None] * (n / side)
    overlap = np.minimum(np.arange(1, n + 1), edge[1:]) - np.maximum(np.arange(n), edge[:-1])
    return (overlap.clip(0) * (side / n)).astype(np.float32)


def flat(images: np.ndarray) -> np.ndarray:
    """x = images / 127.5 - 1, one image a row.   uint8 (N, H, W, C) -> float32 (N, H W C) in [-1, 1]"""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(127.5) - np.float32(1)
