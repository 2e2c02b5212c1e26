"""Check layers, networks and whole training steps: every verb against differences, forward against backward.

    first order     backward and accumulate against central differences or the complex step
    adjoint         <dy, J v> = <J' dy, v>: backward and tangent apply the same matrix, exact to rounding
    second order    backward_tangent against differences of dy . (J v)
    both steps      what d_step and g_step add to grad against differences of the loss and penalty they report

The checks are public, for users' own layers and networks too.  They work on a float64 copy with random cotangents, and
restore `state` before each call, so that dropout draws the same mask and running averages do not drift.  The differences are
of the network held on its piece (layers/more/pieces.py), so that no ReLU crosses its kink.  A failing check raises
GradientError with the array, the index, the expected value and the value found.
"""

import copy  # noqa: I001 (the longest import stays on two lines)
from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Any

import numpy as np

from minigan.differences import (ADJOINT, FIRST, SECOND, Check, GradientError, H, check_gradient, compare, complex_gradient,
    numerical_gradient, require, settle)  # fmt: skip
from minigan.game import d_step, g_step
from minigan.layers.layer import Layer, MixedSamplesError
from minigan.layers.more.pieces import held
from minigan.layers.parameters import all_layers
from minigan.layers.tree import Tree, leaves, tree_map
from minigan.network import Sequential

__all__ = ["Check", "GradientError", "check_gradient", "check_layer", "check_network", "check_step", "compare",
           "complex_gradient", "numerical_gradient", "require"]  # fmt: skip


def _raising(checks: Callable[..., list[Check]], name: str) -> Callable[..., list[Check]]:
    """The same function under another name: it raises GradientError if a check fails."""

    @wraps(checks)
    def check(*args: Any, **options: Any) -> list[Check]:
        return require(checks(*args, **options))

    check.__name__ = check.__qualname__ = name
    return check


# ---- layers and networks ----------------------------------------------------------------------------------------------


def layer_checks(layer: Layer, x: Any, rng: Any = 0, h: float = H) -> list[Check]:
    """Check all five verbs of a layer at x: an array, a shape, or a tuple of arrays for a layer with several inputs.

    A layer without weights yet gets random float64 ones, with non-zero biases; a layer that has weights is checked, on a
    copy, at those.  rng: a Generator or a seed.  Returns all checks; check_layer raises GradientError if one fails.
    """
    rng = np.random.default_rng(rng)
    fresh = copy.deepcopy(layer)
    for inner in fresh.walk():
        inner.bound = False
    net = Sequential(fresh, rng=rng, dtype=np.float64)
    for mine, given in zip(fresh.walk(), layer.walk(), strict=True):
        for name in (*mine.parameters, *mine.buffers) if given.bound else ():
            getattr(mine, name)[...] = getattr(given, name)
    if not layer.bound:
        net.theta += 0.3 * rng.standard_normal(net.theta.size)  # biases and gains away from 0 and 1
        for inner in reversed(list(fresh.walk())):
            inner.reset(rng)
    return network_checks(net, x, rng, h, samples=10**9)


def network_checks(
    net: Sequential, x: Any, rng: Any = 0, h: float = H, method: str = "central", samples: int = 500
) -> list[Check]:
    """Check backward and, if no samples mix, tangent and second order of a whole network at x, on a float64 copy.

    Of more than `samples` parameters, a random subset is checked.  method="complex" takes first derivatives by complex step.
    Returns all checks; check_network raises GradientError if one fails.
    """
    own = np.random.default_rng(rng).spawn(1)[0]  # else dy could be the very numbers that the caller drew x from
    case = _Case(net, x, own, h, samples)
    return [*_assumptions(case, net), *_first(case, method), *_second(case)]


check_layer, check_network = _raising(layer_checks, "check_layer"), _raising(network_checks, "check_network")


class _Case:
    """A float64 copy of a network, a batch, a random cotangent, and the parameters to check."""

    def __init__(self, net: Sequential, x: Any, rng: np.random.Generator, h: float, samples: int):
        self.net, self.rng, self.h = net.astype(np.float64), rng, h
        if isinstance(x, tuple) and all(isinstance(n, int | np.integer) for n in x):
            x = rng.standard_normal(x)
        self.x = tree_map(lambda a: np.array(a, np.float64 if np.asarray(a).dtype.kind == "f" else None), x)
        self.at, self.state = np.arange(net.theta.size), self.net.state.copy()
        if net.theta.size > samples:
            self.at = np.sort(rng.choice(net.theta.size, samples, replace=False))
        self.y, self.caches = self.forward()
        self.dy = random_like(self.y, rng)

    def forward(self, net: Sequential | None = None, x: Tree = None) -> tuple[Tree, list]:
        """The forward pass, from the same state as the first one."""
        net = net or self.net
        net.state[...] = self.state
        return net.forward(self.x if x is None else x)

    def where(self, i: int) -> str:
        return self.net.locate(int(self.at[i]))


def _assumptions(case: _Case, given: Sequential) -> Iterator[Check]:
    """What the differences assume: if one of these fails, they are wrong, or agree with a wrong layer."""
    views = [(layer, name) for layer in all_layers(given.layers) for name in layer.parameters]
    loose = [f"{layer}.{name}" for layer, name in views if not np.shares_memory(getattr(layer, name), given.theta)]
    detail = f"{', '.join(loose)} not in theta: write W[...] = ... in place; W = ... makes an array no optimizer sees"
    yield Check("weights are views of theta", float(len(loose)), 0.0, detail)
    kept = copy.deepcopy((case.x, case.dy))
    case.net.backward(case.dy, case.caches, learn=False)
    for a, b in zip(leaves((case.x, case.dy)), leaves(kept), strict=True):
        if a is not None:
            yield compare("arguments unchanged", a, b, 0.0)
    if not case.net.mixes:
        alone = case.forward(x=tree_map(lambda part: part[:1], case.x))[0]
        for one, many in zip(leaves(alone), leaves(case.y), strict=True):
            if one is not None:
                yield compare("a sample alone", one, many[:1], ADJOINT)


def _first(case: _Case, method: str) -> Iterator[Check]:
    net, twin, x = case.net, case.net, case.x
    net.zero_grad()
    dx = net.backward(case.dy, case.caches)
    if method == "complex":
        twin = net.astype(np.complex128)
        x = twin.cast(x)
    value = held(lambda _=None: dot(case.dy, case.forward(twin, x)[0]), all_layers(net.layers))
    for i, (part, found) in enumerate(_parts(x, dx)):
        yield check_gradient(f"dx{i or ''}", found, value, part, FIRST, case.h)
    yield check_gradient("dtheta", net.grad[case.at], value, twin.theta, FIRST, case.h, case.at, case.where)


def _second(case: _Case) -> Iterator[Check]:
    net, h, x, dy, layers = case.net, case.h, case.x, case.dy, list(all_layers(case.net.layers))
    v = random_like(x, case.rng)
    try:
        w, tangents = net.tangent(v, case.caches)
    except MixedSamplesError:
        return

    def outputs(s: float) -> list:
        return list(leaves(case.forward(x=tree_map(lambda part, d: part if d is None else part + s * d, x, v))[0]))

    move = held(outputs, layers, 0.0)

    def entry(i: int, n: int, s: float) -> float:
        return move(s)[i].flat[n]

    for i, (above, below, part) in enumerate(zip(move(h), move(-h), leaves(w), strict=True)):
        if part is not None:
            expected = (above - below) / (2 * h)  # eq:gradcheck.tangent
            yield settle(f"tangent{i or ''}", part, expected, partial(entry, i), FIRST, h)
    dx = net.backward(dy, case.caches, learn=False)
    forth, back, terms = dot(dy, w), dot(v, dx), dot(dy, w, np.abs)
    # eq:gradcheck.adjoint
    yield Check("adjoint", abs(forth - back) / max(terms, 1e-300), ADJOINT, f"<dy, Jv> = {forth}, <J'dy, v> = {back}")

    # dy . (J(x; theta) v)     eq:gradcheck.second
    along = held(lambda _=None: dot(dy, net.tangent(v, case.forward()[1])[0]), layers)
    net.zero_grad()
    dw, born = net.streams(dy, None, tangents, case.caches)  # dy . (J v) is linear in v: its gradient there is J' dy
    got = net.grad[case.at].copy()
    yield check_gradient("second order, dtheta", got, along, net.theta, SECOND, h, case.at, case.where)
    for i, (part, found) in enumerate(_parts(x, tree_map(lambda _: None, x) if born is None else born)):
        yield check_gradient(f"second order, dx{i or ''}", found, along, part, SECOND, h)
    for i, ((_, found), (_, right)) in enumerate(zip(_parts(x, dw), _parts(x, dx), strict=True)):
        yield compare(f"second order, dw{i or ''}", found, right, ADJOINT)


# ---- the two whole steps ------------------------------------------------------------------------------------------------


class _Recorder:
    """An optimizer that only records: it keeps the gradient it was given and updates nothing."""

    def __init__(self, net: Sequential):
        self.net = net

    def step(self) -> None:
        self.gradient = self.net.grad.copy()
        self.net.zero_grad()


def step_checks(
    G: Sequential, D: Sequential, loss: Any, x: Tree, z: Tree, penalties: Any = (), rng: int = 0, h: float = H,
    samples: int = 500,
) -> list[Check]:  # fmt: skip
    """Check D's whole step (loss and penalties) and G's whole step (through D), and that each updates only its own network.

    G and D are checked on float64 copies; x, z as in d_step.  `rng` is a seed, so every call draws the same random points.
    Returns all checks; check_step raises GradientError if one fails.
    """
    G, D = G.astype(np.float64), D.astype(np.float64)
    states = G.state.copy(), D.state.copy()

    def step(net: Sequential) -> tuple[float, np.ndarray]:
        """The value that this network's step reports, and the gradient it passes to the optimizer."""
        G.state[...], D.state[...] = states
        seen = _Recorder(net)
        if net is D:
            row = d_step(G, D, loss, penalties, seen, x, z, np.random.default_rng(rng))
            return row["loss_D"] + row.get("penalty", 0.0), seen.gradient
        return g_step(G, D, loss, seen, x, z)["loss_G"], seen.gradient

    checks = []
    for which, net, other in (("D", D, G), ("G", G, D)):
        at = np.sort(np.random.default_rng(rng).permutation(net.theta.size)[:samples])
        net.zero_grad()
        other.grad[...] = np.random.default_rng(rng).standard_normal(other.grad.size)
        before = [a.copy() for a in (other.grad, G.theta, D.theta)]
        got = step(net)[1][at]
        same = all(map(np.array_equal, before, (other.grad, G.theta, D.theta)))
        name = f"{which} step moves only {which}"
        checks.append(Check(name, 0.0 if same else np.inf, 0.0, "the other network's grad, or a theta, was changed"))
        value = held(lambda _=None, net=net: step(net)[0], all_layers([*G.layers, *D.layers]))
        where = [net.locate(int(i)) for i in at].__getitem__
        # eq:gradcheck.step
        checks.append(check_gradient(f"{which} step, dtheta", got, value, net.theta, SECOND, h, at, where))
    return checks


check_step = _raising(step_checks, "check_step")


def _parts(x: Tree, dx: Tree) -> list[tuple[np.ndarray, np.ndarray]]:
    """The differentiable inputs, each with its gradient (zero where it is None)."""
    pairs = zip(leaves(x), leaves(dx), strict=True)
    return [(a, np.zeros_like(a) if d is None else d) for a, d in pairs if a is not None and a.dtype.kind in "fc"]


def random_like(x: Tree, rng: np.random.Generator) -> Tree:
    """A random direction for x, leaf by leaf: None for labels, which are not differentiable."""
    return tree_map(lambda a: rng.standard_normal(a.shape) if a is not None and a.dtype.kind in "fc" else None, x)


def dot(a: Tree, b: Tree, of: Callable = lambda term: term) -> float:
    """<a, b>, the sum over all entries of all leaves; a leaf that is None counts as zero."""
    return sum(of(p * q).sum() for p, q in zip(leaves(a), leaves(b), strict=True) if p is not None and q is not None)
