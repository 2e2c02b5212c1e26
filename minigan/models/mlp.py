"""Fully connected networks: the first GAN (Goodfellow et al. 2014), and the two small networks of the lessons in the plane."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike

from minigan.layers import (
    BatchNorm,
    Beside,
    Concat,
    Dense,
    Embedding,
    Flatten,
    LabelScore,
    Layer,
    LeakyReLU,
    Reshape,
    Tanh,
)
from minigan.network import Sequential
from minigan.running.arguments import check_shape, check_whole

EMBEDDING = 16  # the length of the vector that represents a label at G's input


def mlp(
    shape: Sequence[int] = (28, 28, 1),
    latent: int = 100,
    width: int = 128,
    classes: int = 0,
    rng: np.random.Generator | int | None = None,
    dtype: DTypeLike = "float32",
) -> tuple[Sequential, Sequential]:
    """G: latent - w - 2w - 4w - 8w - image, with BatchNorm;   D: image - 4w - 2w - score.   w = width

    Parameters
    ----------
    shape
        Of an image, (H, W, C).
    latent
        The length of the noise vector z.
    width
        The number of units in G's first hidden layer.
    classes
        The number of labels.  If above 0 both networks are conditional: G takes (z, label), D takes (x, label).
    rng
        Generator or seed for the initial weights; required.
    dtype
        float32 or float64.

    Returns
    -------
    G, D : Sequential
        G: z (N, latent) -> images (N, H, W, C) in [-1, 1];  D: images -> scores (N, 1).
    """
    check_shape("mlp", shape)
    check_whole("mlp", latent=latent, width=width)
    check_whole("mlp", least=0, classes=classes)
    size = math.prod(shape)
    hidden: list[Layer] = []
    n = latent + (EMBEDDING if classes else 0)
    for m in (width, 2 * width, 4 * width, 8 * width):
        hidden += [Dense(n, m), BatchNorm(m), LeakyReLU(0.2)]
        n = m
    entry = [Concat(right=[Embedding(classes, EMBEDDING)])] if classes else []
    G = Sequential(*entry, *hidden, Dense(n, size, gain=1.0), Tanh(), Reshape(*shape), rng=rng, dtype=dtype)
    body = [Flatten(), Dense(size, 4 * width), LeakyReLU(0.2), Dense(4 * width, 2 * width), LeakyReLU(0.2)]
    if classes:
        D = Sequential(Beside(*body), LabelScore(2 * width, classes), rng=rng, dtype=dtype)
    else:
        D = Sequential(*body, Dense(2 * width, 1, gain=1.0), rng=rng, dtype=dtype)
    return G, D


def toy(
    latent: int = 2,
    width: int = 128,
    depth: int = 3,
    rng: np.random.Generator | int | None = None,
    dtype: DTypeLike = "float32",
) -> tuple[Sequential, Sequential]:
    """G: z (N, latent) -> points (N, 2),  D: points -> scores (N, 1);  each has `depth` hidden layers of `width` units.

    rng (generator or seed) is required; dtype is float32 or float64.
    """
    check_whole("toy", latent=latent, width=width)
    check_whole("toy", least=0, depth=depth)

    def net(n_in: int, n_out: int) -> Sequential:
        sizes = [n_in, *[width] * depth]
        hidden = [part for n, m in pairwise(sizes) for part in (Dense(n, m), LeakyReLU(0.2))]
        return Sequential(*hidden, Dense(sizes[-1], n_out, gain=1.0), rng=rng, dtype=dtype)

    return net(latent, 2), net(2, 1)
