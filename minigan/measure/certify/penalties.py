"""Claims about penalties: v = d value / d g, and the exact second order of add_penalty through each kind of critic.

The second is the library's hardest claim: d/dtheta of P(dD/dx), where dD/dx is itself a derivative.  The critics here use each
kind of curved layer, because in a piecewise-linear critic f'' is zero and forgetting it would go unnoticed.
"""

import copy
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minigan.gradcheck import FIRST, SECOND, Check, check_gradient, compare
from minigan.layers import (
    AvgPool2d,
    BatchNorm,
    Beside,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Embedding,
    Flatten,
    InstanceNorm,
    LabelScore,
    Layer,
    LayerNorm,
    LeakyReLU,
    MaxPool2d,
    MinibatchStd,
    MixedSamplesError,
    PixelNorm,
    Reshape,
    Residual,
    SelfAttention,
    Sigmoid,
    SiLU,
    Softplus,
    SpectralNorm,
    Tanh,
    UpConv2d,
    Upsample2x,
)
from minigan.layers.more.pieces import held
from minigan.layers.parameters import all_layers
from minigan.layers.tree import first
from minigan.measure.certify.claim import Claim, holds, same
from minigan.network import Sequential
from minigan.penalties import PENALTIES, add_penalty

PIXELS = (2, 4, 5, 1)  # two images, not square

# name -> (layers, input shape, number of classes): small enough to check each parameter by differences
CRITICS: dict[str, tuple[Callable[[], list[Layer]], tuple[int, ...], int]] = {
    "dense, tanh, LayerNorm, softplus": (
        lambda: [Dense(3, 5), Tanh(), Dense(5, 4), LayerNorm(4), Softplus(), Dense(4, 1)],
        (4, 3),
        0,
    ),
    "conv, LeakyReLU": (
        lambda: [Conv2d(1, 3, 4, 2, 1), LeakyReLU(), Conv2d(3, 2, 2), LeakyReLU(), Flatten(), Dense(2, 1)],
        PIXELS,
        0,
    ),
    "convT, upconv, SiLU": (
        lambda: [ConvTranspose2d(1, 2, 3, 2, 1), SiLU(), UpConv2d(2, 1), SiLU(), Flatten(), Dense(252, 1)],
        PIXELS,
        0,
    ),
    "norms inside a sample": (
        lambda: [Conv2d(1, 3, 3), InstanceNorm(3), Sigmoid(), Conv2d(3, 2, 1), PixelNorm(), Flatten(), Dense(12, 1)],
        PIXELS,
        0,
    ),
    "pooling": (
        lambda: [Upsample2x(), Tanh(), MaxPool2d(), Conv2d(1, 2, 3), AvgPool2d(), SiLU(), Flatten(), Dense(4, 1)],
        (2, 4, 6, 1),
        0,
    ),
    "attention": (
        lambda: [Conv2d(1, 2, 2, 2), SelfAttention(2), Tanh(), Flatten(), Dense(8, 1)],
        PIXELS,
        0,
    ),
    "spectral norm": (
        lambda: [SpectralNorm(Conv2d(1, 2, 3, 1, 1)), Tanh(), Flatten(), SpectralNorm(Dense(40, 1))],
        PIXELS,
        0,
    ),
    "residual": (
        lambda: [Residual(Dense(3, 4), Tanh(), Dense(4, 3), LayerNorm(3)), Residual(Dense(3, 3), SiLU()), Dense(3, 1)],
        (3, 3),
        0,
    ),
    "conditional": (
        lambda: [
            Concat(right=[Embedding(3, 20), Reshape(4, 5, 1)]),
            Conv2d(2, 2, 3, 2),
            Tanh(),
            Flatten(),
            Dense(4, 1),
        ],
        PIXELS,
        3,
    ),
    "conditional, a score for each label": (
        lambda: [Beside(Conv2d(1, 2, 3, 2), Softplus(), Flatten(), Dense(4, 3), Tanh()), LabelScore(3, 3)],
        PIXELS,
        3,
    ),
    "conditional, label in the middle": (
        lambda: [Concat(left=[Dense(3, 4), Softplus()], right=[Embedding(2, 3)]), Dense(7, 3), Tanh(), Dense(3, 1)],
        (3, 3),
        2,
    ),
}


def critic(name: str) -> tuple[Sequential, np.ndarray | tuple]:
    """A float64 critic with biases away from 0, and a batch for it (a pair (x, labels) if it is conditional)."""
    build, shape, classes = CRITICS[name]
    rng = np.random.default_rng(7)
    D = Sequential(*build(), rng=rng, dtype=np.float64)
    D.theta += 0.1 * rng.standard_normal(D.theta.size)
    for layer in D.layers:
        layer.reset(rng)
    x = rng.standard_normal(shape)
    return D, (x, rng.integers(classes, size=len(x))) if classes else x


# The definitions, one sample and one number at a time: slow, but without an axis argument that could be wrong.
def _norm(sample: np.ndarray) -> float:
    return math.sqrt(sum(float(a) ** 2 for a in sample.flat))


DEFINITIONS: dict[str, Callable[[np.ndarray, float], float]] = {
    "r1": lambda g, gamma: gamma / 2 * sum(_norm(sample) ** 2 for sample in g) / len(g),
    "r2": lambda g, gamma: gamma / 2 * sum(_norm(sample) ** 2 for sample in g) / len(g),
    "wgan_gp": lambda g, lam: lam * sum((_norm(sample) - 1) ** 2 for sample in g) / len(g),
    "dragan": lambda g, lam: lam * sum((_norm(sample) - 1) ** 2 for sample in g) / len(g),
}


def first_order(penalty: Callable, definition: Callable[[np.ndarray, float], float]) -> Iterator[Check]:
    """The value against the definition, v against differences; v = 0 at g = 0; the dtype is kept."""
    rng = np.random.default_rng(8)
    for shape in ((4, 3), (1, 5), (3, 2, 3, 2)):
        g = rng.standard_normal(shape)
        value, v = penalty(g, 3.0)
        yield compare(f"value at g {shape}", value, definition(g, 3.0), FIRST)
        yield check_gradient(f"v at g {shape}", v, lambda a: penalty(a, 3.0)[0], g)
    flat = np.zeros((2, 3))  # ||g|| has no derivative here: v = 0 is chosen, not NaN
    yield same("v = 0 at g = 0", penalty(flat)[1], flat)
    kept = penalty(np.ones((2, 3), np.float32))[1].dtype
    yield holds("dtype kept", kept == np.float32, f"float32 in, {kept} out")


def second_order(penalty: Callable, name: str) -> Iterator[Check]:
    """add_penalty through one critic: the value it returns, and d/dtheta against differences of the value."""
    D, x = critic(name)
    state = D.state.copy()

    def forward() -> tuple[np.ndarray, Any]:
        D.state[...] = state
        return D.forward(x)

    def value(_: Any = None) -> float:
        scores, caches = forward()
        g = D.backward(np.ones_like(scores), caches, learn=False)
        return penalty(first(g))[0]

    D.grad[...] = 1.0  # add_penalty must add to it
    reported = add_penalty(D, *forward(), penalty)
    yield compare("value", reported, value(), FIRST)
    value = held(value, all_layers(D.layers))
    yield check_gradient("dtheta", D.grad - 1.0, value, D.theta, SECOND, where=D.locate)


def refusal(mixer: Layer) -> Iterator[Check]:
    """With a layer that mixes samples, add_penalty raises MixedSamplesError, names the layer and leaves grad unchanged."""
    D = Sequential(Dense(3, 4), copy.deepcopy(mixer), Flatten(), rng=0, dtype=np.float64)
    try:
        add_penalty(D, *D.forward(np.random.default_rng(0).standard_normal((5, 3))), PENALTIES["r1"])
    except MixedSamplesError as error:
        yield holds("refuses", str(mixer) in str(error), f"the refusal does not name {mixer}: {error}")
        yield same("grad untouched", D.grad, np.zeros_like(D.grad))
    else:
        yield holds("refuses", False, "a penalty was computed although samples mix")


def claims() -> list[Claim]:
    """All claims about penalties: each penalty alone, then through each critic."""
    made = []
    for name, penalty in PENALTIES.items():
        made.append(Claim("penalties", name, "first order", "random", partial(first_order, penalty, DEFINITIONS[name])))
        for net in CRITICS:
            made.append(Claim("penalties", name, "second order", net, partial(second_order, penalty, net)))
    for mixer in (BatchNorm(4), MinibatchStd()):
        made.append(Claim("penalties", "add_penalty", "refusal", str(mixer), partial(refusal, mixer)))
    return made
