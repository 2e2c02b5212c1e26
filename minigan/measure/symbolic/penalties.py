"""Claims about penalties: v = dP/dg, and the whole second order of `add_penalty` through three critics.

The second is the library's hardest claim.  It is proven in two parts: the g that the library computes is SymPy's derivative dD/dx
of D's forward pass, for every input; and what add_penalty adds to grad is SymPy's derivative dP(g)/dtheta of that g.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minigan import losses
from minigan.fast_step import backward_with_penalties
from minigan.layers import Conv2d, Dense, Flatten, LayerNorm, LeakyReLU, Softplus, Tanh
from minigan.measure.symbolic.claim import Claim, Equation
from minigan.measure.symbolic.layers import constants
from minigan.measure.symbolic.number import gradient, symbol, symbols
from minigan.measure.symbolic.stage import network
from minigan.measure.symbolic.tower import Tower
from minigan.penalties import R1, WganGp, add_penalty

N = 2
CRITICS: dict[str, tuple[Callable[[], list], tuple[int, ...]]] = {
    "Dense, tanh, Dense": (lambda: [Dense(2, 2), Tanh(), Dense(2, 1)], (N, 2)),
    "Dense, LayerNorm, softplus, Dense": (lambda: [Dense(2, 2), LayerNorm(2), Softplus(), Dense(2, 1)], (1, 2)),
    "conv, LeakyReLU, Dense": (lambda: [Conv2d(1, 2, 2), LeakyReLU(), Flatten(), Dense(4, 1)], (1, 2, 3, 1)),
}


def weighted(kind: str, tower: Tower) -> Any:
    """R1 or WGAN-GP whose weight is a symbol."""
    penalty = R1() if kind == "r1" else WganGp()
    object.__setattr__(penalty, "gamma" if kind == "r1" else "lam", symbol(tower, "weight", positive=True))
    return penalty


def definition(kind: str, penalty: Any, g: np.ndarray) -> Any:
    """gamma/2 mean ||g_n||^2, or lam mean (||g_n|| - 1)^2, sample by sample."""
    squares = [sum(a * a for a in sample.flat) for sample in g]
    if kind == "r1":
        return penalty.gamma * sum(squares) / (2 * len(g))
    return penalty.lam * sum((square.sqrt() - 1) ** 2 for square in squares) / len(g)


def first_order(kind: str, tower: Tower) -> Iterator[Equation]:
    """The value and v at a symbolic g."""
    penalty, g = weighted(kind, tower), symbols(tower, "g", (N, 2, 1))
    value, v = penalty(g)
    yield Equation("value", value, definition(kind, penalty, g))
    yield Equation("v", v, gradient(value, g))


def critic(name: str, tower: Tower) -> tuple:
    """D of that name with symbolic weights, a symbolic batch x, D(x) and the caches."""
    build, shape = CRITICS[name]
    D = network(tower, *build())
    constants(tower, D)
    x = symbols(tower, "x", shape)
    return D, x, *D.forward(x)


def second_order(kind: str, name: str, tower: Tower) -> Iterator[Equation]:
    """add_penalty through one critic."""
    penalty, (D, x, scores, caches) = weighted(kind, tower), critic(name, tower)
    g = D.backward(np.ones_like(scores), caches, learn=False)
    yield Equation("g", g, gradient(scores.sum(), x))
    before = D.grad.copy()
    value = add_penalty(D, scores, caches, penalty)
    yield Equation("value", value, definition(kind, penalty, g))
    yield Equation("dtheta", D.grad - before, gradient(definition(kind, penalty, g), D.theta))


def together(kind: str, name: str, tower: Tower) -> Iterator[Equation]:
    """A loss and a penalty in one pass, as fast_d_step does it: both gradients are there."""
    penalty, (D, _, scores, caches) = weighted(kind, tower), critic(name, tower)
    _, dy, _ = losses.least_squares.d(scores, scores)
    g, before = D.backward(np.ones_like(scores), caches, learn=False), D.grad.copy()
    half = ((scores - 1) ** 2).sum() / (2 * len(scores))  # the part of the loss whose gradient is dy
    value = backward_with_penalties(D, dy, scores, caches, [penalty])
    yield Equation("value", value, definition(kind, penalty, g))
    yield Equation("dtheta", D.grad - before, gradient(half + definition(kind, penalty, g), D.theta))


def claims() -> list[Claim]:
    """Each penalty alone, then through each critic, alone and with a loss."""
    made = []
    for kind in ("r1", "wgan_gp"):
        where = "every g" if kind == "r1" else "every g but 0"
        made.append(Claim("penalties", kind, "value, v", where, partial(first_order, kind)))
        for name in CRITICS:
            made.append(Claim("penalties", kind, "add_penalty", name, partial(second_order, kind, name)))
            made.append(Claim("penalties", kind, "loss and penalty pass", name, partial(together, kind, name)))
    return made
