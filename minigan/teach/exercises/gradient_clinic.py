"""Lesson 4, the gradient clinic: a skip connection, the adjoint test, and a layer of your own that passes every check."""

from collections.abc import Callable

import numpy as np

from minigan.gradcheck import layer_checks, network_checks
from minigan.layers import Dense
from minigan.layers.layer import Layer
from minigan.network import Sequential
from minigan.teach.exercises.exercise import Exercise, Formula, NotWritten, Prediction
from minigan.teach.exercises.mistakes import explain

_rng = np.random.default_rng(4)
_A, _B = _rng.standard_normal((2, 3, 3))
_W, _V = _rng.standard_normal((2, 3, 4))

p1 = Prediction(
    "b",
    a="the adjoint test passes: backward and tangent make the same mistake, and it only asks whether they agree.",
    b="backward and tangent use the same wrong derivative. Each disagrees with the differences, but not with the other.",
    c="the adjoint test does not catch it: both verbs make the same mistake.",
    d="the derivative is wrong nearly everywhere; the differences could not miss it.",
)
p2 = Prediction(
    "c",
    a="dx is the right gradient of what the layer computes, but the layer computes the wrong thing.",
    b="the parameters' gradients are also right, for the function as it is.",
    c="every derivative is right, but for a different function: one in which a sample's output depends on its "
    "neighbours in the batch.",
)
p3 = Prediction(
    "c",
    a="the gradient of G's step is the gradient of the loss it reports, to ten digits. The loss is the wrong one.",
    b="G's step moves G and nothing else.",
    c="it is the right gradient of a wrong value, and only someone who knows what the value should be can object.",
)

q1 = Formula(
    right=lambda dy, body_backward: dy + body_backward(dy),
    cases=[
        (_rng.standard_normal((5, 3)), lambda dy: dy @ _A.T),
        (_rng.standard_normal((5, 3)), lambda dy: dy @ _B.T),
    ],
    todo="x reaches y by two paths, directly and through f; the gradients of the two paths add up.",
    praise="however small the body's derivative is, the skip connection passes dy on undiminished: that is why very "
    "deep networks can learn.",
    mistakes={
        "the skip connection is cut: x also reaches y directly, and that path has a gradient too": lambda dy, body_backward: (
            body_backward(dy)
        ),
        "only the skip connection is left: x also reaches y through f": lambda dy, body_backward: dy,
        "the gradients of two paths are added, not multiplied": lambda dy, body_backward: dy * body_backward(dy),
        "the mean of the two is half of what it should be: each path carries its full gradient": lambda dy, body_backward: (
            (dy + body_backward(dy)) / 2
        ),
        "body_backward already computes f' dy; give it dy, not dy plus something": lambda dy, body_backward: (
            body_backward(dy + dy)
        ),
    },
)


def _pair(M: np.ndarray, wrong: np.ndarray) -> tuple[Callable, Callable]:
    """A tangent v M and a backward dy wrong': adjoint only if wrong is M."""
    return lambda v: v @ M, lambda dy: dy @ wrong.T


q2 = Formula(
    right=lambda tangent, backward, v, dy: abs(np.sum(dy * tangent(v)) - np.sum(backward(dy) * v)),
    cases=[
        (*_pair(_W, _V), _rng.standard_normal((5, 3)), _rng.standard_normal((5, 4))),
        (*_pair(_W, 2 * _W), _rng.standard_normal((5, 3)), _rng.standard_normal((5, 4))),
        (*_pair(_V, _W), _rng.standard_normal((5, 3)), _rng.standard_normal((5, 4))),
    ],
    todo="the inner product of two arrays is np.sum(a * b); compare two of them.",
    praise="it needs no step h and no float64 and works for layers of any size: two products of numbers you already have.",
    mistakes={
        "take the absolute value: how far apart they are, not which is larger": lambda tangent, backward, v, dy: (
            np.sum(dy * tangent(v)) - np.sum(backward(dy) * v)
        ),
        "the sign is the opposite one; take the absolute value": lambda tangent, backward, v, dy: (
            np.sum(backward(dy) * v) - np.sum(dy * tangent(v))
        ),
        "sum first, then take the absolute value: single terms need not agree": lambda tangent, backward, v, dy: (
            np.sum(np.abs(dy * tangent(v))) - np.sum(np.abs(backward(dy) * v))
        ),
        "an inner product is a sum, not a mean: the two arrays have different numbers of entries": (
            lambda tangent, backward, v, dy: abs(np.mean(dy * tangent(v)) - np.mean(backward(dy) * v))
        ),
        "subtract the two inner products, do not add them": lambda tangent, backward, v, dy: abs(
            np.sum(dy * tangent(v)) + np.sum(backward(dy) * v)
        ),
    },
)


HINTS = {  # the check that fails -> where to look
    "arguments unchanged": "backward writes into dy, which belongs to the caller; make a new array",
    "dx": "backward is not the transposed derivative of forward: dx = f'(x) dy",
    "tangent": "tangent is not the derivative of forward along v: w = f'(x) v",
    "adjoint": "backward and tangent do not use the same Jacobian",
    "second order, dtheta": "the cache that tangent returns must again hold what backward needs: the sign of x",
    "second order, dw": "the cache that tangent returns must again hold what backward needs: the sign of x",
}


def _absolute(make: Callable) -> str | None:
    """Examine a layer that should compute |x|."""
    layer = make()
    if not isinstance(layer, Layer):
        return "pass the class, and let it inherit from Layer: class Absolute(Layer)"
    x, dy, v = np.random.default_rng(5).standard_normal((3, 5, 3))
    made = layer.forward(x)
    if made is None or made is ...:
        raise NotWritten
    if not isinstance(made, tuple) or len(made) != 2:
        return "forward returns two things: y, and the cache that backward and tangent receive"
    y, cache = made
    dx = layer.backward(dy.copy(), cache)
    pushed = layer.tangent(v, cache)
    if dx is ... or pushed is ...:
        return "forward is there; backward and tangent are not written yet"
    if not isinstance(pushed, tuple) or len(pushed) != 2:
        return "tangent returns two things: w, and the cache for the backward pass through it (the same cache will do)"
    for name, got, expected in (("y", y, np.abs(x)), ("dx", dx, np.sign(x) * dy), ("w", pushed[0], np.sign(x) * v)):
        wrong = explain(got, expected)
        if wrong:
            return f"{name}: {wrong}"
    between = Sequential(Dense(3, 4), make(), Dense(4, 2), rng=0)  # here the gradients it passes on are used
    failed = [check for check in (*layer_checks(make(), x), *network_checks(between, x)) if not check.ok]
    return f"{HINTS.get(failed[0].name, 'a check fails')} ({failed[0]})" if failed else None


q3 = Exercise(
    todo="begin with forward: y = |x|, and keep in the cache what backward needs to know about x.",
    praise="this is now a layer of the library: put it into any network, under any gradient penalty; check_layer has "
    "approved it.",
    examine=_absolute,
)
