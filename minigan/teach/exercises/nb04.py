"""Lesson 4, the clinic: a skip that carries its slope, the adjoint test, and a layer of one's own with its certificate."""

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
    a="the adjoint test holds: backward and tangent make the same mistake, and it only asks whether they agree.",
    b="backward and tangent share the wrong slope. Each differs from the differences, but not from the other.",
    c="the adjoint test does not catch it: both verbs make the same mistake.",
    d="the slope is wrong nearly everywhere; the differences could not miss it.",
)
p2 = Prediction(
    "c",
    a="dx is the right slope of what the layer computes; it computes another thing than it should.",
    b="the parameters' slopes are right too, for the function as it is.",
    c="every derivative is right, for another function: one in which a sample's output depends on its neighbours in the batch.",
)
p3 = Prediction(
    "c",
    a="the gradient of G's step is the gradient of the loss it reports, to ten digits. The loss is the wrong one.",
    b="G's step moves G and nothing else.",
    c="it is a right gradient of a wrong value, and only somebody who knows what the value should be can object.",
)

q1 = Formula(
    right=lambda dy, body_backward: dy + body_backward(dy),
    cases=[
        (_rng.standard_normal((5, 3)), lambda dy: dy @ _A.T),
        (_rng.standard_normal((5, 3)), lambda dy: dy @ _B.T),
    ],
    todo="x reached y on two ways, directly and through f; the slopes of the two add up.",
    praise="however small the body's slope is, the skip hands dy on undiminished: that is why very deep networks can learn.",
    mistakes={
        "the skip is cut: x also reached y directly, and that way has a slope too": lambda dy, body_backward: (
            body_backward(dy)
        ),
        "only the skip is left: x also reached y through f": lambda dy, body_backward: dy,
        "two ways add up; they are not multiplied": lambda dy, body_backward: dy * body_backward(dy),
        "the mean of the two is half of what it should be: both ways carry all of their slope": lambda dy, body_backward: (
            (dy + body_backward(dy)) / 2
        ),
        "body_backward already is f' dy; it gets dy, not dy plus something": lambda dy, body_backward: body_backward(
            dy + dy
        ),
    },
)


def _pair(M, wrong):
    return lambda v: v @ M, lambda dy: dy @ wrong.T


q2 = Formula(
    right=lambda tangent, backward, v, dy: abs(np.sum(dy * tangent(v)) - np.sum(backward(dy) * v)),
    cases=[
        (*_pair(_W, _V), _rng.standard_normal((5, 3)), _rng.standard_normal((5, 4))),
        (*_pair(_W, 2 * _W), _rng.standard_normal((5, 3)), _rng.standard_normal((5, 4))),
        (*_pair(_V, _W), _rng.standard_normal((5, 3)), _rng.standard_normal((5, 4))),
    ],
    todo="the inner product of two arrays is np.sum(a * b); there are two of them to compare.",
    praise="no step h, no float64 needed, any size of layer: two products of numbers you already have.",
    mistakes={
        "take the absolute value: how far apart, not which is larger": lambda tangent, backward, v, dy: (
            np.sum(dy * tangent(v)) - np.sum(backward(dy) * v)
        ),
        "that is the other sign; take the absolute value": lambda tangent, backward, v, dy: (
            np.sum(backward(dy) * v) - np.sum(dy * tangent(v))
        ),
        "add up first, then take the absolute value: single terms need not agree": lambda tangent, backward, v, dy: (
            np.sum(np.abs(dy * tangent(v))) - np.sum(np.abs(backward(dy) * v))
        ),
        "an inner product is a sum, not a mean: the two arrays have different numbers of entries": (
            lambda tangent, backward, v, dy: abs(np.mean(dy * tangent(v)) - np.mean(backward(dy) * v))
        ),
        "the two inner products are to be subtracted, not added": lambda tangent, backward, v, dy: abs(
            np.sum(dy * tangent(v)) + np.sum(backward(dy) * v)
        ),
    },
)


HINTS = {  # which check fails -> where to look
    "arguments unchanged": "backward writes into dy, which belongs to whoever called; make a new array",
    "dx": "backward is not the slope of forward: dx = f'(x) dy",
    "tangent": "tangent is not the derivative of forward along v: w = f'(x) v",
    "adjoint": "backward and tangent are not the same Jacobian",
    "second order, dtheta": "the cache that tangent returns does not say what backward needs: the sign of x, again",
}


def _absolute(make) -> str | None:
    """Examine a layer that should compute |x|."""
    layer = make()
    if not isinstance(layer, Layer):
        return "pass the class, and let it inherit from Layer: class Absolute(Layer)"
    x, dy, v = np.random.default_rng(5).standard_normal((3, 5, 3))
    made = layer.forward(x)
    if made is None or made is ...:
        raise NotWritten
    if not isinstance(made, tuple) or len(made) != 2:
        return "forward returns two things: y, and the cache that backward and tangent will be given"
    y, cache = made
    dx = layer.backward(dy.copy(), cache)
    pushed = layer.tangent(v, cache)
    if dx is ... or pushed is ...:
        return "forward is there; backward and tangent are not written yet"
    if not isinstance(pushed, tuple) or len(pushed) != 2:
        return "tangent returns two things: w, and the cache for the way back through it (the same cache will do)"
    for name, got, expected in (("y", y, np.abs(x)), ("dx", dx, np.sign(x) * dy), ("w", pushed[0], np.sign(x) * v)):
        wrong = explain(got, expected)
        if wrong:
            return f"{name}: {wrong}"
    between = Sequential(Dense(3, 4), make(), Dense(4, 2), rng=0)  # where the slopes it hands on are used
    failed = [check for check in (*layer_checks(make(), x), *network_checks(between, x)) if not check.ok]
    return f"{HINTS.get(failed[0].name, 'a check fails')} ({failed[0]})" if failed else None


q3 = Exercise(
    todo="begin with forward: y = |x|, and keep in the cache what backward needs to know of x.",
    praise="this is a layer of the library now: put it into any network, under any gradient penalty; check_layer vouches for it.",
    examine=_absolute,
)
