"""Move a network away from its kinks, so two programs can be compared in float32 to more than three digits.

LeakyReLU has two derivatives, and for a pre-activation of 1e-8 rounding decides which one applies.  Among the four million
pre-activations of a convolutional step some are that close to 0, and each one that flips changes a gradient by about 1e-4, although
both sides are correct.  So, for the comparison only, the bias before each LeakyReLU is shifted until no pre-activation is near 0:
positive in the even channels, negative in the odd ones, so both derivatives occur.  Then D is affine between real and fake, so
the points between them, which WGAN-GP uses, are not near a kink either.  The inputs of G's tanh and D's score are centred, so they
do not saturate.
"""

import numpy as np

from minigan.fast_step import with_label
from minigan.layers import BatchNorm, Beside, Layer, LeakyReLU, Tanh
from minigan.measure.bench.models import Benchmark

MARGIN = 0.1  # relative to the range of a channel


def clear(benchmark: Benchmark) -> None:
    """Shift the biases of G, then of D, in place, for the benchmark's own batch."""
    zs = list(benchmark.z)
    images = _through(benchmark.G.layers, zs)
    fakes = [with_label(image, z) for image, z in zip(images, zs, strict=True)]
    _through(benchmark.D.layers, [benchmark.x, *fakes])


def _through(layers: list[Layer], xs: list) -> list:
    """Pass several batches through the layers, shifting each bias for all of them together -> the outputs."""
    for layer, after in zip(layers, [*layers[1:], None], strict=True):
        if isinstance(layer, Beside):
            xs = [(y, x[1]) for y, x in zip(_through(layer.branches[0].layers, [x[0] for x in xs]), xs, strict=True)]
            continue
        xs = [layer.forward(x)[0] for x in xs]
        if isinstance(after, LeakyReLU | Tanh | None) and layer.parameters:
            shift = _clear_of_zero(xs) if isinstance(after, LeakyReLU) else -_columns(xs).mean(axis=0)
            bias = getattr(layer, "beta" if isinstance(layer, BatchNorm) else "b")
            bias += shift
            xs = [x + shift for x in xs]
    return xs


def _columns(xs: list[np.ndarray]) -> np.ndarray:  # [(..., C), ...] -> (N, C)
    return np.concatenate([x.reshape(-1, x.shape[-1]) for x in xs])


def _clear_of_zero(xs: list[np.ndarray]) -> np.ndarray:
    """The shift (C,) that makes even channels positive and odd ones negative.   [(..., C), ...] -> (C,)"""
    low, high = _columns(xs).min(axis=0), _columns(xs).max(axis=0)
    margin = MARGIN * (high - low) + MARGIN
    return np.where(np.arange(len(low)) % 2 == 0, margin - low, -margin - high)
