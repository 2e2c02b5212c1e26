"""What is claimed of every penalty: v = d value / d g, and add_penalty's exact second order through every kind of critic.

The second is the hardest claim of the library: d/dtheta of P(dD/dx), with dD/dx itself a derivative.  The critics here
are curved in every way the layers allow, since on piecewise-linear ones a forgotten f'' costs nothing and is never seen.
"""

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from minigan.gradcheck import FIRST, SECOND, Check, compare, numerical_gradient
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
from minigan.layers.tree import first
from minigan.measure.certify.claim import Claim, holds, same
from minigan.network import Sequential
from minigan.penalties import PENALTIES, add_penalty

PIXELS = (2, 4, 5, 1)  # an image of odd shape, two of them

# name -> (layers, input shape, number of classes): small, so that every parameter can be moved
CRITICS = {
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


def critic(name) -> tuple[Sequential, np.ndarray | tuple]:
    """A float64 critic with biases away from 0, and a batch for it (a pair if it is conditional)."""
    build, shape, classes = CRITICS[name]
    rng = np.random.default_rng(7)
    D = Sequential(*build(), rng=rng, dtype=np.float64)
    D.theta += 0.1 * rng.standard_normal(D.theta.size)
    for layer in D.layers:
        layer.reset(rng)
    x = rng.standard_normal(shape)
    return D, (x, rng.integers(classes, size=len(x))) if classes else x


# The definitions, sample by sample and number by number: slow, and free of axes that could be the wrong ones.
def _norm(sample) -> float:
    return math.sqrt(sum(float(a) ** 2 for a in sample.flat))


DEFINITIONS = {
    "r1": lambda g, gamma: gamma / 2 * sum(_norm(sample) ** 2 for sample in g) / len(g),
    "r2": lambda g, gamma: gamma / 2 * sum(_norm(sample) ** 2 for sample in g) / len(g),
    "wgan_gp": lambda g, lam: lam * sum((_norm(sample) - 1) ** 2 for sample in g) / len(g),
    "dragan": lambda g, lam: lam * sum((_norm(sample) - 1) ** 2 for sample in g) / len(g),
}


def first_order(penalty, definition) -> Iterator[Check]:
    rng = np.random.default_rng(8)
    for shape in ((4, 3), (1, 5), (3, 2, 3, 2)):
        g = rng.standard_normal(shape)
        value, v = penalty(g, 3.0)
        yield compare(f"value at g {shape}", value, definition(g, 3.0), FIRST)
        yield compare(f"v at g {shape}", v, numerical_gradient(lambda a: penalty(a, 3.0)[0], g), FIRST)
    flat = np.zeros((2, 3))  # ||g|| has no derivative here: a value is chosen, and it is not NaN
    yield same("v = 0 at g = 0", penalty(flat)[1], flat)
    kept = penalty(np.ones((2, 3), np.float32))[1].dtype
    yield holds("dtype kept", kept == np.float32, f"float32 in, {kept} out")


def second_order(penalty, name) -> Iterator[Check]:
    D, x = critic(name)
    state = D.state.copy()

    def scored():
        D.state[...] = state
        return D.forward(x)

    def value(_=None):
        scores, caches = scored()
        g = D.backward(np.ones_like(scores), caches, learn=False)
        return penalty(first(g))[0]

    D.grad[...] = 1.0  # it must be added to what is there
    reported = add_penalty(D, *scored(), penalty)
    yield compare("value", reported, value(), FIRST)
    yield compare("dtheta", D.grad - 1.0, numerical_gradient(value, D.theta), SECOND, D.locate)


def refusal(mixer) -> Iterator[Check]:
    D = Sequential(Dense(3, 4), mixer, Flatten(), rng=0, dtype=np.float64)
    try:
        add_penalty(D, *D.forward(np.random.default_rng(0).standard_normal((5, 3))), PENALTIES["r1"])
    except MixedSamplesError as error:
        yield holds("refuses", str(mixer) in str(error), f"the refusal does not name {mixer}: {error}")
        yield same("grad untouched", D.grad, np.zeros_like(D.grad))
    else:
        yield holds("refuses", False, "a penalty was computed although samples mix")


def claims() -> list[Claim]:
    made = []
    for name, penalty in PENALTIES.items():
        made.append(Claim("penalties", name, "first order", "random", partial(first_order, penalty, DEFINITIONS[name])))
        for net in CRITICS:
            made.append(Claim("penalties", name, "second order", net, partial(second_order, penalty, net)))
    for mixer in (BatchNorm, lambda n: MinibatchStd()):
        made.append(Claim("penalties", "add_penalty", "refusal", str(mixer(4)), lambda mixer=mixer: refusal(mixer(4))))
    return made
