"""Convolutional GANs after DCGAN (Radford et al. 2016): G grows a 4 x 4 seed into an image, D shrinks an image back to 4 x 4.

G has BatchNorm.  D has no normalisation, because a gradient penalty needs D's gradient at each image by itself.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import DTypeLike

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
    Layer,
    LeakyReLU,
    ReLU,
    Reshape,
    Tanh,
    UpConv2d,
)
from minigan.models.mlp import EMBEDDING
from minigan.network import Sequential
from minigan.running.arguments import check_whole, is_shape


def dcgan(
    shape: Sequence[int] = (32, 32, 1),
    latent: int = 64,
    width: int = 32,
    classes: int = 0,
    rng: np.random.Generator | int | None = None,
    dtype: DTypeLike = "float32",
) -> tuple[Sequential, Sequential]:
    """G, D where G doubles the image's size by 4 x 4 transposed convolutions with stride 2.  Parameters: see `build`."""
    return build(lambda n, m: ConvTranspose2d(n, m, 4, 2, 1), shape, latent, width, classes, rng, dtype)


def dcgan_up(
    shape: Sequence[int] = (32, 32, 1),
    latent: int = 64,
    width: int = 32,
    classes: int = 0,
    rng: np.random.Generator | int | None = None,
    dtype: DTypeLike = "float32",
) -> tuple[Sequential, Sequential]:
    """G, D where G doubles the image's size by upsampling and a 3 x 3 convolution, which leaves no checkerboard pattern.

    Parameters: see `build`.
    """
    return build(lambda n, m: UpConv2d(n, m, 3), shape, latent, width, classes, rng, dtype)


def build(
    grow: Callable[[int, int], Layer],
    shape: Sequence[int],
    latent: int,
    width: int,
    classes: int,
    rng: np.random.Generator | int | None,
    dtype: DTypeLike,
) -> tuple[Sequential, Sequential]:
    """For 32 x 32 images: G has 4w - 2w - w - C channels at 4, 8, 16, 32 pixels;  D has w - 2w - 4w at 16, 8, 4, then a score.

    Parameters
    ----------
    grow
        grow(n, m): the layer of G that doubles the size, (N, H, W, n) -> (N, 2H, 2W, m).
    shape
        Of an image, (H, W, C), H = W = 4 * 2^levels: 8, 16, 32, 64, ...
    latent
        The length of the noise vector z.
    width
        w, the number of channels of D's first convolution; each level doubles it.
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

    Raises
    ------
    ValueError
        If the images are not square or have another size.
    """
    check_whole("a convolutional model", latent=latent, width=width)
    check_whole("a convolutional model", least=0, classes=classes)
    entry = [Concat(right=[Embedding(classes, EMBEDDING)])] if classes else []
    layers = growing(grow, shape, latent + (EMBEDDING if classes else 0), width)
    G = Sequential(*entry, *layers, Tanh(), rng=rng, dtype=dtype)
    body = [*shrinking(shape, width), Flatten()]
    size = 16 * widths_of(shape, width)[-1]
    if classes:
        D = Sequential(Beside(*body), LabelScore(size, classes), rng=rng, dtype=dtype)
    else:
        D = Sequential(*body, Dense(size, 1, gain=1.0), rng=rng, dtype=dtype)
    return G, D


def growing(grow: Callable[[int, int], Layer], shape: Sequence[int], n: int, width: int) -> list[Layer]:
    """(N, n) -> (N, 4, 4, top) -> ... -> (N, H, W, C), with BatchNorm; the last layer is linear."""
    widths = widths_of(shape, width)
    top = widths[-1]
    layers: list[Layer] = [Dense(n, 16 * top), Reshape(4, 4, top), BatchNorm(top), ReLU()]
    for a, b in zip(widths[::-1], widths[-2::-1], strict=False):
        layers += [grow(a, b), BatchNorm(b), ReLU()]
    return [*layers, grow(widths[0], shape[2])]


def shrinking(shape: Sequence[int], width: int) -> list[Layer]:
    """(N, H, W, C) -> (N, 4, 4, top), by 4 x 4 convolutions with stride 2."""
    layers: list[Layer] = []
    widths = widths_of(shape, width)
    for a, b in zip([shape[2], *widths[:-1]], widths, strict=True):
        layers += [Conv2d(a, b, 4, 2, 1), LeakyReLU(0.2)]
    return layers


def widths_of(shape: Sequence[int], width: int) -> list[int]:
    """The channels of D's convolutions, w, 2w, 4w, ...; G mirrors them.   ValueError unless H = W = 4 * 2^levels."""
    side = shape[0] if is_shape(shape) and shape[0] == shape[1] else 0
    levels = int(math.log2(side / 4)) if side >= 8 else 0
    if levels < 1 or side != 4 * 2**levels:
        raise ValueError(
            f"the convolutional models need square images (H, W, C) of 8, 16, 32, 64, ... pixels, got {shape}: pad or resize"
        )
    return [width * 2**i for i in range(levels)]
