"""The derivative as SymPy sees it, beside the line that computes it: for activations and GAN losses.

The library's own forward pass runs on a symbol (measure/symbolic), SymPy differentiates what it returned, and the line of
code that computes the derivative runs on the same symbol.  A piecewise function is shown piece by piece.  Without SymPy this part
of an explanation is left out.
"""

import inspect
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from minigan.layers import LeakyReLU
from minigan.layers.activations import Activation
from minigan.losses import GANLoss
from minigan.measure.symbolic.number import Number, gradient, symbol, symbols
from minigan.measure.symbolic.regions import regions
from minigan.measure.symbolic.stage import on_symbols
from minigan.measure.symbolic.text import condition, expression
from minigan.measure.symbolic.tower import Tower
from minigan.teach.formulas.places import TAG
from minigan.teach.formulas.subject import Subject

Row = tuple[str, Any, Any, str]  # name, SymPy's expression, the code's own (None: the same), the line of code


def derived(subject: Subject) -> list[str]:
    """Lines of text: each expression, whether the code agrees with SymPy, and the line; none for other subjects."""
    thing = subject.thing
    if thing is Activation:  # what the activations share: it has no f
        return []
    if find_spec("sympy") is None:
        known = isinstance(thing, GANLoss) or (inspect.isclass(thing) and issubclass(thing, Activation | LeakyReLU))
        return ["not derived again: SymPy is not installed (pip install 'minigan[symbolic]')"] * known
    if inspect.isclass(thing) and issubclass(thing, Activation | LeakyReLU):
        return list(_lines(lambda tower: _layer(subject.made if subject.made is not None else thing(), tower)))
    return list(_lines(lambda tower: _loss(thing, tower))) if isinstance(thing, GANLoss) else []


def _lines(rows: Callable[[Tower], Iterator[Row]]) -> Iterator[str]:
    for region in regions():
        tower = Tower(region)
        with on_symbols():
            found = list(rows(tower))
        if region.answers:
            yield f"where {' and '.join(condition(tower, key, sign) for key, sign in region.answers.items())}"
        for name, expected, got, line in found:
            yield f"{name} = {text(expected)}" + ("" if got is None else f"   {_verdict(tower, got, expected)}")
            yield f"        {line}"


def _verdict(tower: Tower, got: Any, expected: Any) -> str:
    return "equal" if Number.of(got, tower) == expected else f"WRONG, the code returns {text(got)}"


def text(a: Any) -> str:
    """The expression, simplified by SymPy."""
    import sympy

    return str(sympy.simplify(expression(a.tower, a.p))) if isinstance(a, Number) else str(a)


def _layer(layer: Any, tower: Tower) -> Iterator[Row]:
    """f, f' and f'' of one number."""
    x = symbols(tower, "x", (1,))
    dy = np.array([Number.of(1, tower)], object)
    if type(layer) is LeakyReLU:
        layer.alpha = symbol(tower, "alpha", positive=True)
    y, cache = layer.forward(x)
    smooth = isinstance(layer, Activation)
    first = gradient(y[0], x)
    yield "f", y[0], None, line_of(layer.f if smooth else layer.forward)
    yield "f'", first[0], layer.backward(dy, cache)[0], line_of(layer.df if smooth else layer.backward)
    if smooth:
        yield "f''", gradient(first[0], x)[0], layer.curvature(dy, dy, cache)[0], line_of(layer.d2f)


def _loss(loss: GANLoss, tower: Tower) -> Iterator[Row]:
    """Both losses of one pair of scores, and their gradients."""
    r, f = symbols(tower, "r", (1,)), symbols(tower, "f", (1,))
    for player, scores in (("d", {"r": r, "f": f}), ("g", {"f": f, "r": r})):
        method = getattr(type(loss), player)
        value, *found = getattr(loss, player)(r, f)
        yield f"L_{player.upper()}", value, None, line_of(method)
        for (name, x), got in zip(scores.items(), found):
            yield f"dL_{player.upper()}/d{name}", gradient(value, x)[0], got[0], line_of(method, "gradients")


def line_of(function: Any, word: str = "") -> str:
    """The first line of a function that carries an equation whose name contains `word`, or, without one, its return."""
    lines, start = inspect.getsourcelines(inspect.unwrap(function))
    numbered = [(n, line.strip()) for n, line in enumerate(lines, start)]
    tagged = [i for i, (_, line) in enumerate(numbered) if any(word in name for name in TAG.findall(line))]
    at = tagged[0] if tagged else next((i for i, (_, line) in enumerate(numbered) if line.startswith("return")), 0)
    n, line = numbered[at + 1] if numbered[at][1].startswith("#") else numbered[at]
    return f"line {n}: {line.partition('  #')[0]}"
