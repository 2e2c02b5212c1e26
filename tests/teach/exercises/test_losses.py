"""Lesson 3: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import losses


def s(x):
    return 1 / (1 + np.exp(-x))


def hinge(r, f, real=None, fake=None, value=None):
    right = np.maximum(0, 1 - r).sum() / 7 + np.maximum(0, 1 + f).sum() / 7
    d_real, d_fake = -1.0 * (r < 1) / 7, (f > -1) / 7
    return right if value is None else value, d_real if real is None else real, d_fake if fake is None else fake


WRONG = {
    "q1": {
        "right near 0, but exp(x) overflows": lambda x: np.log(1 + np.exp(x)),
        "log1p is right, but exp(x) still overflows": lambda x: np.log1p(np.exp(x)),
        "rounds to 1 and the logarithm to 0": lambda x: np.maximum(x, 0) + np.log(1 + np.exp(-abs(x))),
        "add the x that was pulled out": lambda x: np.log1p(np.exp(-abs(x))),
        "max(x, 0), not |x|": lambda x: abs(x) + np.log1p(np.exp(-abs(x))),
        "the mirror image": lambda x: np.logaddexp(0, -x),
        "this is ReLU": lambda x: x * (x > 0),
        "every entry is too small by 0.693147": lambda x: np.logaddexp(0, x) - np.log(2),
    },
    "q2": {
        "it is N = 7 times too large: a factor 1/N is missing": lambda x, t: s(x) - t,
        "the sign is wrong": lambda x, t: (t - s(x)) / 7,
        "this is the gradient in the probability p": lambda x, t: ((1 - t) / (1 - s(x)) - t / s(x)) / 7,
        "the squared error of p": lambda x, t: (s(x) - t) * s(x) * (1 - s(x)) / 7,
        "the score itself is not a probability": lambda x, t: (x - t) / 7,
        "the truth t is missing": lambda x, t: s(x) / x.size,
        "keep one gradient for each score": lambda x, t: (s(x) - t).mean(),
    },
    "q3": {
        "d_real: the hinge opens on the wrong side": lambda r, f: hinge(r, f, real=-1.0 * (r > 1) / 7),
        "d_fake: the hinge opens on the wrong side": lambda r, f: hinge(r, f, fake=(f < -1) / 7),
        "not at 1": lambda r, f: hinge(r, f, fake=(f < 1) / 7),
        "the gradients lack the 1/N": lambda r, f: hinge(r, f, -1.0 * (r < 1), 1.0 * (f > -1)),
        "the margin is missing": lambda r, f: hinge(r, f, value=np.maximum(-r, 0).mean() + np.maximum(f, 0).mean()),
        "not clipped at 0": lambda r, f: hinge(r, f, value=2 - r.mean() + f.mean()),
        "this is the Wasserstein loss": lambda r, f: hinge(r, f, np.full(7, -1 / 7), np.full(7, 1 / 7)),
        "d_real: the sign is wrong": lambda r, f: hinge(r, f, real=(r < 1) / 7),
        "value: it is N = 7 times too large": lambda r, f: hinge(r, f, value=7 * hinge(r, f)[0]),
        "it should return 3 things, value, d_real, d_fake": lambda r, f: hinge(r, f)[0],
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(losses, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
