"""Claims about the two whole steps: the weights after a step of SGD are theta - lr dL/dtheta, and no other weight has moved.

L is what the step reports, loss and penalties together, so it is an expression in the weights of both networks.  SymPy
differentiates it in the weights of the one that moves.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minigan import losses
from minigan.fast_step import fast_d_step
from minigan.game import d_step, g_step
from minigan.layers import Dense, LeakyReLU, Tanh
from minigan.measure.symbolic.claim import Claim, Equation
from minigan.measure.symbolic.layers import constants
from minigan.measure.symbolic.number import gradient, symbol, symbols
from minigan.measure.symbolic.penalties import weighted
from minigan.measure.symbolic.stage import network
from minigan.measure.symbolic.tower import Tower
from minigan.optim import SGD

N = 1
STEPS: dict[str, Callable] = {"d_step": d_step, "fast_d_step": fast_d_step}
CRITICS: dict[str, Callable[[], list]] = {
    "tanh": lambda: [Dense(1, 2), Tanh(), Dense(2, 1)],
    "LeakyReLU": lambda: [Dense(1, 2), LeakyReLU(), Dense(2, 1)],
}


class AnyNumbers:
    """A generator of random numbers whose draws are symbols: what is proven holds for every draw."""

    def __init__(self, tower: Tower):
        self.tower = tower

    def random(self, shape: Any) -> np.ndarray:
        """Symbols in the place of numbers in [0, 1)."""
        return symbols(self.tower, "t", shape)


def game(tower: Tower, critic: str) -> tuple:
    """G, D, an optimizer for each, a real batch x and noise z, all of symbols; grad is 0, as after a step."""
    G, D = network(tower, Dense(1, 2), Tanh(), Dense(2, 1), label="G"), network(tower, *CRITICS[critic](), label="D")
    made = []
    for net in (G, D):
        constants(tower, net)
        net.zero_grad()
        made.append(SGD(net, 0.5))
        made[-1].lr = symbol(tower, "lr")
    return G, D, *made, symbols(tower, "x", (N, 1)), symbols(tower, "z", (N, 1))


def moved(tower: Tower, step: Callable, net: Any, other: Any, opt: Any) -> Iterator[Equation]:
    """Run the step; net has moved by -lr dL/dtheta, other has not, and grad is 0 again."""
    theta, still, grad = net.theta.copy(), other.theta.copy(), other.grad.copy()
    value = step()
    yield Equation("theta", net.theta, theta - opt.lr * gradient(value, theta))
    yield Equation("the other theta", other.theta, still)
    yield Equation("the other grad", other.grad, grad)
    yield Equation("grad", net.grad, np.zeros(net.grad.shape, object))


def step_of_D(step: str, loss: Any, kinds: tuple[str, ...], critic: str, tower: Tower) -> Iterator[Equation]:
    """d_step or fast_d_step."""
    G, D, _, opt, x, z = game(tower, critic)
    penalties = [weighted(kind, tower) for kind in kinds]

    def run() -> Any:
        row = STEPS[step](G, D, loss, penalties, opt, x, z, AnyNumbers(tower))
        return row["loss_D"] + row["penalty"]

    yield from moved(tower, run, D, G, opt)


def step_of_G(loss: Any, tower: Tower) -> Iterator[Equation]:
    """g_step: the gradient runs through D."""
    G, D, opt, _, x, z = game(tower, "tanh")
    yield from moved(tower, lambda: g_step(G, D, loss, opt, x, z)["loss_G"], G, D, opt)


def claims() -> list[Claim]:
    """Both steps, with each loss; D's also with penalties."""
    made = []
    for name, loss in losses.GAN_LOSSES.items():
        made.append(
            Claim(
                "steps",
                "d_step",
                "theta - lr dL/dtheta",
                f"{name}, tanh",
                partial(step_of_D, "d_step", loss, (), "tanh"),
            )
        )
        made.append(Claim("steps", "g_step", "theta - lr dL/dtheta", f"{name}, tanh", partial(step_of_G, loss)))
    for step in STEPS:
        for critic in CRITICS:
            for kinds in (("r1",), ("wgan_gp",)):
                sample = f"non_saturating, {', '.join(kinds)}, {critic}"
                run = partial(step_of_D, step, losses.non_saturating, kinds, critic)
                made.append(Claim("steps", step, "theta - lr dL/dtheta", sample, run))
    return made
