"""Lesson 29: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import image_to_image


def median(x, w):
    """By trying every value of every pixel."""
    cost = (w[:, None, None, None] * np.abs(x[:, None] - x)).sum(axis=0)
    return np.take_along_axis(x, cost.argmin(axis=0)[None], axis=0)[0]


def mean(x, w):
    return (w[:, None, None] * x).sum(axis=0) / w.sum()


def first(x, w):
    return x[np.searchsorted(np.cumsum(w / w.sum()), 0.5)]


WRONG = {
    "q1": {
        "not D's gradient": lambda u, x, d, lam: np.sign(u - x) / u.size + lam * d,
        "the weight lam is missing": lambda u, x, d, lam: np.sign(u - x) / u.size + d,
        "divide by the number of all pixel values": lambda u, x, d, lam: lam * np.sign(u - x) + d,
        "not over the pictures": lambda u, x, d, lam: lam * np.sign(u - x) / u.shape[0] + d,
        "has to move towards x": lambda u, x, d, lam: lam * np.sign(x - u) / u.size + d,
        "a squared error": lambda u, x, d, lam: lam * 2 / u.size * (u - x) + d,
        "not yet the derivative": lambda u, x, d, lam: lam / u.size * (u - x) + d,
        "D's gradient is missing": lambda u, x, d, lam: lam * np.sign(u - x) / u.size,
        "already has G's sign": lambda u, x, d, lam: lam * np.sign(u - x) / u.size - d,
    },
    "q2": {
        "the two are swapped": lambda x, w: (median(x, w), mean(x, w)),
        "the mean: weight the pictures by": lambda x, w: (x.mean(axis=0), median(x, w)),
        "divide by their sum": lambda x, w: (mean(x, w) * w.sum(), median(x, w)),
        "the median: weight the pictures by": lambda x, w: (mean(x, w), np.median(x, axis=0)),
        "pixel by pixel": lambda x, w: (mean(x, w), first(x, w)),
        "the most probable picture": lambda x, w: (mean(x, w), x[np.argmax(w)]),
    },
    "q3": {
        "G2 draws the same pictures": lambda G, F, T, back: (G, F),
        "G2 changes y before G sees it": lambda G, F, T, back: (lambda y: G(T(y)), lambda x: back(F(x))),
        "F2 has to undo T": lambda G, F, T, back: (lambda y: T(G(y)), F),
        "and T_back does that": lambda G, F, T, back: (lambda y: T(G(y)), lambda x: F(T(x))),
        "should be T(G(y))": lambda G, F, T, back: (lambda y: back(G(y)), lambda x: F(T(x))),
        "two functions, G2 and F2": lambda G, F, T, back: T,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(image_to_image, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said


def test_the_right_answers(verdict):
    assert verdict(image_to_image.q2, lambda x, w: (mean(x, w), median(x, w))).startswith("✓ right: ")
    right = verdict(image_to_image.q3, lambda G, F, T, back: (lambda y: T(G(y)), lambda x: F(back(x))))
    assert right.startswith("✓ right: ")
