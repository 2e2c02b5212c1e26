"""Lesson 4: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.layers.layer import Layer
from minigan.teach.exercises import gradient_clinic


def add_in_place(dy, f):
    dy += f(dy)
    return dy


class Absolute(Layer):
    def forward(self, x):
        return np.abs(x), np.sign(x)

    def backward(self, dy, cache):
        return cache * dy

    def tangent(self, v, cache):
        return cache * v, cache


class NoCache(Absolute):
    def forward(self, x):
        return np.abs(x)


class DerivativeAlone(Absolute):
    def backward(self, dy, cache):
        return cache


class Positive(Absolute):
    def backward(self, dy, cache):
        return np.abs(dy)


class TangentAlone(Absolute):
    def tangent(self, v, cache):
        return cache * v


class Identity(Absolute):
    def forward(self, x):
        return x, np.sign(x)


class InPlace(Absolute):
    def backward(self, dy, cache):
        dy *= cache
        return dy


class Halfway(Absolute):
    def backward(self, dy, cache):
        return ...


class Mirrored(Absolute):
    def tangent(self, v, cache):
        return -cache * v, cache


class LosesTheCache(Absolute):
    def tangent(self, v, cache):
        return cache * v, np.ones_like(cache)


class NotALayer:
    pass


WRONG = {
    "q1": {
        "the skip connection is cut": lambda dy, f: f(dy),
        "only the skip connection is left": lambda dy, f: dy.copy(),
        "not multiplied": lambda dy, f: f(dy) * dy,
        "half of what it should be": lambda dy, f: 0.5 * dy + 0.5 * f(dy),
        "not dy plus something": lambda dy, f: f(2 * dy),
        "changes its argument": add_in_place,
    },
    "q2": {
        "how far apart they are, not which is larger": lambda J, B, v, dy: (dy * J(v)).sum() - (B(dy) * v).sum(),
        "the sign is the opposite one": lambda J, B, v, dy: (B(dy) * v).sum() - (dy * J(v)).sum(),
        "sum first": lambda J, B, v, dy: np.abs(dy * J(v)).sum() - np.abs(B(dy) * v).sum(),
        "a sum, not a mean": lambda J, B, v, dy: abs((dy * J(v)).mean() - (B(dy) * v).mean()),
        "subtract the two inner products": lambda J, B, v, dy: abs((dy * J(v)).sum() + (B(dy) * v).sum()),
        "ValueError: operands could not be broadcast": lambda J, B, v, dy: np.sum(dy * J(v) - B(dy) * v),
    },
    "q3": {
        "forward returns two things": NoCache,
        "tangent returns two things": TangentAlone,
        "y: the sign is wrong in": Identity,
        "dx: the numbers differ": DerivativeAlone,
        "dx: the sign is wrong in": Positive,
        "w: the sign is wrong: everything else is right": Mirrored,
        "backward writes into dy": InPlace,
        "backward and tangent are not written yet": Halfway,
        "let it inherit from Layer": NotALayer,
        "the cache that tangent returns": LosesTheCache,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(gradient_clinic, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said


def test_a_right_layer_and_an_empty_one(verdict):
    class Empty(Absolute):
        def forward(self, x):
            return ...

    assert verdict(gradient_clinic.q3, Absolute).startswith("✓ right")
    assert verdict(gradient_clinic.q3, Empty).startswith("· not written yet")
