"""Networks that see a time: what a diffusion model and a flow learn from.

They map (x, t), or (x, (t, c)) with a condition c, to an array of the shape of x: the noise in x, or the velocity at x.  The time becomes
a vector e, and the state of the network is the pair (h, e): each stage computes a new h and keeps e (layers/more/take.py).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from minigan.layers import (
    BatchNorm,
    Conv2d,
    ConvTranspose2d,
    Copy,
    Dense,
    Embedding,
    Join,
    Keep,
    Layer,
    LeakyReLU,
    Parallel,
    Reshape,
    Residual,
    Shift,
    SiLU,
    Sum,
    Take,
    TimeEmbedding,
    UpConv2d,
)
from minigan.models.dcgan import widths_of
from minigan.network import Sequential
from minigan.running.arguments import check_whole

Rng = np.random.Generator | int | None


def time_unet(
    shape: Sequence[int] = (32, 32, 1), width: int = 32, classes: int = 0, latent: int = 0, ends: Sequence[Layer] = (),
    rng: Rng = None, dtype: DTypeLike = "float32",
) -> Sequential:  # fmt: skip
    """A small U-Net:   (x, t) -> y, with w - 2w - 4w channels at 16, 8, 4 pixels for images of 32.     Ho et al. 2020, appendix B, reduced.

    The first convolution halves the image, so all others are cheap; x itself is joined before the last one.  Different from the paper: one
    convolution a stage, BatchNorm instead of group norm, leaky ReLU instead of SiLU, no attention.

    Parameters
    ----------
    shape : of an image, (H, W, C), H = W = 8, 16, 32, ...
    width : w, the channels of the first convolution
    classes : if above 0, the network takes (x, (t, label))
    latent : if above 0, the network takes (x, (t, z)) with z (N, latent), which is added to the time like a label
    ends : layers after the last convolution
    rng : Generator or seed of the initial weights; required
    dtype : float32 or float64

    Returns
    -------
    Sequential
        (x (N, H, W, C), t (N,) in [0, 1]) -> y (N, H, W, C).
    """
    check_whole("time_unet", width=width)
    widths, C, E = widths_of(shape, width), shape[2], 2 * width

    def level(k: int) -> list[Layer]:
        """(h, e) -> (h, e) at the resolution of level k."""
        w = widths[k]
        if k + 1 == len(widths):
            return [stage(Conv2d(w, w, 3, 1, 1), w, E)]
        below = [
            stage(Conv2d(w, widths[k + 1], 4, 2, 1), widths[k + 1], E),
            *level(k + 1),
            stage(UpConv2d(widths[k + 1], w), w, E),
        ]
        skip = Keep(Copy(2), Parallel([*below, Take(0)], [Take(0)]), Join())
        return [skip, stage(Conv2d(2 * w, w, 3, 1, 1), w, E)]

    body = [
        stage(Conv2d(C, width, 4, 2, 1), width, E),
        *level(0),
        Take(0),
        ConvTranspose2d(width, C, 4, 2, 1, gain=1.0),
    ]
    joined = [Copy(2), Parallel(body, [Take(0)]), Join(), Conv2d(2 * C, C, 3, 1, 1, gain=1.0)]
    return Sequential(Parallel([], entry(E, classes, latent)), *joined, *ends, rng=rng, dtype=dtype)


def stage(layer: Layer, width: int, E: int) -> Keep:
    """(h, e) -> (f(norm(layer(h)) + W e), e)"""
    return Keep(Parallel([layer, BatchNorm(width)], [Dense(E, width, gain=1.0)]), Shift(), LeakyReLU(0.2))


def entry(E: int, classes: int = 0, latent: int = 0) -> list[Layer]:
    """t (N,) -> e (N, E), or (t, label) -> e, or (t, z) -> e."""
    check_whole("a network with time", least=0, classes=classes, latent=latent)
    if classes and latent:
        raise ValueError(
            f"a network with time has one condition, classes or latent, got classes={classes} and latent={latent}"
        )
    time: list[Layer] = [TimeEmbedding(E), Dense(E, E)]
    if classes:
        return [Parallel(time, [Embedding(classes, E)]), Sum(), SiLU()]
    if latent:
        return [Parallel(time, [Dense(latent, E)]), Sum(), SiLU()]
    return [*time, SiLU()]


def time_mlp(
    d: int = 2, width: int = 128, depth: int = 3, embedding: int = 32, rng: Rng = None, dtype: DTypeLike = "float32"
) -> Sequential:
    """For points in the plane:   h = W x + V e(t);   `depth` times h <- h + MLP(h), of d - 4 width - d units;   y = U h.

    embedding : size of the time's embedding; 0: t itself enters, e(t) = t.  rng (generator or seed) is required.
    """
    check_whole("time_mlp", d=d, width=width)
    check_whole("time_mlp", least=0, depth=depth, embedding=embedding)
    time: list[Layer] = [TimeEmbedding(embedding)] if embedding else [Reshape(1)]
    first = Parallel([Dense(d, width, gain=1.0)], [*time, Dense(embedding or 1, width, gain=1.0)])
    blocks = [
        Residual(Dense(width, 4 * width), SiLU(), Dense(4 * width, width, gain=1 / math.sqrt(2 * depth)))
        for _ in range(depth)
    ]
    return Sequential(first, Sum(), *blocks, Dense(width, d, gain=1.0), rng=rng, dtype=dtype)
