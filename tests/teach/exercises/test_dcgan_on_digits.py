"""Lesson 13: typical wrong answers, each with a part of the message that it has to get."""

import math

import numpy as np
import pytest

from minigan.teach.exercises import dcgan_on_digits


def receptive_field(ks, ss, widen=lambda k, ks, ss, i: (k - 1) * math.prod(ss[:i])):
    return 1 + sum(widen(k, ks, ss, i) for i, k in enumerate(ks))


def positions(side, s):
    return (side // s) * (side // s)


def scaled(z, variance):
    return z * variance**-0.5


def straight(a, b, t):
    return scaled(a + t * (b - a), 1 - 2 * t + 2 * t * t)


WRONG = {
    "q1": {
        "a layer's own stride": lambda ks, ss: receptive_field(
            ks, ss, lambda k, ks, ss, i: (k - 1) * math.prod(ss[: i + 1])
        ),
        "there are k - 1 steps": lambda ks, ss: receptive_field(ks, ss, lambda k, ks, ss, i: k * math.prod(ss[:i])),
        "a pixel sees itself": lambda ks, ss: receptive_field(ks, ss) - 1,
        "strides multiply": lambda ks, ss: receptive_field(ks, ss, lambda k, ks, ss, i: (k - 1) * (1 + sum(ss[:i]))),
        "the strides are missing": lambda ks, ss: sum(ks) - len(ks) + 1,
        "here the last one comes first": lambda ks, ss: receptive_field(ks[::-1], ss[::-1]),
        "kernel sizes do not multiply": lambda ks, ss: math.prod(ks),
        "the function returned None": lambda ks, ss: print(end="") if len(ks) == 3 else receptive_field(ks, ss),
    },
    "q2": {
        "has a bias too": lambda side, n, m, k, s: (k * k * n * m, k * k * n * m * positions(side, s)),
        "not per pixel of the input": lambda side, n, m, k, s: (m * (k * k * n + 1), k * k * n * m * side**2),
        "in each of two directions": lambda side, n, m, k, s: (m * (k * k * n + 1), k * k * n * m * (side // s)),
        "these are the products of one position": lambda side, n, m, k, s: (m * (k * k * n + 1), k * k * n * m),
        "the bias is added": lambda side, n, m, k, s: (m * (k * k * n + 1), m * (k * k * n + 1) * positions(side, s)),
        "count them once": lambda side, n, m, k, s: (
            k * k * n * m * positions(side, s) + m,
            k * k * n * m * positions(side, s),
        ),
        "k rows of k taps": lambda side, n, m, k, s: (k * n * m + m, k * n * m * positions(side, s)),
        "reads all input channels": lambda side, n, m, k, s: (k * k * m + m, k * k * m * positions(side, s)),
        "it should return 2 things": lambda side, n, m, k, s: m * (k * k * n + 1),
    },
    "q3": {
        "the variance 1/2": lambda a, b, t: a + t * (b - a),
        "the square root of the variance": lambda a, b, t: (a + t * (b - a)) / (1 - 2 * t + 2 * t * t),
        "the other way round": lambda a, b, t: straight(a, b, 1 - t),
        "this has length 1": lambda a, b, t: np.array([row / np.linalg.norm(row) for row in straight(a, b, t)]),
        "every z the same length": lambda a, b, t: np.array(
            [row * len(row) ** 0.5 / np.linalg.norm(row) for row in a + t * (b - a)]
        ),
        "this is the library's path": lambda a, b, t: np.sin(np.pi * (1 - t) / 2) * a + np.sin(np.pi * t / 2) * b,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(dcgan_on_digits, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
