"""Run the library's own code on symbols: what has to step aside for that, and what must not.

Not one line of a layer, loss, penalty, optimizer or step is replaced.  Inside `with on_symbols():`

    kernels       are their NumPy twins (kernels/reference.py), whose code is the specification
    guards        that refuse arrays which are not floats are left out; they compute nothing
    float64       is the exact number: np.float64 and float() in losses, penalties and steps keep an expression as it is
    sigmoid       and softplus, which choose one of two formulas to avoid overflow, are run with both, and both must agree

The last one is a proof of its own, made at every call: two formulas, one function.  So their choice opens no regions.
"""

import importlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np

from minigan import kernels
from minigan.kernels import reference
from minigan.layers import GRU, Layer, SelfAttention, ShapeError
from minigan.layers.parameters import all_layers, bind
from minigan.layers.tree import tree_map
from minigan.measure.symbolic.number import Number, symbols
from minigan.measure.symbolic.regions import Region
from minigan.measure.symbolic.tower import Tower
from minigan.network import Sequential


def _check(self: Any, x: np.ndarray, expected: str, fits: bool, hint: str = "") -> np.ndarray:
    if not fits:
        raise ShapeError(f"{self} expected an input of shape {expected}, got {x.shape}")
    self.check_bound()
    return np.ascontiguousarray(x)


def _kept(x: Any, *_: Any, **__: Any) -> Any:
    return x


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _target(what: str, y: np.ndarray, target: Any, unit: bool = False) -> Any:
    return target


EXACT = SimpleNamespace(**{name: getattr(np, name) for name in dir(np) if name[0] != "_"} | {"float64": object})

ASIDE: dict[str, dict[str, Any]] = {
    "minigan.network": {"cast": _kept},
    "minigan.layers.more.time": {"check_times": lambda layer, t: t},
    "minigan.running.arrays": {"check_floats": _nothing},
    "minigan.losses": {"np": EXACT, "float": _kept, "as_target": _target},
    "minigan.penalties": {"np": EXACT, "float": _kept, "as_number": _kept, "check_floats": _nothing},
    "minigan.game": {"float": _kept},
    "minigan.fast_step": {"float": _kept},
    "minigan.optim": {"refuse_non_finite": _nothing, "check_rate": _kept},
    "minigan.kernels": {"check_vectors": _nothing}
    | {name: getattr(reference, name) for name in kernels.__all__ if hasattr(reference, name)},
}
BOTH = {"minigan.layers.activations": ("sigmoid", "softplus"), "minigan.losses": ("sigmoid", "softplus")}


class TwoFormulas(AssertionError):
    """A function that chooses between two formulas has two values."""


def _agreeing(f: Callable) -> Callable:
    """f, run with all arguments above 0 and with all below: the same expressions, or TwoFormulas."""

    def both(x: np.ndarray) -> np.ndarray:
        tower = next(a.tower for a in x.flat if isinstance(a, Number))
        region, found = tower.region, []
        try:
            for sign in (1, -1):
                tower.region = _All(sign)
                found.append(f(x))
        finally:
            tower.region = region
        for a, b in zip(*(values.flat for values in found), strict=True):
            if not a == b:
                raise TwoFormulas(f"{f.__name__} is {a} above 0 and {b} below")
        return found[0]

    return both


class _All(Region):
    def __init__(self, sign: int):
        self.all = sign

    def sign(self, key: Any) -> int:
        return self.all


@contextmanager
def on_symbols() -> Iterator[None]:
    """Until the block ends, the library computes with arrays of Numbers."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(Layer, "check", _check))
        for name, values in ASIDE.items():
            module = importlib.import_module(name)
            for key, value in values.items():
                stack.enter_context(patch.object(module, key, value, create=key == "float"))
        for name, functions in BOTH.items():
            module = importlib.import_module(name)
            for key in functions:
                stack.enter_context(patch.object(module, key, _agreeing(getattr(module, key))))
        yield


def network(tower: Tower, *layers: Any, label: str = "theta") -> Sequential:
    """A network whose weights are symbols, and its grad too, to which a backward pass must add.   Call it inside `on_symbols`.

    What enters a layer gets names, and so does the gradient that the network's backward pass returns.  A name stands for its sum
    in whatever is computed from it, so expressions stay short; the proof replaces it where that is needed.
    """
    net = Sequential(*layers, rng=0, dtype=np.float64)
    net.theta = symbols(tower, label, net.theta.shape)
    net.grad = symbols(tower, "grad", net.grad.shape)
    net.state = net.state.astype(object)
    bind(net.layers, net.theta, net.grad, net.state)
    for layer in all_layers(net.layers):
        layer.forward = _entered(tower, layer.forward, 2 if isinstance(layer, SelfAttention | GRU) else 0)
    net.backward = _left(tower, net.backward)  # type: ignore[method-assign]
    return net


def named(tower: Tower, x: Any) -> Any:
    """x with a name for every entry that is a sum."""

    def short(a: Any) -> Any:
        return Number(tower.name(a.p), tower) if isinstance(a, Number) else a

    def each(leaf: Any) -> Any:
        return np.vectorize(short, otypes=[object])(leaf) if leaf is not None and leaf.dtype == object else leaf

    return tree_map(each, x)


def _entered(tower: Tower, forward: Callable, naming: int) -> Callable:
    """forward at named inputs; in a layer that is a small network of its own, sums of `naming` terms are named, too."""

    def run(x: Any) -> Any:
        x, before, tower.naming = named(tower, x), tower.naming, naming
        try:
            return forward(x)
        finally:
            tower.naming = before

    return run


def _left(tower: Tower, backward: Callable) -> Callable:
    def run(*args: Any, **options: Any) -> Any:
        return named(tower, backward(*args, **options))

    return run
