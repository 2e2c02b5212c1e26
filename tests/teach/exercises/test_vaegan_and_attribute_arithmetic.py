"""Lesson 24: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.apps.interpolate import slerp
from minigan.teach.exercises import vaegan_and_attribute_arithmetic


def unit(a):
    return a / np.sqrt(np.sum(a * a, axis=1))[:, None]


def length(a):
    return np.sqrt(np.sum(a * a, axis=1))[:, None]


def onto(v, w):
    return np.dot(v, w) / np.dot(w, w) * w


def in_turn(v, others):
    rest = v.copy()
    for w in others:
        rest = rest - onto(rest, w)
    return rest


WRONG = {
    "q1": {
        "so the longer code pulls": lambda a, b, t: slerp(a, b, t),
        "but its length is 1": lambda a, b, t: slerp(unit(a), unit(b), t),
        "the length stays that of a": lambda a, b, t: length(a) * slerp(unit(a), unit(b), t),
        "the length runs the wrong way": lambda a, b, t: (
            (length(b) + t * (length(a) - length(b))) * slerp(unit(a), unit(b), t)
        ),
        "this is the straight line": lambda a, b, t: a + t * (b - a),
        "the direction is that of the straight line": lambda a, b, t: (
            (length(a) + t * (length(b) - length(a))) * unit(a + t * (b - a))
        ),
        "needs axis=1": lambda a, b, t: (
            (np.sqrt((a * a).sum()) * (1 - t) + t * np.sqrt((b * b).sum()))
            * slerp(a / np.sqrt((a * a).sum()), b / np.sqrt((b * b).sum()), t)
        ),
    },
    "q2": {
        "for E: gamma is the weight of `like` in G's loss only": lambda f, y, g, c, df, ds: (
            c * df((y - f) / len(f)),
            c * df((y - f) / len(f)) + ds(g),
        ),
        "for E: E must not learn from the scores": lambda f, y, g, c, df, ds: (
            df((y - f) / len(f)) + ds(g),
            c * df((y - f) / len(f)) + ds(g),
        ),
        "for E: this is what G gets": lambda f, y, g, c, df, ds: 2 * (df(c * (y - f) / len(f)) + ds(g),),
        "for G: gamma is missing": lambda f, y, g, c, df, ds: (df((y - f) / len(f)), df((y - f) / len(f)) + ds(g)),
        "for G: the gradient through the scores is missing": lambda f, y, g, c, df, ds: (
            df((y - f) / len(f)),
            c * df((y - f) / len(f)),
        ),
        "the 1/N of the mean is missing": lambda f, y, g, c, df, ds: (df(y - f), df(c * (y - f)) + ds(g)),
        "`like` has the wrong sign": lambda f, y, g, c, df, ds: (
            df((f - y) / len(f)),
            df(c * (f - y) / len(f)) + ds(g),
        ),
        "should return 2 things": lambda f, y, g, c, df, ds: df((y - f) / len(f)),
    },
    "q3": {
        "right only if the others are perpendicular": in_turn,
        "subtracted more than once": lambda v, others: v - np.sum([onto(v, w) for w in others], axis=0),
        "return what is left without it": lambda v, others: others.T @ np.linalg.solve(others @ others.T, others @ v),
        "not of length 1": lambda v, others: v - (others @ v) @ others,
        "only one of the others": lambda v, others: v - onto(v, others[0]),
        "do not normalise it": lambda v, others: unit(
            (v - others.T @ np.linalg.solve(others @ others.T, others @ v))[None]
        )[0],
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(vaegan_and_attribute_arithmetic, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
