"""The live part of an explanation: shapes and a gradient check, at the reader's own sizes if any are given.

Nothing here is a check of its own: layers go through gradcheck, all else through the claims of the certificate.
"""

import copy
import inspect
import re
import textwrap
from collections.abc import Iterable
from functools import partial

import numpy as np

from minigan.gradcheck import FIRST, Check, compare, network_checks, numerical_gradient
from minigan.layers import MixedSamplesError, ShapeError
from minigan.losses import GANLoss
from minigan.measure.certify import all_claims
from minigan.measure.certify.claim import Finding, arrays
from minigan.measure.certify.losses import gradients
from minigan.measure.certify.optimizers import RECURRENCES, recurrence
from minigan.measure.certify.penalties import second_order
from minigan.measure.certify.samples import SAMPLES, Labels, Sample
from minigan.optim import Optimizer
from minigan.penalties import PENALTIES
from minigan.teach.formulas.subject import Subject

USUAL = {type(sample.layer).__name__: sample for sample in reversed(SAMPLES)}  # each layer's first sample
LARGEST = 2000  # numbers in x: each is moved four times
PARAMETERS = 200  # of so many parameters the slopes are checked, drawn at random if there are more
CRITIC = "dense, tanh, LayerNorm, softplus"  # curved in three ways
SECTIONS = {"d_step": "gradients", "g_step": "gradients"}  # what the certificate calls them, where the names differ


def examine(subject: Subject, shape: tuple[int, ...] | None, seed: int) -> tuple[list[str], list[Check]]:
    """Lines about shapes, and the checks.  ValueError where the sizes do not fit the subject."""
    thing = subject.thing
    if subject.name in USUAL:
        return _layer(subject, shape, seed)
    if isinstance(thing, GANLoss):
        return _loss(subject, shape, seed)
    if subject.name in PENALTIES:
        return _penalty(subject, shape, seed)
    if shape is not None:
        raise ValueError(f"{subject.name} takes no --shape: only layers, GAN losses and penalties do")
    if inspect.isclass(thing) and issubclass(thing, Optimizer):
        return _optimizer(subject)
    if subject.made:
        raise ValueError(f"{subject.name} takes no options here: explain {subject.name}")
    return [], _certified(SECTIONS.get(subject.name, subject.name))


# ---- layers ------------------------------------------------------------------------------------------------------------


def _layer(subject, shape, seed):
    sample = _sample(subject, shape)
    draws, directions = np.random.SeedSequence(seed).spawn(2)
    size = sum(a.size for a in arrays(sample.x()))
    if size > LARGEST:
        raise ValueError(
            f"the check moves every number of x, and {size:,} are too many to wait for: choose a smaller --shape"
        )
    net, x = sample.network(), sample.x(draws)
    try:
        y, caches = net.forward(x)
    except ShapeError as error:
        raise ValueError(f"{error}. Say the shape of the input, batch first: --shape 2,9,7,3") from error
    lines = [f"{sample.layer}", f"x {_shapes(x)} -> y {_shapes(y)}"]
    for layer in net.layers[0].walk():
        whose = f"{layer}: " if layer is not net.layers[0] else ""
        owned = [f"{name} {value[0]}" for name, value in (*layer.parameters.items(), *layer.buffers.items())]
        lines += [whose + ", ".join(owned)] if owned else []
    lines.append(f"dy like y -> dx like x{', and for each parameter its slope: dW like W' * bool(net.theta.size)}")
    if not sample.mixes:
        lines.append("v like x -> w like y")
    checks = _worst(network_checks(net, x, rng=directions, samples=PARAMETERS))
    if sample.mixes:
        try:
            net.tangent(x, caches)
        except MixedSamplesError as error:
            lines += textwrap.wrap(str(error), 110)
    return lines, checks


def _sample(subject, shape) -> Sample:
    """The layer that was asked for and inputs for it: as said, else those the certificate uses, fitted to its width."""
    usual = USUAL[subject.name]
    layer = copy.deepcopy(usual.layer if subject.made is None else subject.made)
    for part in layer.walk():
        part.bound = False  # a layer that stands in a network is examined apart from it, with weights of its own
    first, *others = usual.inputs
    inside = list(layer.walk())
    classes = [getattr(part, name) for part in inside for name in ("n_classes", "classes") if hasattr(part, name)]
    widths = [getattr(part, name) for part in inside for name in ("n_in", "c_in", "n", "c") if hasattr(part, name)]
    if shape is not None:
        first = shape
    elif subject.made is not None and widths:
        first = (*first[:-1], widths[0])
    if isinstance(usual.inputs[0], Labels):
        first = Labels(first[0], classes[0])
    N = first[0]
    others = [Labels(N, classes[0]) if classes else (N, *usual_shape[1:]) for usual_shape in others]
    return Sample(layer, first, *others)


def _shapes(x) -> str:
    return ", ".join(str(part.shape) for part in arrays(x))


# ---- all else ----------------------------------------------------------------------------------------------------------


def _loss(subject, shape, seed):
    if shape is None:
        return ["r, f of any shape -> a number, and slopes of their shapes"], _certified(subject.name)
    rng = np.random.default_rng(seed)
    r, f = rng.standard_normal(shape), rng.standard_normal(shape)
    return [f"r, f {shape} -> a number, and slopes {shape}"], list(gradients(subject.thing, r, f, 1e-5))


def _penalty(subject, shape, seed):
    """First order at g of the reader's shape; second order through a critic that is curved."""
    penalty = partial(subject.thing, **(subject.made or {}))
    g = np.random.default_rng(seed).standard_normal(shape or (4, 3))
    first = compare("v, first order", penalty(g)[1], numerical_gradient(lambda a: penalty(a)[0], g), FIRST)
    second = second_order(penalty, CRITIC)
    renamed = [check._replace(name=f"{check.name}, {CRITIC} critic") for check in second]
    return [f"g {g.shape} -> a number, and v {g.shape}"], [first, *renamed]


def _optimizer(subject):
    made = subject.made or {}
    loop = next(loop for kind, loop, _ in RECURRENCES if kind is subject.thing)
    allowed = [name for name in inspect.signature(loop).parameters if name not in ("gradients", "theta", "lr")]
    if set(made) - set(allowed):
        raise ValueError(f"{subject.name} is checked with a falling learning rate; say only {', '.join(allowed)}")
    checks = recurrence(subject.thing, loop, made)
    return ["theta, grad and every vector it remembers have one shape, (P,)"], _worst(checks)


def _certified(name) -> list[Check]:
    """The claims of the certificate under this name, the worst of each kind; none if it makes none."""
    try:
        claims = all_claims(name)
    except ValueError:
        return []
    return _worst(check._replace(name=f"{claim.verb}, {check.name}") for claim in claims for check in claim.run())


def _worst(checks: Iterable[Check]) -> list[Check]:
    """One check of each name, numbers in the names apart: the one that uses up most of its bound."""
    worst: dict[str, Check] = {}
    for check in checks:
        check = check._replace(name=re.sub(r"[\d(), ]+$", "", check.name))
        if check.name not in worst or Finding(None, check).share > Finding(None, worst[check.name]).share:
            worst[check.name] = check
    return list(worst.values())
