"""Lesson 16: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import dirac_gan


def s(x):
    return 1 / (1 + np.exp(-x))


def roots(a, gamma):
    return np.roots([1, gamma, a**2]).real


WRONG = {
    "q1": {
        "so its sign is minus": lambda t, p, c: (s(-p * t) * p, -s(p * t) * t + c * p),
        "the friction is missing": lambda t, p, c: (s(-p * t) * p, -s(p * t) * t),
        "its derivative is gamma psi": lambda t, p, c: (s(-p * t) * p, -s(p * t) * t - c * p / 2),
        "not its value": lambda t, p, c: (s(-p * t) * p, -s(p * t) * t - c * p * p / 2),
        "this is the minimax G": lambda t, p, c: (s(p * t) * p, -s(p * t) * t - c * p),
        "the two sigmoids are swapped": lambda t, p, c: (s(p * t) * p, -s(-p * t) * t - c * p),
        "pushes D the most": lambda t, p, c: (s(-p * t) * p, -s(-p * t) * t - c * p),
        "theta and psi are swapped": lambda t, p, c: (s(-p * t) * t, -s(p * t) * p - c * p),
        "G has no friction": lambda t, p, c: (s(-p * t) * p - c * t, -s(p * t) * t - c * p),
        "these are the gradients": lambda t, p, c: (-s(-p * t) * p, s(p * t) * t + c * p),
        "the speed of theta: the sign is wrong": lambda t, p, c: (-s(-p * t) * p, -s(p * t) * t - c * p),
    },
    "q2": {
        "the square root of a negative number is NaN": lambda a, c: (
            c / 2 - np.emath.sqrt(c * c / 4 - a * a).real if c > 2 * a else np.nan
        ),
        "this is the fast eigenvalue": lambda a, c: -roots(a, c).min(),
        "this is right while the game rotates": lambda a, c: c / 2,
        "do not subtract its absolute value": lambda a, c: c / 2 - abs(np.emath.sqrt(c * c / 4 - a * a)),
        "the square of gamma / 2": lambda a, c: c / 2 - np.emath.sqrt(c * c - a * a).real,
        "a^2, not a": lambda a, c: c / 2 - np.emath.sqrt(c * c / 4 - a).real,
        "the rate is its negative": lambda a, c: roots(a, c).max(),
        "a complex number, but a real one": lambda a, c: c / 2 - np.emath.sqrt(c * c / 4 - a * a) + 0j,
    },
    "q3": {
        "this is the plain step": lambda w, x, h: x + h * w(x),
        "start from x again": lambda w, x, h: (x + h * w(x)) + h * w(x + h * w(x)),
        "Heun": lambda w, x, h: x + h * (w(x) + w(x + h * w(x))) / 2,
        "the midpoint method": lambda w, x, h: x + h * w(x + h * w(x) / 2),
        "the eta is missing": lambda w, x, h: x + h * w(x + w(x)),
        "this is the field at the point ahead": lambda w, x, h: w(x + h * w(x)),
        "with a minus they move away": lambda w, x, h: x - h * w(x - h * w(x)),
        "you look back": lambda w, x, h: x + h * w(x - h * w(x)),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(dirac_gan, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
