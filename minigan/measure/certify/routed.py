"""What a step of several networks owes each of them: the gradient of the loss that it is said to learn from, and the move.

The networks and the step are given: `build(dtype)` makes the networks anew, name -> network, and `step(networks, optimizers)` takes
one step on fixed inputs and returns its row.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from minigan.gradcheck import FIRST, SECOND, Check, check_gradient
from minigan.layers.more.pieces import held
from minigan.layers.parameters import all_layers
from minigan.measure.certify.claim import holds, same
from minigan.measure.certify.steps import KeepingSGD
from minigan.network import Sequential

Nets = dict[str, Sequential]
Step = Callable[[Nets, dict[str, Any]], dict[str, float]]


def taken(nets: Nets, step: Step, lr: float = 0.125) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Take the step -> the gradient that each optimizer was given, and the row.  An optimizer that was not used has none."""
    opts = {name: KeepingSGD(net, lr=lr) for name, net in nets.items()}
    row = step(nets, opts)
    return {name: opt.seen for name, opt in opts.items() if hasattr(opt, "seen")}, row


def gradients(
    build: Callable[..., Nets], step: Step, learned: Mapping[str, Callable[[dict[str, float]], float]]
) -> Iterator[Check]:
    """The gradient of each network equals differences of the loss that it learns from, a function of the row."""
    nets = build()
    found, _ = taken(nets, step, lr=0.0)
    opts = {name: KeepingSGD(net, lr=0.0) for name, net in nets.items()}
    layers = all_layers(layer for net in nets.values() for layer in net.layers)
    for name, loss in learned.items():
        value = held(lambda _=None, loss=loss: loss(step(nets, opts)), layers)
        bound, net = SECOND if name.startswith("D") else FIRST, nets[name]
        yield check_gradient(f"{name}, dtheta", found[name], value, net.theta, bound, where=net.locate)


def moves(build: Callable[..., Nets], step: Step, names: Iterable[str], dtype: type) -> Iterator[Check]:
    """Each network of these names moves by -lr grad, and grad is zero afterwards."""
    nets, before = build(dtype), build(dtype)
    found, _ = taken(nets, step)
    for name in names:
        net, grad = nets[name], found[name]
        yield holds(f"{name} moves", bool((grad != 0).any()), "the gradient is zero everywhere")
        yield same(f"{name}: theta - lr grad", net.theta, before[name].theta - net.dtype.type(0.125) * grad)
        yield same(f"{name}: grad after the step", net.grad, np.zeros_like(net.grad))
