"""Fully connected networks: the first GAN (Goodfellow et al. 2014), and the two small nets of the 2-D lessons."""

import math
from itertools import pairwise

from minigan.layers import BatchNorm, Beside, Concat, Dense, Embedding, Flatten, LabelScore, LeakyReLU, Reshape, Tanh
from minigan.network import Sequential


def mlp(shape=(28, 28, 1), latent=100, width=128, classes=0, rng=None, dtype="float32"):
    """G: latent - w - 2w - 4w - 8w - image, with BatchNorm;   D: image - 4w - 2w - score.   -> G, D

    shape: of an image, (H, W, C).  classes > 0 makes both conditional: G takes (z, label), D takes (x, label).
    """
    size = math.prod(shape)
    hidden = []
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


def toy(latent=2, width=128, depth=3, rng=None, dtype="float32"):
    """G and D for points in the plane: `depth` hidden layers of `width` each.   -> G, D"""

    def net(n_in, n_out):
        sizes = [n_in, *[width] * depth]
        hidden = [part for n, m in pairwise(sizes) for part in (Dense(n, m), LeakyReLU(0.2))]
        return Sequential(*hidden, Dense(width, n_out, gain=1.0), rng=rng, dtype=dtype)

    return net(latent, 2), net(2, 1)


EMBEDDING = 16  # how many numbers stand for a label at G's entrance
