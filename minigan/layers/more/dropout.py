"""Dropout: switch off a random share of the units, so that none can rely on any other (Srivastava et al. 2014).

Its randomness is kept in `state`, like everything else a network remembers: a seed and a count of the draws.  The
mask of draw t is a function of (seed, t), so a run that was stopped and resumed draws the same masks, bit for bit.
"""

from typing import Any

import numpy as np

from minigan.kernels.parallel import ranks
from minigan.layers.layer import Layer
from minigan.layers.parameters import constant
from minigan.running.arguments import check_range


def new_seed(rng: np.random.Generator, shape: tuple) -> np.ndarray:
    """A seed that float32 can hold exactly: the initialiser of a layer's buffer `seed`."""
    return rng.integers(2**20, size=shape)


def new_generator(layer: Layer) -> np.random.Generator:
    """The generator of the layer's next draw, from its buffers `seed` and `draws`; counts the draw."""
    rng = np.random.default_rng([int(layer.seed[0].real), int(layer.draws[0].real)])
    layer.draws += 1
    return ranks.sliced(rng)


class Dropout(Layer):
    """y = m x / (1 - p),  m ~ Bernoulli(1 - p), drawn for every value;  dx = m dy / (1 - p).  `layer(x)` is the identity.   Any shape."""

    def __init__(self, p: float = 0.5):
        check_range("Dropout", p=p, below=1)
        self.p = p
        self.buffers = {
            "seed": ((1,), new_seed),
            "draws": ((1,), constant(0)),
        }

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        if not self.bound:
            raise ValueError(f"{self} has no random stream yet: put it in Sequential(..., rng=rng), or call .init(rng)")
        x = self.check(x, "any", True)
        keep = new_generator(self).random(x.shape) >= self.p
        scale = keep * x.real.dtype.type(1 / (1 - self.p))
        return x * scale, scale  # eq:dropout.forward

    def backward(self, dy: np.ndarray, scale: Any) -> Any:
        return self.check_dy(dy, scale.shape) * scale  # eq:dropout.dx

    def tangent(self, v: np.ndarray, scale: Any) -> tuple[np.ndarray, Any]:
        return self.check_v(v, scale.shape) * scale, scale

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return x

    def __repr__(self) -> str:
        return f"Dropout({self.p})"
