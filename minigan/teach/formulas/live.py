"""The live part of an explanation: shapes and a gradient check, at the reader's own sizes if any are given.

No check is defined here: layers go through gradcheck, everything else through the claims of `minigan certify`.
"""

import copy
import inspect
import math
import re
import textwrap
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigan.gradcheck import Check, check_gradient, network_checks
from minigan.layers import Copy, MixedSamplesError, ShapeError
from minigan.losses import GANLoss
from minigan.measure.certify import all_claims
from minigan.measure.certify.claim import Claim, Finding, arrays
from minigan.measure.certify.losses import gradients
from minigan.measure.certify.optimizers import RECURRENCES, recurrence
from minigan.measure.certify.penalties import second_order
from minigan.measure.certify.samples import SAMPLES, Labels, Sample, Times
from minigan.optim import Optimizer
from minigan.penalties import Penalty
from minigan.teach.formulas.subject import Subject

USUAL = {type(sample.layer).__name__: sample for sample in reversed(SAMPLES)}  # the first sample of each layer
LARGEST = 2000  # the most numbers x may hold: each is moved four times
WEIGHTS = 300_000  # the most parameters a layer may have
COPIES = 100  # the most copies of x
SECONDS = 30  # the longest time a check may take, estimated from one forward pass
PARAMETERS = 200  # the most parameters whose gradients are checked; if there are more, this many are drawn at random
CRITIC = "dense, tanh, LayerNorm, softplus"  # has three curved layers
SECTIONS = {"d_step": "gradients", "g_step": "gradients"}  # the certificate's name for a subject, where it differs
HERE = Claim("explain", "", "", "", tuple)  # the claim of a check that is no part of the certificate


def examine(subject: Subject, shape: tuple[int, ...] | None, seed: int) -> tuple[list[str], list[Check]]:
    """Return lines about shapes, and the checks.  Raises ValueError if the sizes do not fit the subject."""
    thing = subject.thing
    if subject.name in USUAL:
        return _layer(subject, shape, seed)
    if isinstance(thing, GANLoss):
        return _loss(subject, shape, seed)
    if isinstance(thing, Penalty):
        return _penalty(subject, shape, seed)
    if shape is not None:
        raise ValueError(f"{subject.name} takes no --shape: only layers, GAN losses and penalties do")
    if inspect.isclass(thing) and issubclass(thing, Optimizer):
        return _optimizer(subject)
    if subject.made:
        raise ValueError(f"{subject.name} takes no options here: explain {subject.name}")
    return [], _certified(SECTIONS.get(subject.name, subject.name))


# ---- layers ----------------------------------------------------------------------------------------------------------


def _layer(subject: Subject, shape: tuple[int, ...] | None, seed: int) -> tuple[list[str], list[Check]]:
    sample = _sample(subject, shape)
    size = sum(a.size for a in arrays(sample.x()))
    if size > LARGEST:
        raise ValueError(
            f"the check moves each number of x in turn, and {size:,} would take too long: use a smaller --shape"
        )
    if copies := [part for part in sample.layer.walk() if isinstance(part, Copy) and part.n > COPIES]:
        raise ValueError(f"{copies[0]} is one array {copies[0].n:,} times: use at most Copy({COPIES})")
    weights = sum(math.prod(shape) for part in sample.layer.walk() for shape, _ in part.parameters.values())
    if weights > WEIGHTS:
        raise ValueError(
            f"the check runs the layer some thousand times, and with {weights:,} parameters it would take too long: use smaller sizes"
        )
    net, x = sample.network(), sample.x(seed)
    try:
        y, caches = net.forward(x)
        started = time.perf_counter()
        net.forward(x)  # the first time it may have been compiled
        seconds = 4 * (size + min(net.theta.size, PARAMETERS)) * (time.perf_counter() - started)
    except ShapeError as error:
        raise ValueError(f"{error}. Give the shape of the input, batch first: --shape 2,9,7,3") from error
    if seconds > SECONDS:
        raise ValueError(f"the check would take about {seconds:,.0f} seconds: use smaller sizes, or a smaller --shape")
    lines = [f"{sample.layer}", f"x {_shapes(x)} -> y {_shapes(y)}"]
    for layer in net.layers[0].walk():
        whose = f"{layer}: " if layer is not net.layers[0] else ""
        owned = [f"{name} {value[0]}" for name, value in (*layer.parameters.items(), *layer.buffers.items())]
        lines += [whose + ", ".join(owned)] if owned else []
    learns = ", and a gradient for each parameter: dW like W" * bool(net.theta.size)
    lines.append(f"dy like y -> dx like x{learns}")
    if not sample.mixes:
        lines.append("v like x -> w like y")
    checks = _worst(network_checks(net, x, rng=np.random.default_rng([seed, 1]), samples=PARAMETERS))
    if sample.mixes:
        try:
            net.tangent(x, caches)
        except MixedSamplesError as error:
            lines += textwrap.wrap(str(error), 110)
    return lines, checks


def _sample(subject: Subject, shape: tuple[int, ...] | None) -> Sample:
    """Return the layer asked for, with inputs of the given shape, or those of the certificate fitted to the layer's width."""
    usual = USUAL[subject.name]
    layer = copy.deepcopy(usual.layer if subject.made is None else subject.made)
    for part in layer.walk():
        part.bound = False  # a layer of a network is examined apart from it, with weights of its own
    first, *others = usual.inputs
    inside = [part for part in layer.walk() if not isinstance(part, Copy)]  # its n is not a width
    classes = [getattr(part, name) for part in inside for name in ("n_classes", "classes") if hasattr(part, name)]
    widths = [getattr(part, name) for part in inside for name in ("n_in", "c_in", "n", "c") if hasattr(part, name)]
    if shape is not None:
        first = shape
    elif subject.made is not None and widths:
        first = (*first[:-1], widths[0])
    if isinstance(usual.inputs[0], Labels):
        first = Labels(first[0], classes[0])
    if isinstance(usual.inputs[0], Times):
        first = Times(first[0])
    N = first[0]
    others = [Labels(N, classes[0]) if classes else (N, *usual_shape[1:]) for usual_shape in others]
    return Sample(layer, first, *others)


def _shapes(x: Any) -> str:
    return ", ".join(str(part.shape) for part in arrays(x))


# ---- losses, penalties, optimizers -------------------------------------------------------------------------------------


def _loss(subject: Subject, shape: tuple[int, ...] | None, seed: int) -> tuple[list[str], list[Check]]:
    if shape is None:
        return ["r, f of any shape -> a number, and gradients of the same shapes"], _certified(subject.name)
    rng = np.random.default_rng(seed)
    r, f = rng.standard_normal(shape), rng.standard_normal(shape)
    return [f"r, f {shape} -> a number, and gradients {shape}"], list(gradients(subject.thing, r, f, 1e-5))


def _penalty(subject: Subject, shape: tuple[int, ...] | None, seed: int) -> tuple[list[str], list[Check]]:
    """Check the first order at g of the reader's shape, the second order through a curved critic."""
    penalty = subject.thing
    g = np.random.default_rng(seed).standard_normal(shape or (4, 3))
    first = check_gradient("v, first order", penalty(g)[1], lambda a: penalty(a)[0], g)
    second = second_order(penalty, CRITIC)
    renamed = [check._replace(name=f"{check.name}, {CRITIC} critic") for check in second]
    return [f"g {g.shape} -> a number, and v {g.shape}"], [first, *renamed]


def _optimizer(subject: Subject) -> tuple[list[str], list[Check]]:
    made = subject.made or {}
    loop = next(loop for kind, loop, _ in RECURRENCES if kind is subject.thing)
    allowed = [name for name in inspect.signature(loop).parameters if name not in ("gradients", "theta", "lr")]
    if set(made) - set(allowed):
        raise ValueError(
            f"{subject.name} is checked with a falling learning rate; the options here are {', '.join(allowed)}"
        )
    checks = recurrence(subject.thing, loop, made)
    return ["theta, grad and the optimizer's own vectors all have the shape (P,)"], _worst(checks)


def _certified(name: str) -> list[Check]:
    """Return the claims of the certificate under this name, the worst of each kind; empty if it makes none."""
    try:
        claims = all_claims(name)
    except ValueError:
        return []
    return _worst(check._replace(name=f"{claim.verb}, {check.name}") for claim in claims for check in claim.run())


def _worst(checks: Iterable[Check]) -> list[Check]:
    """Of all checks whose names differ only in numbers, keep the one that uses up the largest share of its bound."""
    worst: dict[str, Check] = {}
    for check in checks:
        check = check._replace(name=re.sub(r"[\d(), ]+$", "", check.name))
        if check.name not in worst or Finding(HERE, check).share > Finding(HERE, worst[check.name]).share:
            worst[check.name] = check
    return list(worst.values())
