"""Lesson 22: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import the_article


def soft(a):
    return np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True)


def ones(f):
    hot = np.zeros_like(f)
    hot[np.arange(len(f)), f.argmax(axis=1)] = 1
    return hot


def through(df, f):
    """A gradient in f, through the softmax."""
    return f * (df - (f * df).sum(axis=1, keepdims=True))


def before_the_softmax(a):
    f = soft(a)
    return -ones(f) / (1 + f) / len(a)


def alone(a):
    f = soft(a)
    return -ones(f) * f * (1 - f) / (1 + f) / len(a)


def cross_entropy(a):
    f = soft(a)
    return through(-ones(f) / f, f) / len(a)


def right(a):
    f = soft(a)
    return through(-ones(f) / (1 + f), f) / len(a)


def without_the_logarithm(a):
    f = soft(a)
    return through(-ones(f), f) / len(a)


def flattened(a):
    f = soft(a)
    df = np.zeros(f.size)
    df[np.argmax(f)] = -1 / (1 + f.max())
    return through(df.reshape(f.shape), f)


def no_factor(a):
    f = soft(a)
    return (f - ones(f)) / (1 + f.max(axis=1)[:, None]) / len(a)


def only_shrinks(a):
    f = soft(a)
    top = f.max(axis=1)[:, None]
    return f * top / (1 + top) / len(a)


def jacobian(q):
    return np.diag(q) - np.outer(q, q)


def uniform_mean(a, p, c):
    cost = -np.log(c * p)
    return soft(a) * (cost - np.mean(cost))


def beaten(r, f):
    return sum(1 if a > b else 0 for a in r for b in f) / (len(r) * len(f))


def not_worse(r, f):
    return sum(a >= b for a in r for b in f) / (len(r) * len(f))


def fakes_first(r, f):
    return sum((b > a) + (a == b) / 2 for a in r for b in f) / (len(r) * len(f))


def zipped(r, f):
    return np.mean([a > b for a, b in zip(r, f, strict=False)])


WRONG = {
    "q1": {
        "it still has to go through the softmax": before_the_softmax,
        "ties all ten together": alone,
        "without the 1": cross_entropy,
        "the sign is wrong": lambda a: -right(a),
        "a factor 1/N is missing": lambda a: right(a) * len(a),
        "divide by 1 + f": without_the_logarithm,
        "every row has its own": flattened,
        "factor f of the softmax": no_factor,
        "subtract 1 from its f": only_shrinks,
    },
    "q2": {
        "subtract the mean cost": lambda a, p, c: -soft(a) * np.log(p * c),
        "plain mean over the faces": uniform_mean,
        "the factor q, the share of the face, is missing": lambda a, p, c: soft(a) @ np.log(p) - np.log(p),
        "gradient in q": lambda a, p, c: -np.log(c) - np.log(p),
        "this is the minimax loss": lambda a, p, c: jacobian(soft(a)) @ np.log(1 - c * p),
        "the article's D is c p": lambda a, p, c: jacobian(soft(a)) @ np.log((p + soft(a)) / p),
        "the logarithm is missing": lambda a, p, c: -c * jacobian(soft(a)) @ p,
        "G's shares are softmax(a)": lambda a, p, c: -jacobian(p) @ np.log(p),
        "the sign is wrong": lambda a, p, c: jacobian(soft(a)) @ np.log(p),
    },
    "q3": {
        "here it counts for the fake": beaten,
        "here it counts for the real image": not_worse,
        "how often the fake scores higher": fakes_first,
        "the right side of 0": lambda r, f: np.mean(r > 0) / 2 + np.mean(f < 0) / 2,
        "difference of the means": lambda r, f: np.mean(r) - np.mean(f),
        "every real image with every fake": zipped,
        "divide by N M": lambda r, f: sum((a > b) + 0.5 * (a == b) for a in r for b in f),
        "counts by how certain D is": lambda r, f: np.mean([1 / (1 + np.exp(b - a)) for a in r for b in f]),
        "is a sum or a mean over an axis missing": lambda r, f: (r[:, None] > f).mean(axis=1),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(the_article, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
