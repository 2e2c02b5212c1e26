"""Convolutional GANs after DCGAN (Radford et al. 2016): G grows a 4 x 4 seed to the image, D shrinks it back.

D has no normalisation, because a gradient penalty needs D's slope at one image by itself; G has BatchNorm.
"""

import math

from minigan.layers import (
    BatchNorm,
    Beside,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Embedding,
    Flatten,
    LabelScore,
    LeakyReLU,
    ReLU,
    Reshape,
    Tanh,
    UpConv2d,
)
from minigan.models.mlp import EMBEDDING
from minigan.network import Sequential


def dcgan(shape=(32, 32, 1), latent=64, width=32, classes=0, rng=None, dtype="float32"):
    """G grows by transposed convolutions 4 x 4, stride 2.   -> G, D     (see `build`)"""
    return build(lambda n, m: ConvTranspose2d(n, m, 4, 2, 1), shape, latent, width, classes, rng, dtype)


def dcgan_up(shape=(32, 32, 1), latent=64, width=32, classes=0, rng=None, dtype="float32"):
    """G grows by upsampling and 3 x 3 convolutions, free of checkerboards.   -> G, D     (see `build`)"""
    return build(lambda n, m: UpConv2d(n, m, 3), shape, latent, width, classes, rng, dtype)


def build(grow, shape, latent, width, classes, rng, dtype):
    """For a 32 x 32 image: G 4w - 2w - w - C channels at 4, 8, 16, 32 pixels;  D w - 2w - 4w at 16, 8, 4, then a score.

    shape (H, W, C): H = W = 4 * 2^levels (8, 16, 32, 64, ...).  classes > 0 makes both conditional.
    """
    side, levels = shape[0], int(math.log2(shape[0] / 4)) if shape[0] >= 8 else 0
    if len(shape) != 3 or shape[1] != side or side != 4 * 2**levels or levels < 1:
        raise ValueError(
            f"the convolutional models need square images (H, W, C) of 8, 16, 32, 64, ... pixels, got {shape}: pad or resize"
        )
    widths = [width * 2**i for i in range(levels)]  # of D; G mirrors them
    top = widths[-1]
    entry = [Concat(right=[Embedding(classes, EMBEDDING)])] if classes else []
    layers = [Dense(latent + (EMBEDDING if classes else 0), 16 * top), Reshape(4, 4, top), BatchNorm(top), ReLU()]
    for n, m in zip(widths[::-1], widths[-2::-1], strict=False):
        layers += [grow(n, m), BatchNorm(m), ReLU()]
    G = Sequential(*entry, *layers, grow(widths[0], shape[2]), Tanh(), rng=rng, dtype=dtype)
    body = []
    for n, m in zip([shape[2], *widths[:-1]], widths, strict=True):
        body += [Conv2d(n, m, 4, 2, 1), LeakyReLU(0.2)]
    if classes:
        D = Sequential(Beside(*body, Flatten()), LabelScore(16 * top, classes), rng=rng, dtype=dtype)
    else:
        D = Sequential(*body, Flatten(), Dense(16 * top, 1, gain=1.0), rng=rng, dtype=dtype)
    return G, D
