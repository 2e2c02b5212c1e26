"""The gradient of a step, compared along one random direction instead of parameter by parameter.

A network of P parameters needs 2 P steps for all central differences, and 2 for the derivative along one direction u:

    (L(theta + h u) - L(theta - h u)) / 2h = u . dL/dtheta

A wrong gradient agrees along a random direction with probability 0.  It does not say which parameter is wrong, which a mutant's
death need not.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from minigan.gradcheck import FIRST, SECOND, Check, check_gradient, step_checks
from minigan.layers.more.pieces import held
from minigan.layers.parameters import all_layers
from minigan.measure.certify import routed, steps
from minigan.measure.certify.claim import Claim


def along_a_direction(claim: Claim) -> Claim:
    """The same claim, quicker, if it is about the gradients of a step; else the claim itself."""
    run = claim.checks
    if not isinstance(run, partial):
        return claim
    faster: dict[Any, Callable[..., Any]] = {routed.gradients: directional, steps.gradients: few}
    quick = faster.get(run.func)
    return claim._replace(checks=partial(quick, *run.args)) if quick else claim


def directional(
    build: Callable[..., routed.Nets], step: routed.Step, learned: Mapping[str, Callable[[dict[str, float]], float]]
) -> Iterator[Check]:
    """routed.gradients along one direction for each network."""
    nets = build()
    found, _ = routed.taken(nets, step, lr=0.0)
    opts = {name: steps.KeepingSGD(net, lr=0.0) for name, net in nets.items()}
    layers = all_layers(layer for net in nets.values() for layer in net.layers)
    for name, loss in learned.items():
        theta = nets[name].theta
        here, u = theta.copy(), np.random.default_rng(0).standard_normal(theta.size)

        def moved(s: np.ndarray, theta=theta, here=here, u=u, loss=loss) -> float:  # type: ignore[no-untyped-def]
            theta[...] = here + s[0] * u
            try:
                return loss(step(nets, opts))
            finally:
                theta[...] = here

        value, bound = held(moved, layers, np.zeros(1)), SECOND if name.startswith("D") else FIRST
        yield check_gradient(f"{name}, along u", np.array([found[name] @ u]), value, np.zeros(1), bound)


def few(build: Callable[..., steps.Setting], loss: object, penalties: object) -> list[Check]:
    """steps.gradients for 12 parameters of each network."""
    G, D, x, z = steps.setting(build)
    return step_checks(G, D, loss, x, z, penalties, rng=steps.SEED, samples=12)
