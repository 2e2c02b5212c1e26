"""Lesson 11: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import transposed_convolution


def transposed(x, W, s, p, first=None, last=None):
    y = np.zeros((len(x) - 1) * s + len(W))
    for i, value in enumerate(x):
        for a, tap in enumerate(W):
            y[s * i + a] += value * tap
    return y[p if first is None else first : len(y) - (p if last is None else last)]


def the_last_wins(x, W, s, p):
    y = np.zeros((len(x) - 1) * s + len(W))
    for i, value in enumerate(x):
        y[s * i : s * i + len(W)] = value * W
    return y[p : len(y) - p]


def without_stride(x, W, s, p):
    y = np.zeros((len(x) - 1) * s + len(W))
    for i, value in enumerate(x):
        y[i : i + len(W)] += value * W
    return y[p : len(y) - p]


def kernel_not_flipped(x, W, s, p):
    """Zeros between the numbers, then a convolution that forgets to flip the kernel."""
    spread = np.zeros((len(x) - 1) * s + 1)
    spread[::s] = x
    return np.correlate(np.pad(spread, len(W) - 1 - p), W, "valid")


def fold(W, sign=1):
    padded = np.pad(W[::-1], 1)
    return padded[1:] + sign * padded[:-1]


def gradients(dy, x, W, gather=lambda du: du[::2] + du[1::2], copy=lambda x: np.repeat(x, 2)):
    du = np.convolve(dy, W)[1:-1]
    u = np.pad(copy(x), 1)
    return gather(du), np.array([dy @ u[a : a + len(dy)] for a in range(3)])


WRONG = {
    "q1": {
        "the kernel is flipped": kernel_not_flipped,
        "nothing is cropped": lambda x, W, s, p: transposed(x, W, s, 0),
        "cropped at the beginning and none at the end": lambda x, W, s, p: transposed(x, W, s, p, 2 * p, 0),
        "cropped at the end and none at the beginning": lambda x, W, s, p: transposed(x, W, s, p, 0, 2 * p),
        "the last one wins": the_last_wins,
        "placed one position apart": without_stride,
        "in the length too": lambda x, W, s, p: transposed(x, W, 1, p),
        "this is the convolution": lambda x, W, s, p: np.correlate(np.pad(x, p), W, "valid")[::s],
        "its shape is (9,), but (10,) was expected": lambda x, W, s, p: transposed(x, W, s, p)[1:],
    },
    "q2": {
        "in reverse order": lambda W: fold(W)[::-1],
        "each K[b] is a sum of two neighbours": lambda W: np.concatenate([W[::-1], [0.0]]),
        "and in W's order": lambda W: np.concatenate([W, [0.0]]),
        "the ends are missing": lambda W: fold(W)[1:-1],
        "do not average them": lambda W: 0.5 * fold(W),
        "do not subtract them": lambda W: fold(W, -1),
        "its shape is (3,), but (4,) was expected": lambda W: W,
    },
    "q3": {
        "have to be added": lambda dy, x, W: gradients(dy, x, W, lambda du: (du[::2] + du[1::2]) / 2),
        "add those of the two copies": lambda dy, x, W: gradients(dy, x, W, lambda du: du),
        "only one of the two copies": lambda dy, x, W: gradients(dy, x, W, lambda du: du[::2]),
        "the kernel is flipped": lambda dy, x, W: (gradients(dy, x, W[::-1])[0], gradients(dy, x, W)[1]),
        "x is copied as a block": lambda dy, x, W: gradients(
            dy, x, W, lambda du: du[: len(x)] + du[len(x) :], lambda x: np.concatenate([x, x])
        ),
        "here it is x then x": lambda dy, x, W: gradients(dy, x, W, copy=lambda x: np.concatenate([x, x])),
        "return dx first": lambda dy, x, W: gradients(dy, x, W)[::-1],
        "dW: the sign is wrong": lambda dy, x, W: (gradients(dy, x, W)[0], -gradients(dy, x, W)[1]),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(transposed_convolution, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
