"""Lesson 1: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import derivatives

WRONG = {
    "q1": {
        "divide by 2h": lambda f, x, v, h: (f(x + h * v) - f(x - h * v)) / h,
        "one-sided": lambda f, x, v, h: (f(x + h * v) - f(x)) / h,
        "on the other side": lambda f, x, v, h: (f(x) - f(x - h * v)) / h,
        "sign is wrong": lambda f, x, v, h: (f(x - h * v) - f(x + h * v)) / (2 * h),
        "do not divide by the length of v": lambda f, x, v, h: (
            (f(x + h * v) - f(x - h * v)) / (2 * h) / np.sqrt(np.sum(v**2))
        ),
        "the direction v is missing": lambda f, x, v, h: (f(x + h) - f(x - h)) / 2 / h,
        "is a sum or a mean over an axis missing": lambda f, x, v, h: (f(x + h * v) - f(x - h * v)) / (2 * h) * v,
        "you do not divide at all": lambda f, x, v, h: f(x + h * v) - f(x - h * v),
    },
    "q2": {
        "the derivative is in the imaginary part": lambda f, x, h: f(x + 1j * h).real / h,
        "divide by h": lambda f, x, h: f(x + 1j * h).imag,
        "the step is not imaginary": lambda f, x, h: np.imag(f(x + h)) / h,
        "nothing has to be subtracted": lambda f, x, h: (f(x + 1j * h) - f(x)) / h,
        "np.abs mixes": lambda f, x, h: abs(f(x + 1j * h)) / h,
        "the step is h, not 2h": lambda f, x, h: np.imag(f(x + 1j * h)) / (2 * h),
        "sign is wrong": lambda f, x, h: np.imag(f(x - 1j * h)) / h,
    },
    "q3": {
        "divide by h^2: Taylor": lambda f, x, h: (f(x + h) - 2 * f(x) + f(x - h)) / h,
        "not by 2 h^2": lambda f, x, h: (f(x + h) - 2 * f(x) + f(x - h)) / (2 * h**2),
        "not by (2h)^2": lambda f, x, h: (f(x + h) - 2 * f(x) + f(x - h)) / (2 * h) ** 2,
        "subtracted twice": lambda f, x, h: (f(x + h) - f(x) + f(x - h)) / h**2,
        "not added": lambda f, x, h: (f(x + h) + 2 * f(x) + f(x - h)) / h**2,
        "this is the first derivative": lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
        "sign is wrong": lambda f, x, h: (2 * f(x) - f(x + h) - f(x - h)) / h**2,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(derivatives, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
