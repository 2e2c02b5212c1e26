"""Lesson 14: typical wrong answers, each with a part of the message that it has to get."""

from functools import reduce
from math import prod

import numpy as np
import pytest

from minigan.teach.exercises import wasserstein


def share(points, t):
    return np.array([np.count_nonzero(points <= at) / points.size for at in t])


def top(W):
    return np.linalg.norm(W, 2)


WRONG = {
    "q1": {
        "nothing is sorted": lambda x, y: abs(x - y).mean(),
        "not only x": lambda x, y: abs(np.sort(x) - y).mean(),
        "not only y": lambda x, y: abs(x - np.sort(y)).mean(),
        "the most expensive plan": lambda x, y: abs(np.sort(x) + np.sort(-y)).mean(),
        "of each difference, not of their mean": lambda x, y: abs(x.mean() - y.mean()),
        "this is the difference of the two means": lambda x, y: (np.sort(x) - np.sort(y)).mean(),
        "these are squares": lambda x, y: ((np.sort(x) - np.sort(y)) ** 2).mean(),
        "this is W2, the root": lambda x, y: np.linalg.norm(np.sort(x) - np.sort(y)) / np.sqrt(x.size),
        "the mean, not the sum": lambda x, y: abs(np.sort(x) - np.sort(y)).sum(),
        "moves farthest": lambda x, y: abs(np.sort(x) - np.sort(y)).max(),
        "is a sum or a mean over an axis missing": lambda x, y: abs(np.sort(x) - np.sort(y)),
    },
    "q2": {
        "the sign is reversed": lambda x, y, t: np.sign(share(x, t) - share(y, t)),
        "this is G - F itself": lambda x, y, t: share(y, t) - share(x, t),
        "not numbers of points": lambda x, y, t: np.sign(
            share(y, t) * y.size - share(x, t) * x.size,
        ),
        "the centre of the data": lambda x, y, t: np.sign(x.mean() - t),
        "average position of the fakes is not enough": lambda x, y, t: np.sign(x.mean() - y.mean()) * np.ones(t.size),
        "this is 1 or 0": lambda x, y, t: 1.0 * (share(y, t) > share(x, t)),
        "is a sum or a mean over an axis missing": lambda x, y, t: np.sign(1.0 * (y[:5, None] <= t)),
    },
    "q3": {
        "they do not add": lambda W: sum(top(w) for w in W),
        "not only the one that stretches most": lambda W: max(top(w) for w in W),
        "Frobenius": lambda W: prod(np.sqrt((w**2).sum()) for w in W),
        "the largest entry": lambda W: prod(abs(w).max() for w in W),
        "the sum of the singular values": lambda W: prod(np.linalg.norm(w, "nuc") for w in W),
        "the smallest singular value": lambda W: prod(np.linalg.norm(w, -2) for w in W),
        "the norm of the product": lambda W: top(reduce(np.matmul, W)),
        "these are eigenvalues": lambda W: prod(np.linalg.eigvalsh(w.T @ w).max() for w in W),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(wasserstein, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
