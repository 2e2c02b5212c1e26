"""Lesson 10: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import convolution


def gradients(dy, x, W, place, back=lambda W, a: W[a], out=None):
    dx, dW = np.zeros_like(x), np.zeros_like(W)
    for i in range(len(dy)):
        for a in range(len(W)):
            m = place(i, a)
            if 0 <= m < len(x):
                dx[m] += dy[i] * back(W, a)
                dW[a] += x[m] * dy[i]
    return dx, dW


def crops_too_early(dy, x, W, s, p):
    return gradients(dy, x, W, lambda i, a: s * i - p + a + 1)


def the_last_wins(dy, x, W, s, p):
    dx, dW = gradients(dy, x, W, lambda i, a: s * i - p + a)
    dx[...] = 0
    for i in range(len(dy)):
        for a in range(len(W)):
            if 0 <= s * i - p + a < len(x):
                dx[s * i - p + a] = dy[i] * W[a]
    return dx, dW


def patches(x, k, s, step, axes):
    N, H, W, _ = x.shape
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))[:, ::step, ::step]  # N H' W' C k k
    rows, columns = (H - k) // s + 1, (W - k) // s + 1
    return windows[:, :rows, :columns].transpose(axes).reshape(N * rows * columns, -1)


def definition(d, g):
    return d[0] * g[0] + d[1] * g[1] + d[2] * g[2], d[1] * g[0] + d[2] * g[1] + d[3] * g[2]


def winograd(d, g, half, sign):
    m0, m3 = (d[0] - d[2]) * g[0], (d[1] - d[3]) * g[2]
    m1, m2 = (d[1] + d[2]) * (g[0] + g[1] + g[2]) * half, (d[2] - d[1]) * (g[0] - g[1] + g[2]) * half
    return m0 + m1 + m2, m1 - m2 + sign * m3


def with_matrices(d, g):
    B = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
    G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2
    A = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])
    y = A @ ((G @ g) * (B @ d))
    return y[0], y[1]


WRONG = {
    "q1": {
        "the kernel is flipped": lambda dy, x, W, s, p: gradients(
            dy, x, W, lambda i, a: s * i - p + a, lambda W, a: W[::-1][a]
        ),
        "in reverse order": lambda dy, x, W, s, p: (
            gradients(dy, x, W, lambda i, a: s * i - p + a)[0],
            gradients(dy, x, W, lambda i, a: s * i - p + a)[1][::-1],
        ),
        "the stride is missing: output i": lambda dy, x, W, s, p: gradients(dy, x, W, lambda i, a: i - p + a),
        "the padding is missing": lambda dy, x, W, s, p: gradients(dy, x, W, lambda i, a: s * i + a),
        "the wrong sign": lambda dy, x, W, s, p: gradients(dy, x, W, lambda i, a: s * i + p + a),
        "the last one wins": the_last_wins,
        "return dx first": lambda dy, x, W, s, p: gradients(dy, x, W, lambda i, a: s * i - p + a)[::-1],
        "dx: ": crops_too_early,
        "dW: its shape is (9,), but (4,) was expected": lambda dy, x, W, s, p: (
            gradients(dy, x, W, lambda i, a: s * i - p + a)[0],
            x,
        ),
    },
    "q2": {
        "the last axis of P is C": lambda x, k, s: patches(x, k, s, s, (0, 1, 2, 3, 4, 5)),
        "a counts the rows of the window": lambda x, k, s: patches(x, k, s, s, (0, 1, 2, 5, 4, 3)),
        "rows come first": lambda x, k, s: patches(x, k, s, s, (0, 2, 1, 4, 5, 3)),
        "they come first, N H' W'": lambda x, k, s: patches(x, k, s, s, (1, 2, 0, 4, 5, 3)),
        "P transposed": lambda x, k, s: patches(x, k, s, s, (0, 1, 2, 4, 5, 3)).T,
        "they move by one pixel": lambda x, k, s: patches(x, k, s, 1, (0, 1, 2, 4, 5, 3)),
        "more windows than outputs": lambda x, k, s: patches(x, k, 1, 1, (0, 1, 2, 4, 5, 3)),
        "was it summed over one axis too many": lambda x, k, s: patches(x, k, s, s, (0, 1, 2, 4, 5, 3)).ravel(),
    },
    "q3": {
        "with 6 multiplications; the exercise allows 4": definition,
        "subtract m3 = (d1 - d3) g2": lambda d, g: winograd(d, g, 0.5, 1),
        "count everything twice": lambda d, g: winograd(d, g, 1, -1),
        "the kernel is flipped": lambda d, g: definition(d, g[::-1]),
        "its window has moved on": lambda d, g: (definition(d, g)[0], definition(d, g)[0]),
        "y0 and y1 are swapped": lambda d, g: definition(d, g)[::-1],
        "m1 - m2": lambda d, g: (definition(d, g)[0], (d[1] - d[3]) * -g[2] - winograd(d, g, 0.5, 0)[1]),
        "it should return 2 things": lambda d, g: definition(d, g)[0],
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(convolution, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said


def test_products_with_constants_and_in_matrices_are_counted_correctly(verdict):
    assert verdict(convolution.q3, with_matrices).startswith("✓ right")
    assert verdict(convolution.q3, lambda d, g: winograd(2 - (2 - d), g, 0.5, -1)).startswith("✓ right")
