"""Lesson 15: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.layers.layer import Layer
from minigan.teach.exercises import gradient_penalties


def penalty(g, lam, axes=(1, 2, 3), unit=True, one_sided=True, mean=True):
    norm = np.linalg.norm(g.reshape(len(g), -1), axis=1)[:, None, None, None] if axes == (1, 2, 3) else None
    norm = np.sqrt((g * g).sum(axis=axes, keepdims=True)) if norm is None else norm
    over = np.clip(norm - 1, 0, None) if one_sided else norm - 1
    with np.errstate(all="ignore"):
        v = 2 * lam * over * (g / np.where(norm > 0, norm, 1) if unit else g)
    return lam * (over**2).mean(), v / (norm.size if mean else 1)


def unguarded(g, lam):
    norm = np.sqrt((g * g).sum(axis=(1, 2, 3), keepdims=True))
    over = np.maximum(norm - 1, 0)
    return lam * (over**2).mean(), 2 * lam / 3 * over * g / norm


def streams(x, v, W, b, a, curvature=lambda y, v1, dw: -2 * y * (1 - y**2) * v1 * dw, swap=False, db=None, b_moves=0):
    y = np.tanh(x @ W + b)
    v1 = v @ W + b_moves * b
    dw = np.tile(a.T, (3, 1))
    dx, da = curvature(y, v1, dw), ((1 - y**2) * v1).sum(0)[:, None]
    dw = (1 - y**2) * dw
    dW = x.T @ dw + v.T @ dx if swap else v.T @ dw + x.T @ dx
    return dW, dx.sum(0) if db is None else db(dw, dx), da


class Sine(Layer):
    """The right layer; each class below has one mistake."""

    curved = True

    def forward(self, x):
        return np.sin(x), x

    def backward(self, dy, x):
        return dy * np.cos(x)

    def tangent(self, v, x):
        return v * np.cos(x), x

    def curvature(self, dy, v, x):
        return -dy * v * np.sin(x)


class NotCurved(Sine):
    curved = False


class FirstDerivative(Sine):
    def curvature(self, dy, v, x):
        return dy * v * np.cos(x)


class WrongSign(Sine):
    def curvature(self, dy, v, x):
        return dy * v * np.sin(x)


class WithoutV(Sine):
    def curvature(self, dy, v, x):
        return -dy * np.sin(x)


class WithoutDy(Sine):
    def curvature(self, dy, v, x):
        return -v * np.sin(x)


class NoCurvature(Sine):
    def curvature(self, dy, v, x):
        return np.zeros_like(x)


class WrongBackward(Sine):
    def backward(self, dy, x):
        return -dy * np.cos(x)


class OtherCache(Sine):
    def tangent(self, v, x):
        return v * np.cos(x), v


class OneThing(Sine):
    def forward(self, x):
        return np.sin(x)


class NotALayer:
    def forward(self, x):
        return np.sin(x), x


WRONG = {
    "q1": {
        "a norm for each pixel": lambda g, lam: penalty(g, lam, axes=-1),
        "one norm for the whole batch": lambda g, lam: (
            penalty(g, lam, axes=None)[0],
            penalty(g, lam, axes=None)[1] / 3,
        ),
        "the two-sided penalty": lambda g, lam: penalty(g, lam, one_sided=False),
        "not the norm: (norm - 1)^2": lambda g, lam: (
            lam * np.maximum((g * g).sum((1, 2, 3)) - 1, 0).mean(),
            2 * lam / 3 * g * ((g * g).sum((1, 2, 3), keepdims=True) > 1),
        ),
        "a unit vector, not g": lambda g, lam: penalty(g, lam, unit=False),
        "v has a factor 1/N": lambda g, lam: penalty(g, lam, mean=False),
        "it is 0 / 0": unguarded,
        "v: the sign is wrong": lambda g, lam: (penalty(g, lam)[0], -penalty(g, lam)[1]),
        "it should return 2 things": lambda g, lam: penalty(g, lam)[1],
    },
    "q2": {
        "the primal stream is missing": lambda x, v, W, b, a: (
            streams(x, v, W, b, a, curvature=lambda y, v1, dw: 0 * y)[0],
            *streams(x, v, W, b, a)[1:],
        ),
        "each stream has its own cache, v for dw and x for dx; here they are swapped": lambda *case: streams(
            *case, swap=True
        ),
        "this is the first": lambda *case: streams(*case, curvature=lambda y, v1, dw: (1 - y**2) * v1 * dw),
        "the inner derivative, 1 - y^2, is missing": lambda *case: streams(
            *case, curvature=lambda y, v1, dw: -2 * y * v1 * dw
        ),
        "the sign is missing": lambda *case: streams(*case, curvature=lambda y, v1, dw: 2 * y * (1 - y**2) * v1 * dw),
        "the direction v W is missing": lambda *case: streams(
            *case, curvature=lambda y, v1, dw: -2 * y * (1 - y**2) * dw
        ),
        "the gradient dw is missing": lambda *case: streams(
            *case, curvature=lambda y, v1, dw: -2 * y * (1 - y**2) * v1
        ),
        "the tangent is v W, without b": lambda *case: streams(*case, b_moves=1),
        "db: the bias belongs to the primal stream only": lambda *case: streams(
            *case, db=lambda dw, dx: (dw + dx).sum(0)
        ),
        "db: you used the tangent stream": lambda *case: streams(*case, db=lambda dw, dx: dw.sum(0)),
        "db: it is not 0": lambda *case: streams(*case, db=lambda dw, dx: 0 * dx.sum(0)),
        "db: its shape is (1, 5)": lambda *case: streams(*case, db=lambda dw, dx: dx.sum(0, keepdims=True)),
    },
    "q3": {
        "let it inherit from Layer": NotALayer,
        "forward returns two things": OneThing,
        "curved = True is missing": NotCurved,
        "this is f' v dy": FirstDerivative,
        "curvature: the sign is wrong": WrongSign,
        "the direction v is missing": WithoutV,
        "the gradient dy is missing": WithoutDy,
        "you return 0, but sin is curved": NoCurvature,
        "dx: the sign is wrong": WrongBackward,
        "the cache that tangent returned is not what it needs": OtherCache,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(gradient_penalties, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
