"""The classifier whose features are used to measure generated digits.

Two sets of images cannot be compared pixel by pixel: a digit shifted by one pixel is the same digit and a different array.  So
the metrics compare features, the activations of a network trained to read digits, just before its decision.  Published numbers
use the features of Inception, a network for photographs, and call the result FID.  This network was trained on MNIST alone, by
this library (minigan/measure/classifier), so results carry its name: never compare them with an FID.

Small and VGG-style (Simonyan and Zisserman 2015): pairs of 3 x 3 convolutions, the image halved after each pair.

    28 x 28 x 1 -> 16 -> 16 | 14 x 14: 32 -> 32 | 7 x 7: 64 -> 64 | 4 x 4 -> dense 64, BatchNorm = features -> 10 classes
"""

import os
from functools import cache
from pathlib import Path

import numpy as np

from minigan.layers import BatchNorm, Conv2d, Dense, Dropout, Flatten, Layer, LeakyReLU, MaxPool2d
from minigan.layers.chain import Chain
from minigan.models.reader import check_images, load_network, save_network, softmax, to_float
from minigan.network import Sequential

SHIPPED = Path(__file__).parent / "files" / "digitnet.safetensors"
HEAD = 3  # the number of layers from the features to the class scores
BLOCK = 250  # images at a time: the widest layer then takes 13 MB


def network(rng: np.random.Generator | int) -> Sequential:
    """The untrained network: images float (N, 28, 28, 1) in [-1, 1] -> scores (N, 10)."""

    def conv(n: int, m: int, stride: int = 1) -> list[Layer]:
        return [Conv2d(n, m, 3, stride, pad=1, bias=False), BatchNorm(m), LeakyReLU(0.2)]

    return Sequential(
        *conv(1, 16), *conv(16, 16), MaxPool2d(2),  # (N, 28, 28, 1) -> (N, 14, 14, 16)
        *conv(16, 32), *conv(32, 32), MaxPool2d(2),  # -> (N, 7, 7, 32)
        *conv(32, 64), *conv(64, 64, stride=2), Flatten(),  # 7 is odd, so a stride halves it -> (N, 4 * 4 * 64)
        Dense(1024, 64, bias=False), BatchNorm(64),  # the features, each with a mean near beta and a standard deviation near gamma
        LeakyReLU(0.2), Dropout(0.3), Dense(64, 10, gain=1.0),
        rng=rng,
    )  # fmt: skip


def features(images: np.ndarray, net: Sequential | None = None) -> tuple[np.ndarray, np.ndarray]:
    """f = body(x), p = softmax(head(f)):  the features of each image and the probability of each digit.

    Parameters
    ----------
    images
        (N, 28, 28, 1), or (N, 32, 32, 1) of which a border of 2 pixels is cropped; uint8 or float in [-1, 1].
    net
        The network to use instead of the shipped one, trained by minigan/measure/classifier.

    Returns
    -------
    f : np.ndarray
        Features (N, 64) float32.
    p : np.ndarray
        Probabilities (N, 10) float32.

    Raises
    ------
    ValueError
        For other shapes and for values outside [-1, 1].
    TypeError
        For other dtypes.
    """
    images = check_images(images, "digitnet", "digits", (28, 28, 1), (32, 32, 1))
    images = images[:, 2:-2, 2:-2] if images.shape[1] == 32 else images
    net = shipped() if net is None else net
    body, head = Chain(*net.layers[:-HEAD]), Chain(*net.layers[-HEAD:])
    f, p = np.empty((len(images), 64), np.float32), np.empty((len(images), 10), np.float32)
    for start in range(0, len(images), BLOCK):
        block = slice(start, start + BLOCK)
        f[block] = body(to_float(images[block]))
        p[block] = softmax(head(f[block]))
    return f, p


@cache
def shipped() -> Sequential:
    """The trained network that comes with the package, read from its file on first use."""
    return load(SHIPPED)


def save(net: Sequential, path: str | os.PathLike, meta: dict) -> None:
    """Write weights, running statistics and `meta` (how it was trained) to `path`."""
    save_network(net, path, meta)


def load(path: str | os.PathLike) -> Sequential:
    """The network saved at `path`.  Raises FileNotFoundError, or CheckpointError if the file is damaged or does not fit."""
    return load_network(network(rng=0), path)


def confusion(labels: np.ndarray, p: np.ndarray) -> np.ndarray:
    """C[i, j] = the number of images of digit i that were classified as digit j.   labels (N,), p (N, 10) -> int64 (10, 10)"""
    return np.bincount(10 * np.asarray(labels) + p.argmax(axis=1), minlength=100).reshape(10, 10)
