"""Lesson 25: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import vgg_and_perceptual_distance as lesson


def back(dy, factor, order):
    dx = np.empty_like(dy)
    dx[..., list(order)] = factor * dy
    return dx


def unit(u):
    return u / np.sqrt(np.sum(u * u, axis=1, keepdims=True))


def length(u):
    return np.sqrt(np.sum(u * u, axis=1, keepdims=True))


def turned(u, v):
    """The gradient, by the formula with b in the place of a - b: a a' takes the difference away."""
    a, b = unit(u), unit(v)
    return -2 * (b - a * np.sum(a * b, axis=1, keepdims=True)) / length(u) / len(u)


def value(u, v):
    return np.mean(np.sum((unit(u) - unit(v)) ** 2, axis=1))


def gram(f):
    return f.T @ f / len(f)


def difference(f, t):
    return np.mean((gram(f) - gram(t)) ** 2)


WRONG = {
    "q1": {
        "the derivative of (x + 1) / 2 is 1/2": lambda dy, a, std, order: back(dy, a / np.array(std), order),
        "still in the order of y": lambda dy, a, std, order: a / 2 / np.array(std) * dy,
        "the backward pass needs the inverse": lambda dy, a, std, order: (a / 2 / np.array(std) * dy)[..., list(order)],
        "std[c] goes with dy[c]": lambda dy, a, std, order: back(dy, a / 2 / np.array(std)[list(order)], order),
        "here it is multiplied": lambda dy, a, std, order: back(dy, a / 2 * np.array(std), order),
        "the standard deviation is missing": lambda dy, a, std, order: back(dy, a / 2, order),
        "the sign is wrong": lambda dy, a, std, order: back(dy, -a / 2 / np.array(std), order),
    },
    "q2": {
        "subtract the part of the gradient along u": lambda u, v: (
            value(u, v),
            2 * (unit(u) - unit(v)) / length(u) / len(u),
        ),
        "divide by the length of u: the same step": lambda u, v: (value(u, v), turned(u, v) * length(u)),
        "not their sum": lambda u, v: (value(u, v) * len(u), turned(u, v) * len(u)),
        "du: the derivative of a square": lambda u, v: (value(u, v), turned(u, v) / 2),
        "du: the sign": lambda u, v: (value(u, v), -turned(u, v)),
        "without dividing u and v by their lengths": lambda u, v: (
            np.mean(np.sum((u - v) ** 2, axis=1)),
            2 * (u - v) / len(u),
        ),
        "the value: it is N = 5 times too small": lambda u, v: (value(u, v) / len(u), turned(u, v)),
    },
    "q3": {
        "4, not 2": lambda f, t: (difference(f, t), 2 * f @ (gram(f) - gram(t)) / len(f) / f.shape[1] ** 2),
        "divide by P": lambda f, t: (
            np.mean((f.T @ f - t.T @ t) ** 2),
            4 * f @ (f.T @ f - t.T @ t) / f.shape[1] ** 2,
        ),
        "its derivative has it too": lambda f, t: (difference(f, t), 4 * f @ (gram(f) - gram(t)) / f.shape[1] ** 2),
        "not a sum": lambda f, t: (np.sum((gram(f) - gram(t)) ** 2), 4 * f @ (gram(f) - gram(t)) / len(f)),
        "multiplied by the target's features": lambda f, t: (
            difference(f, t),
            4 * t @ (gram(f) - gram(t)) / len(f) / f.shape[1] ** 2,
        ),
        "the Gram matrices forget the places": lambda f, t: (np.mean((f - t) ** 2), 2 * (f - t) / f.size),
        "df: the sign is wrong": lambda f, t: (
            difference(f, t),
            -4 * f @ (gram(f) - gram(t)) / len(f) / f.shape[1] ** 2,
        ),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(lesson, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
