"""Lesson 2: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import dense_layer


def two_layers(x, t, W1, W2, error=None, du=None):
    u = x @ W1
    h = np.maximum(u, 0.2 * u)
    dy = 2 * (h @ W2 - t) / t.size if error is None else error(h @ W2 - t)
    dh = dy @ W2.T
    return x.T @ (np.where(u > 0, dh, 0.2 * dh) if du is None else du(dh, u, h)), h.T @ dy


def spoils_dy(dy, x, alpha):
    dy[x <= 0] *= alpha
    return dy


WRONG = {
    "q1": {
        "dW: its shape is (4, 3), but (3, 4) was expected: it is transposed": lambda dy, x, W: (
            (dy @ W.T, dy.T @ x, dy.sum(0))
        ),
        "dW: you average over the batch": lambda dy, x, W: (dy @ W.T, x.T @ dy / 5, dy.sum(0)),
        "db: you average over the batch": lambda dy, x, W: (dy @ W.T, x.T @ dy, dy.mean(0)),
        "db: the bias reaches every sample, so sum over the samples, axis 0": lambda dy, x, W: (
            (dy @ W.T, x.T @ dy, dy.sum(1))
        ),
        "db: the bias reaches every sample, so sum dy over axis 0": lambda dy, x, W: (dy @ W.T, x.T @ dy, dy),
        "dW and dx are swapped": lambda dy, x, W: (x.T @ dy, dy @ W.T, dy.sum(0)),
        "dx: the sign is wrong": lambda dy, x, W: (-dy @ W.T, x.T @ dy, dy.sum(0)),
        "all samples are summed first": lambda dy, x, W: (dy @ W.T, x.sum(0)[:, None] * dy.sum(0), dy.sum(0)),
        "it should return 3 things, dx, dW, db, but it returned 2": lambda dy, x, W: (dy @ W.T, x.T @ dy),
        "ValueError: matmul": lambda dy, x, W: (dy @ W, x.T @ dy, dy.sum(0)),
        "one axis of length 1 too many": lambda dy, x, W: (dy @ W.T, x.T @ dy, dy.sum(0, keepdims=True)),
    },
    "q2": {
        "decided by x": lambda dy, x, a: dy * np.where(dy > 0, 1, a),
        "the leak is on the wrong side": lambda dy, x, a: dy * np.where(x < 0, 1, a),
        "the inactive side leaks: alpha dy": lambda dy, x, a: dy * (x > 0),
        "this is f'(x) alone": lambda dy, x, a: np.where(x > 0, 1, a),
        "this is the function again": lambda dy, x, a: np.maximum(x, a * x),
        "alpha dy, not alpha": lambda dy, x, a: np.where(x > 0, dy, a),
        "changes its argument": spoils_dy,
    },
    "q3": {
        "as if it were not there": lambda x, t, W1, W2: two_layers(x, t, W1, W2, du=lambda dh, u, h: dh),
        "it passes 0.2 of the gradient": lambda x, t, W1, W2: two_layers(
            x, t, W1, W2, du=lambda dh, u, h: dh * (u > 0)
        ),
        "depends on the sign of u": lambda x, t, W1, W2: two_layers(
            x, t, W1, W2, du=lambda dh, u, h: np.where(dh > 0, dh, 0.2 * dh)
        ),
        "a factor 2 is missing": lambda x, t, W1, W2: two_layers(x, t, W1, W2, error=lambda e: e / e.size),
        "y.size, not only N": lambda x, t, W1, W2: two_layers(x, t, W1, W2, error=lambda e: 2 * e / 5),
        "the loss is a mean": lambda x, t, W1, W2: two_layers(x, t, W1, W2, error=lambda e: 2 * e),
        "y - t, not t - y": lambda x, t, W1, W2: two_layers(x, t, W1, W2, error=lambda e: -2 * e / e.size),
        "return dW1 first": lambda x, t, W1, W2: two_layers(x, t, W1, W2)[::-1],
        "dW1: the numbers differ": lambda x, t, W1, W2: two_layers(x, t, W1, W2, du=lambda dh, u, h: dh * h),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(dense_layer, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
