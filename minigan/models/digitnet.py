"""The classifier through whose eyes generated digits are measured.

Two sets of images cannot be compared pixel by pixel: a digit moved by one pixel is the same digit and a different array.
So measures compare features, what a network that was taught to read digits says of them just before its decision.
Published numbers use Inception, a network for photographs, and call the result FID.  This one has read MNIST and nothing
else, and was trained by this library (digitnet_train.py), so what is measured with it carries its name: never compare it
with a FID.

Small and VGG-style (Simonyan and Zisserman 2015): pairs of 3 x 3 convolutions, the image halved after each pair.

    28 x 28 x 1 -> 16 -> 16 | 14 x 14: 32 -> 32 | 7 x 7: 64 -> 64 | 4 x 4 -> dense 64, normalised = features -> 10 classes
"""

import os
from functools import cache
from pathlib import Path

import numpy as np

from minigan.layers import BatchNorm, Conv2d, Dense, Dropout, Flatten, LeakyReLU, MaxPool2d
from minigan.layers.chain import Chain
from minigan.network import Sequential
from minigan.running import checkpoint

SHIPPED = Path(__file__).parent / "files" / "digitnet.safetensors"
HEAD = 3  # the last layers, from the features to the scores of the classes
BLOCK = 250  # images at a time: 13 MB in the widest layer


def network(rng: np.random.Generator | int) -> Sequential:
    """The untrained network: images float (N, 28, 28, 1) in [-1, 1] -> scores (N, 10)."""

    def conv(n, m, stride=1):
        return [Conv2d(n, m, 3, stride, pad=1, bias=False), BatchNorm(m), LeakyReLU(0.2)]

    return Sequential(
        *conv(1, 16), *conv(16, 16), MaxPool2d(2),  # (N, 28, 28, 1) -> (N, 14, 14, 16)
        *conv(16, 32), *conv(32, 32), MaxPool2d(2),  # -> (N, 7, 7, 32)
        *conv(32, 64), *conv(64, 64, stride=2), Flatten(),  # 7 is odd: the last halving is a stride -> (N, 4 * 4 * 64)
        Dense(1024, 64, bias=False), BatchNorm(64),  # the features: each of mean and deviation near those of its gamma, beta
        LeakyReLU(0.2), Dropout(0.3), Dense(64, 10, gain=1.0),
        rng=rng,
    )  # fmt: skip


def features(images: np.ndarray, net: Sequential | None = None) -> tuple[np.ndarray, np.ndarray]:
    """f = body(x), p = softmax(head(f)):  what the classifier sees in each image, and which digit it takes it for.

    images (N, 28, 28, 1) or (N, 32, 32, 1), whose frame of 2 pixels is cut off; uint8, or float in [-1, 1].
    -> features (N, 64) float32, probabilities (N, 10) float32.  net: another one than the shipped, trained by
    digitnet_train.  Raises ValueError for other shapes and values, TypeError for other dtypes.
    """
    images = _check(images)
    net = shipped() if net is None else net
    body, head = Chain(*net.layers[:-HEAD]), Chain(*net.layers[-HEAD:])
    f, p = np.empty((len(images), 64), np.float32), np.empty((len(images), 10), np.float32)
    for start in range(0, len(images), BLOCK):
        block = slice(start, start + BLOCK)
        f[block] = body(to_float(images[block]))
        p[block] = softmax(head(f[block]))
    return f, p


def softmax(s: np.ndarray) -> np.ndarray:
    """p = exp(s) / sum exp(s), row by row, without overflow.   (N, K) -> (N, K)"""
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@cache
def shipped() -> Sequential:
    """The trained network of this package, read from its file once, when it is first needed."""
    return load(SHIPPED)


def save(net: Sequential, path: str | os.PathLike, meta: dict) -> None:
    """Write weights, running statistics and `meta` (how it was trained) to `path`."""
    checkpoint.save(path, {"theta": net.theta, "state": net.state}, meta)


def load(path: str | os.PathLike) -> Sequential:
    """The network whose weights lie in `path`.  Raises FileNotFoundError, CheckpointError."""
    net = network(rng=0)
    mine = {"theta": net.theta, "state": net.state}
    for name, array in checkpoint.load(path, expect=mine)[0].items():
        mine[name][...] = array
    return net


def confusion(labels: np.ndarray, p: np.ndarray) -> np.ndarray:
    """C[i, j] = how many images of digit i were taken for digit j.   labels (N,), p (N, 10) -> int64 (10, 10)"""
    return np.bincount(10 * np.asarray(labels) + p.argmax(axis=1), minlength=100).reshape(10, 10)


def _check(images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    if images.shape[1:] not in ((28, 28, 1), (32, 32, 1)) or len(images) == 0:
        raise ValueError(
            f"digitnet reads digits (N, 28, 28, 1) or (N, 32, 32, 1), N >= 1, got {images.shape}: "
            "for one image write image[None], for grey images without channels images[..., None]"
        )
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise TypeError(f"digitnet reads uint8 images, or floats in [-1, 1], got {images.dtype}")
    if images.dtype.kind == "f" and not np.abs(images).max() <= 1.001:  # `not`: NaN is no number <= 1 either
        low, high = images.min(), images.max()
        raise ValueError(
            f"digitnet reads floats in [-1, 1], got {low:.4g} to {high:.4g}: "
            "use x / 127.5 - 1 for images in 0..255, np.clip(x, -1, 1) for a generator that overshoots"
        )
    return images[:, 2:-2, 2:-2] if images.shape[1] == 32 else images


def to_float(images: np.ndarray) -> np.ndarray:
    """float32 in [-1, 1]: uint8 as x / 127.5 - 1, floats as they are."""
    x = images.astype(np.float32, copy=False)
    return x / np.float32(127.5) - np.float32(1) if images.dtype == np.uint8 else x
