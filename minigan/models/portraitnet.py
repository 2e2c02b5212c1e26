"""The network that reads a portrait: which hair, which beard, which colours. DigitNet's sibling for `data.load("portraits")`.

A generator of portraits is judged by what it draws, and someone has to say what that is, ten thousand times. This network names
the value of each of eleven attributes. It was trained on the portraits alone, by this library (minigan/measure/classifier), and
has one head for each attribute. A head is a dense layer on the shared features, so all heads together are one dense layer whose
60 scores are cut into eleven groups; the loss is the sum of the groups' cross-entropies.

    32 x 32 x 3 -> 16 -> 16 | 16 x 16: 32 -> 32 | 8 x 8: 64 -> 64 | 4 x 4 -> dense 128, BatchNorm = features -> 60 scores
"""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from minigan.layers import BatchNorm, Conv2d, Dense, Dropout, Flatten, Layer, LeakyReLU, MaxPool2d
from minigan.layers.chain import Chain
from minigan.losses import softmax_cross_entropy
from minigan.models.reader import check_images, load_network, save_network, softmax, to_float
from minigan.network import Sequential

SHIPPED = Path(__file__).parent / "files" / "portraitnet.safetensors"
SIZES = {  # attribute -> number of values, in the order of the scores
    "skin": 5, "hair": 4, "rear_hair": 5, "hair_color": 5, "beard": 6, "eyes": 5, "eyebrows": 5, "mouth": 4, "clothes": 5,
    "clothes_color": 10, "background": 6,
}  # fmt: skip
GROUPS = {  # attribute -> its columns among the scores
    name: slice(end - size, end) for (name, size), end in zip(SIZES.items(), np.cumsum([*SIZES.values()]).tolist())
}
FEATURES = 128
HEAD = 3  # the number of layers from the features to the scores
BLOCK = 250  # images at a time


def network(rng: np.random.Generator | int) -> Sequential:
    """The untrained network: images float (N, 32, 32, 3) in [-1, 1] -> scores (N, 60)."""

    def conv(n: int, m: int, stride: int = 1) -> list[Layer]:
        return [Conv2d(n, m, 3, stride, pad=1, bias=False), BatchNorm(m), LeakyReLU(0.2)]

    return Sequential(
        *conv(3, 16), *conv(16, 16), MaxPool2d(2),  # (N, 32, 32, 3) -> (N, 16, 16, 16)
        *conv(16, 32), *conv(32, 32), MaxPool2d(2),  # -> (N, 8, 8, 32)
        *conv(32, 64), *conv(64, 64), MaxPool2d(2), Flatten(),  # -> (N, 4 * 4 * 64)
        Dense(1024, FEATURES, bias=False), BatchNorm(FEATURES),  # the features
        LeakyReLU(0.2), Dropout(0.3), Dense(FEATURES, sum(SIZES.values()), gain=1.0),
        rng=rng,
    )  # fmt: skip


def cross_entropy(s: np.ndarray, codes: np.ndarray) -> tuple[float, np.ndarray]:
    """sum_a -mean_n log p_a[n, code_a[n]],  p_a = softmax(s_a);   ds_a = (p_a - onehot) / N.   s (N, 60), codes (N, 11)."""
    value, ds = 0.0, np.empty_like(s)
    for a, columns in enumerate(GROUPS.values()):
        loss, ds[:, columns] = softmax_cross_entropy(s[:, columns], codes[:, a])
        value += loss
    return value, ds


def features(images: np.ndarray, net: Sequential | None = None) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """f = body(x), p_a = softmax(head_a(f)):  the features of each portrait, and the probabilities of each attribute's values.

    Parameters
    ----------
    images
        (N, 32, 32, 3), uint8 or float in [-1, 1].
    net
        The network to use instead of the shipped one.

    Returns
    -------
    f : np.ndarray
        Features (N, 128) float32.
    p : dict
        Attribute -> probabilities (N, K) float32; the values are in the order of `Dataset.attribute_classes`.

    Raises
    ------
    ValueError
        For other shapes and for values outside [-1, 1].
    TypeError
        For other dtypes.
    """
    images = check_images(images, "portraitnet", "portraits", (32, 32, 3))
    net = shipped() if net is None else net
    body, head = Chain(*net.layers[:-HEAD]), Chain(*net.layers[-HEAD:])
    f = np.empty((len(images), FEATURES), np.float32)
    p = {name: np.empty((len(images), size), np.float32) for name, size in SIZES.items()}
    for start in range(0, len(images), BLOCK):
        block = slice(start, start + BLOCK)
        f[block] = body(to_float(images[block]))
        s = head(f[block])
        for name, columns in GROUPS.items():
            p[name][block] = softmax(s[:, columns])
    return f, p


def stack(codes: Mapping[str, np.ndarray]) -> np.ndarray:
    """`Dataset.attributes` of portraits as one array, int64 (N, 11), in the order of SIZES."""
    return np.stack([codes[name] for name in SIZES], axis=1)


@cache
def shipped() -> Sequential:
    """The trained network that comes with the package, read from its file on first use."""
    return load(SHIPPED)


def save(net: Sequential, path: str | os.PathLike, meta: dict) -> None:
    """Write the weights as float16, which halves the file, the state as float32, and `meta` (how it was trained) to `path`."""
    save_network(net, path, meta, np.float16)


def load(path: str | os.PathLike) -> Sequential:
    """The network saved at `path`.  Raises FileNotFoundError, or CheckpointError if the file is damaged or does not fit."""
    return load_network(network(rng=0), path, np.float16)
