"""Claims about optimizers: each computes its recurrence, written here one number at a time.

The loops below are the papers' algorithms in plain Python floats, without arrays.  A bias correction without the power t, an
epsilon inside the root, a velocity that is averaged instead of summed: any such bug shows within the first steps.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minigan import optim
from minigan.gradcheck import ADJOINT, Check, compare
from minigan.layers import BatchNorm, Dense
from minigan.measure.certify.claim import Claim, same
from minigan.network import Sequential
from minigan.zoo.wgan import ClippedRMSProp

STEPS = 7


def sgd(gradients: Iterable[float], theta: float, lr: Callable[[int], float], momentum: float = 0.0) -> Iterator[float]:
    """m = momentum m + g;  theta -= lr m"""
    m = 0.0
    for t, grad in enumerate(gradients):
        m = momentum * m + grad
        theta -= lr(t) * m
        yield theta


def rmsprop(
    gradients: Iterable[float], theta: float, lr: Callable[[int], float], rho: float = 0.99, eps: float = 1e-8
) -> Iterator[float]:
    """v = rho v + (1 - rho) g^2;  theta -= lr g / (sqrt(v) + eps)"""
    v = 0.0
    for t, grad in enumerate(gradients):
        v = rho * v + (1 - rho) * grad**2
        theta -= lr(t) * grad / (math.sqrt(v) + eps)
        yield theta


def clipped(gradients: Iterable[float], theta: float, lr: Callable[[int], float], c: float) -> Iterator[float]:
    """v = 0.99 v + 0.01 g^2;  theta = min(max(theta - lr g / (sqrt(v) + 1e-8), -c), c)"""
    v = 0.0
    for t, grad in enumerate(gradients):
        v = 0.99 * v + 0.01 * grad**2
        theta = min(max(theta - lr(t) * grad / (math.sqrt(v) + 1e-8), -c), c)
        yield theta


def adam(
    gradients: Iterable[float],
    theta: float,
    lr: Callable[[int], float],
    beta1: float = 0.5,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> Iterator[float]:
    """m, v: moving averages of g and g^2, divided by 1 - beta^t;  theta -= lr m / (sqrt(v) + eps)     Kingma and Ba 2015, alg. 1"""
    m = v = 0.0
    for t, grad in enumerate(gradients):
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        m_hat, v_hat = m / (1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1))
        theta -= lr(t) * m_hat / (math.sqrt(v_hat) + eps)
        yield theta


# (class, its recurrence, its settings); a large eps shows whether it is inside the root
RECURRENCES: list[tuple[Any, Callable[..., Iterator[float]], dict[str, float]]] = [
    (optim.SGD, sgd, {}),
    (optim.SGD, sgd, {"momentum": 0.9}),
    (optim.RMSProp, rmsprop, {"rho": 0.9}),
    (optim.RMSProp, rmsprop, {"eps": 0.1}),
    (ClippedRMSProp, clipped, {"c": 0.5}),
    (optim.Adam, adam, {}),
    (optim.Adam, adam, {"beta1": 0.9, "beta2": 0.99, "eps": 0.1}),
    (optim.Adam, adam, {"beta1": 0.0}),
]


def _net() -> Sequential:
    return Sequential(Dense(3, 2), BatchNorm(2), rng=0, dtype=np.float64)


def recurrence(
    optimizer: Callable[..., optim.Optimizer], loop: Callable[..., Iterator[float]], settings: dict[str, float]
) -> Iterator[Check]:
    """The optimizer against its loop, with the same random gradients and a learning rate that changes."""
    net, gradients = _net(), np.random.default_rng(1).standard_normal((STEPS, _net().theta.size))
    lr = optim.linear(0.1, steps=5, end=0.01)
    columns = [
        loop(g, theta, lr, **settings) for g, theta in zip(gradients.T.tolist(), net.theta.tolist(), strict=True)
    ]
    opt = optimizer(net, lr, **settings)
    for t, (grad, expected) in enumerate(zip(gradients, zip(*columns, strict=True), strict=True)):
        net.grad[...] = grad
        opt.step()
        yield compare(f"theta after step {t + 1}", net.theta, np.array(expected), ADJOINT)
        yield same("grad is zero again", net.grad, np.zeros_like(grad))


def average(warmup: bool) -> Iterator[Check]:
    """EMA against its recurrence: average = decay average + (1 - decay) theta, and the same for the running statistics."""
    net, rng = _net(), np.random.default_rng(2)
    ema = optim.EMA(net, decay=0.8, warmup=warmup)
    expected, held = net.theta.tolist(), net.state.tolist()
    for t in range(1, STEPS + 1):
        net.theta += rng.standard_normal(net.theta.size)
        net.state += rng.random(net.state.size)
        now = net.theta.copy()
        ema.step()
        decay = min(0.8, t / (t + 10)) if warmup else 0.8
        expected = [decay * a + (1 - decay) * b for a, b in zip(expected, net.theta.tolist(), strict=True)]
        held = [decay * a + (1 - decay) * b for a, b in zip(held, net.state.tolist(), strict=True)]
        yield compare(f"average after step {t}", ema.theta, np.array(expected), ADJOINT)
        yield compare(f"running statistics after step {t}", ema.net.state, np.array(held), ADJOINT)
        yield same("theta itself is not moved", net.theta, now)


def clipping() -> Iterator[Check]:
    """clip_weights against min and max of each number."""
    net = _net()
    net.theta[...] = np.linspace(-1, 1, net.theta.size)
    expected = np.array([min(max(w, -0.3), 0.3) for w in net.theta.tolist()])
    optim.clip_weights(net, 0.3)
    yield same("min(max(theta, -c), c)", net.theta, expected)


# name -> (schedule, its values at t = 0, 5, 10, 15): from 0.4 to 0.1 in 10 steps, then constant
SCHEDULES: dict[str, tuple[Any, tuple[float, ...]]] = {
    "constant": (optim.constant(0.4), (0.4, 0.4, 0.4, 0.4)),
    "linear": (optim.linear(0.4, 10, 0.1), (0.4, 0.25, 0.1, 0.1)),
    "cosine": (optim.cosine(0.4, 10, 0.1), (0.4, 0.25, 0.1, 0.1)),
}


def schedule(name: str) -> Iterator[Check]:
    """A learning-rate schedule against values computed by hand."""
    lr, expected = SCHEDULES[name]
    yield compare("lr(t)", [lr(t) for t in (0, 5, 10, 15)], expected, ADJOINT)
    if name == "cosine":
        third = 0.1 + 0.3 * (1 + 0.5) / 2  # cos(pi / 3) = 1/2
        rate: Any = optim.cosine(0.4, 9, 0.1)
        yield compare("a third of the way", rate(3), third, ADJOINT)


def claims() -> list[Claim]:
    """All claims about optimizers, the moving average, clipping and schedules."""
    made = []
    for optimizer, loop, settings in RECURRENCES:
        sample = ", ".join(f"{key}={value}" for key, value in settings.items()) or "defaults"
        run = partial(recurrence, optimizer, loop, settings)
        made.append(Claim("optimizers", optimizer.__name__, "recurrence", sample, run))
    for warmup in (False, True):
        made.append(Claim("optimizers", "EMA", "recurrence", f"{warmup=}", partial(average, warmup)))
    made.append(Claim("optimizers", "clip_weights", "recurrence", "c = 0.3", clipping))
    for name in SCHEDULES:
        made.append(Claim("optimizers", name, "schedule", "0.4 to 0.1", partial(schedule, name)))
    return made
