"""Lesson 6: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import discriminator_alone


def square(x, mean, std):
    return (x - mean) ** 2 / std**2


WRONG = {
    "q1": {
        "the widths do not cancel": lambda x, mp, sp, mq, sq: (square(x, mq, sq) - square(x, mp, sp)) / 2,
        "1/2 in the exponent": lambda x, mp, sp, mq, sq: np.log(sq / sp) + square(x, mq, sq) - square(x, mp, sp),
        "divided by the variance": lambda x, mp, sp, mq, sq: (
            np.log(sq / sp) - (x - mp) ** 2 / (2 * sp) + (x - mq) ** 2 / (2 * sq)
        ),
        "1/std, not 1/variance": lambda x, mp, sp, mq, sq: (
            np.log(sq**2 / sp**2) + (square(x, mq, sq) - square(x, mp, sp)) / 2
        ),
        "log std has the wrong sign": lambda x, mp, sp, mq, sq: (
            np.log(sp / sq) + (square(x, mq, sq) - square(x, mp, sp)) / 2
        ),
        "q over p": lambda x, mp, sp, mq, sq: np.log(sp / sq) + (square(x, mp, sp) - square(x, mq, sq)) / 2,
        "the ratio itself": lambda x, mp, sp, mq, sq: sq / sp * np.exp((square(x, mq, sq) - square(x, mp, sp)) / 2),
        "p / (p + q)": lambda x, mp, sp, mq, sq: (
            np.exp(-square(x, mp, sp) / 2)
            / sp
            / (np.exp(-square(x, mp, sp) / 2) / sp + np.exp(-square(x, mq, sq) / 2) / sq)
        ),
        "was it summed over one axis too many": lambda x, mp, sp, mq, sq: np.sum(x),
    },
    "q2": {
        "the correction raises the score": lambda s, a, b: s + np.log(a) - np.log(b),
        "take the logarithm of the ratio": lambda s, a, b: s - a / b,
        "is shifted": lambda s, a, b: s / (a / b),
        "a logit is shifted by a logit": lambda s, a, b: s - np.log(a / (b + a)),
        "nothing was corrected": lambda s, a, b: 1.0 * s,
        "a constant term is wrong": lambda s, a, b: s - np.log10(a / b),
    },
    "q3": {
        "overflows": lambda h, s: np.average(h, weights=np.exp(s)),
        "not by N": lambda h, s: np.sum(np.exp(s) * h) / len(h),
        "the sigmoid is": lambda h, s: np.average(h, weights=1 / (1 + np.exp(-s))),
        "not s": lambda h, s: np.average(h, weights=s),
        "the other way round": lambda h, s: np.average(h, weights=np.exp(s.min() - s)),
        "no weights": lambda h, s: h.mean(),
        "is a sum or a mean over an axis missing": lambda h, s: h * np.exp(s - s.max()),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(discriminator_alone, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
