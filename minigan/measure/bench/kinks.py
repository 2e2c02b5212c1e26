"""Move a network off its kinks, so that two programs can be compared in float32 to more than three digits.

LeakyReLU has two slopes, and a pre-activation of 1e-8 takes one or the other by the accident of rounding.  Among four million
pre-activations of a convolutional step some lie that close, and each one that flips changes a gradient by about 1e-4, though
both sides are right.  So for the comparison only, the bias before each LeakyReLU is shifted until every pre-activation is clear of 0:
positive in the even channels, negative in the odd ones, so both slopes are at work.  With fixed slopes D is affine, hence the
points between real and fake, where WGAN-GP looks, are clear of 0 as well.  G's tanh and D's score are centred, lest they saturate.
"""

import numpy as np

from minigan.game import beside
from minigan.layers import BatchNorm, Beside, LeakyReLU, Tanh
from minigan.measure.bench.models import Benchmark

MARGIN = 0.1  # of the range of a channel


def clear(benchmark: Benchmark) -> None:
    """Shift the biases of G, then of D, for the benchmark's own batch."""
    zs = list(benchmark.z)
    images = _through(benchmark.G.layers, zs)
    fakes = [beside(image, z) for image, z in zip(images, zs, strict=True)]
    _through(benchmark.D.layers, [benchmark.x, *fakes])


def _through(layers, xs: list) -> list:
    """Several batches through the layers, the biases on the way moved for all of them together."""
    for layer, after in zip(layers, [*layers[1:], None], strict=True):
        if isinstance(layer, Beside):
            xs = [(y, x[1]) for y, x in zip(_through(layer.branches[0].layers, [x[0] for x in xs]), xs, strict=True)]
            continue
        xs = [layer.forward(x)[0] for x in xs]
        if isinstance(after, LeakyReLU | Tanh | None) and layer.parameters:
            move = _clear_of_zero(xs) if isinstance(after, LeakyReLU) else -_columns(xs).mean(axis=0)
            bias = layer.beta if isinstance(layer, BatchNorm) else layer.b
            bias += move
            xs = [x + move for x in xs]
    return xs


def _columns(xs):
    return np.concatenate([x.reshape(-1, x.shape[-1]) for x in xs])


def _clear_of_zero(xs):
    """(..., C) -> (C,): even channels above 0, odd ones below."""
    low, high = _columns(xs).min(axis=0), _columns(xs).max(axis=0)
    margin = MARGIN * (high - low) + MARGIN
    return np.where(np.arange(len(low)) % 2 == 0, margin - low, -margin - high)
