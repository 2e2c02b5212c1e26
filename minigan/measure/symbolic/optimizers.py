"""Claims about optimizers: three steps with symbolic gradients are the closed form of the recurrence.

The closed form is not the loop: m_t = (1 - b) sum_i b^(t - i) g_i (Kingma and Ba 2015, sec. 3), so the running averages, their bias
correction and the order of the operations are all in the comparison.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from minigan.layers import Dense
from minigan.measure.symbolic.claim import Claim, Equation
from minigan.measure.symbolic.number import symbol
from minigan.measure.symbolic.stage import network
from minigan.measure.symbolic.tower import Tower
from minigan.optim import EMA, SGD, Adam, RMSProp

STEPS = 3


def average(b: Any, g: list, t: int, power: int = 1) -> Any:
    """(1 - b) sum over i <= t of b^(t - i) g_i^power."""
    return (1 - b) * sum(b ** (t - i) * g[i] ** power for i in range(t + 1))


def sgd(o: Any, g: list, t: int) -> Any:
    """sum over i <= t of momentum^(t - i) g_i"""
    return sum(o.momentum ** (t - i) * g[i] for i in range(t + 1))


def rmsprop(o: Any, g: list, t: int) -> Any:
    """g_t / (sqrt(v_t) + eps)"""
    return g[t] / (average(o.rho, g, t, 2).sqrt() + o.eps)


def adam(o: Any, g: list, t: int) -> Any:
    """m_t / (1 - b1^(t+1)) / (sqrt(v_t / (1 - b2^(t+1))) + eps)"""
    m = average(o.beta1, g, t) / (1 - o.beta1 ** (t + 1))
    v = average(o.beta2, g, t, 2) / (1 - o.beta2 ** (t + 1))
    return m / (v.sqrt() + o.eps)


RULES: list[tuple[Any, Callable, tuple[str, ...]]] = [
    (SGD, sgd, ("momentum",)),
    (RMSProp, rmsprop, ("rho", "eps")),
    (Adam, adam, ("beta1", "beta2", "eps")),
]


def recurrence(kind: Any, update: Callable, settings: tuple[str, ...], tower: Tower) -> Iterator[Equation]:
    """theta after each step is theta_0 - lr (sum of the updates), and grad is 0."""
    net = network(tower, Dense(1, 1, bias=False))
    opt = kind(net, 0.5)
    for name in ("lr", *settings):
        setattr(opt, name, symbol(tower, name, positive=True))
    theta, g = net.theta[0], []
    for t in range(STEPS):
        g.append(symbol(tower, f"g{t}"))
        net.grad[0] = g[-1]
        opt.step()
        theta = theta - opt.lr * update(opt, g, t)
        yield Equation(f"theta after step {t + 1}", net.theta[0], theta)
        yield Equation(f"grad after step {t + 1}", net.grad[0], 0)


def ema(tower: Tower) -> Iterator[Equation]:
    """The average after t steps is d^t average_0 + (1 - d) sum_i d^(t - i) theta_i, and theta has not moved."""
    net = network(tower, Dense(1, 1, bias=False))
    first, seen = net.theta[0], []
    copied = EMA(net)
    copied.decay = symbol(tower, "decay")
    for t in range(STEPS):
        net.theta[0] = now = symbol(tower, f"theta{t}")
        seen.append(now)
        copied.step()
        expected = copied.decay ** (t + 1) * first + average(copied.decay, seen, t)
        yield Equation(f"average after step {t + 1}", copied.theta[0], expected)
        yield Equation("theta", net.theta[0], now)


def claims() -> list[Claim]:
    """All optimizers, and the moving average."""
    made = [
        Claim(
            "optimizers",
            kind.__name__,
            "closed form",
            f"the first {STEPS} steps",
            partial(recurrence, kind, update, settings),
        )
        for kind, update, settings in RULES
    ]
    return [*made, Claim("optimizers", "EMA", "closed form", f"the first {STEPS} steps", ema)]
