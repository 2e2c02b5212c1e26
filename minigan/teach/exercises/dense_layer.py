"""Lesson 2, the dense layer: its backward pass, that of an activation, and both in a network of two layers."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(2)
N, N_IN, N_OUT, HIDDEN = 5, 3, 4, 6


def _dense() -> tuple[np.ndarray, ...]:
    return _rng.standard_normal((N, N_OUT)), _rng.standard_normal((N, N_IN)), _rng.standard_normal((N_IN, N_OUT))


def _network() -> tuple[np.ndarray, ...]:
    x, t = _rng.standard_normal((N, N_IN)), _rng.standard_normal((N, 2))
    return x, t, _rng.standard_normal((N_IN, HIDDEN)), _rng.standard_normal((HIDDEN, 2))


p1 = Prediction(
    "b",
    a="x has one row per sample, so this is the transpose of dW: (10, 100).",
    b="dW has the shape of W, (100, 10), and each entry sums over the 64 samples: x' dy.",
    c="this is (64, 100), the shape of x: it is dx, the gradient that is passed on to the layer below.",
    d="shapes (64, 100) and (64, 10) do not fit in a matrix product.",
)
p2 = Prediction(
    "c",
    a="each layer would have to preserve the size of its input, and with this gain it does not: ReLU discards "
    "half of it.",
    b="that would be the size after a single layer, about 1/1.4; but the factor applies thirty times.",
    c="each ReLU halves the mean square, so the size shrinks by the square root of 1/2 per layer, and by "
    "(1/2)^15, about 1/30,000, in thirty.",
    d="it shrinks by a constant factor per layer, so it never reaches 0, but it soon becomes negligible.",
)
p3 = Prediction(
    "c",
    a="dx does not use dW at all.",
    b="that check clears the gradient and runs backward once; then it makes no difference whether the gradient "
    "was added or assigned.",
    c="each check clears the gradient and runs backward once, so assigning and adding give the same result. It "
    "takes two batches to see the difference, and a discriminator's step has two: real and fake.",
)

q1 = Formula(
    right=lambda dy, x, W: (dy @ W.T, x.T @ dy, dy.sum(axis=0)),
    cases=[_dense(), _dense()],
    todo="first write down the shapes of dx, dW and db: those of x, W and b.",
    praise="with W in the right shape, these three lines are also the backward pass of every convolution (lesson 10).",
    mistakes={
        "dW and dx are swapped: return dx first": lambda dy, x, W: (x.T @ dy, dy @ W.T, dy.sum(axis=0)),
        "dW: you average over the batch; if the loss is a mean, the 1/N is already in dy": lambda dy, x, W: (
            (dy @ W.T, x.T @ dy / len(x), dy.sum(axis=0))
        ),
        "db: you average over the batch; if the loss is a mean, the 1/N is already in dy": lambda dy, x, W: (
            (dy @ W.T, x.T @ dy, dy.mean(axis=0))
        ),
        "db: the bias reaches every sample, so sum over the samples, axis 0": lambda dy, x, W: (
            (dy @ W.T, x.T @ dy, dy.sum(axis=1))
        ),
        "db: the bias reaches every sample, so sum dy over axis 0": lambda dy, x, W: (dy @ W.T, x.T @ dy, dy),
        "dW: each sample's x has to be multiplied by its own dy; here all samples are summed first": lambda dy, x, W: (
            (dy @ W.T, np.outer(x.sum(axis=0), dy.sum(axis=0)), dy.sum(axis=0))
        ),
    },
    sizes={"N": N},
    names=("dx", "dW", "db"),
)
q2 = Formula(
    right=lambda dy, x, alpha: np.where(x > 0, dy, alpha * dy),
    cases=[(*_rng.standard_normal((2, N, N_IN)), 0.2), (*_rng.standard_normal((2, N_IN, N)), 0.1)],
    todo="an activation's derivative is a factor for each entry: 1 where x > 0, alpha everywhere else.",
    praise="an activation's Jacobian is diagonal, so nothing is mixed: the backward pass is one elementwise product.",
    mistakes={
        "the condition tests dy; whether a unit was active is decided by x, in the forward pass": lambda dy, x, alpha: (
            np.where(dy > 0, dy, alpha * dy)
        ),
        "the leak is on the wrong side: the derivative is 1 where x > 0": lambda dy, x, alpha: np.where(
            x > 0, alpha * dy, dy
        ),
        "the inactive side leaks: alpha dy, not 0": lambda dy, x, alpha: np.where(x > 0, dy, 0),
        "this is f'(x) alone; multiply it by the incoming gradient dy": lambda dy, x, alpha: np.where(
            x > 0, 1.0, alpha
        ),
        "this is the function again, applied to x; multiply dy by its derivative": lambda dy, x, alpha: np.where(
            x > 0, x, alpha * x
        ),
        "on the inactive side the gradient is alpha dy, not alpha": lambda dy, x, alpha: np.where(x > 0, dy, alpha),
    },
)


def _two_layers(
    x: np.ndarray,
    t: np.ndarray,
    W1: np.ndarray,
    W2: np.ndarray,
    scale: Callable | None = None,
    through: Callable | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of mean (leaky(x W1) W2 - t)^2 in W1 and W2; `scale` and `through` replace a step by a mistake."""
    u = x @ W1
    h = np.where(u > 0, u, 0.2 * u)
    dy = 2 * (h @ W2 - t) / t.size if scale is None else scale(h @ W2 - t)
    dh = dy @ W2.T
    du = np.where(u > 0, dh, 0.2 * dh) if through is None else through(dh, u)
    return x.T @ du, h.T @ dy


q3 = Formula(
    right=lambda x, t, W1, W2: _two_layers(x, t, W1, W2),
    cases=[_network(), _network()],
    todo="run forward and keep u = x W1 and h = leaky(u); then go backward: dy, dW2, dh, du, dW1.",
    praise="this is backpropagation. A deeper network repeats the same two lines, which is why it fits into a loop.",
    mistakes={
        "dW1: the gradient passes through the activation as if it were not there": lambda x, t, W1, W2: _two_layers(
            x, t, W1, W2, through=lambda dh, u: dh
        ),
        "dW1: the inactive side of the activation leaks: it passes 0.2 of the gradient": lambda x, t, W1, W2: (
            _two_layers(x, t, W1, W2, through=lambda dh, u: np.where(u > 0, dh, 0))
        ),
        "dW1: the activation's derivative depends on the sign of u, not on the sign of dh": lambda x, t, W1, W2: (
            _two_layers(x, t, W1, W2, through=lambda dh, u: np.where(dh > 0, dh, 0.2 * dh))
        ),
        "the derivative of u^2 is 2 u: a factor 2 is missing": lambda x, t, W1, W2: _two_layers(
            x, t, W1, W2, scale=lambda e: e / e.size
        ),
        "the mean is over all entries of y, so divide by their number: y.size, not only N": lambda x, t, W1, W2: (
            _two_layers(x, t, W1, W2, scale=lambda e: 2 * e / len(e))
        ),
        "the loss is a mean: divide by the number of entries of y": lambda x, t, W1, W2: _two_layers(
            x, t, W1, W2, scale=lambda e: 2 * e
        ),
        "the error is y - t, not t - y: all signs are wrong": lambda x, t, W1, W2: _two_layers(
            x, t, W1, W2, scale=lambda e: -2 * e / e.size
        ),
        "return dW1 first, then dW2": lambda x, t, W1, W2: _two_layers(x, t, W1, W2)[::-1],
    },
    sizes={"N": N},
    names=("dW1", "dW2"),
)
