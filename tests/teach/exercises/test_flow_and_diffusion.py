"""Lesson 30: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.models.ode import euler
from minigan.teach.exercises import flow_and_diffusion


def weights(x, t, d, s=None):
    square = ((x[:, None] - t * d) ** 2).sum(axis=2) / (2 * (1 - t if s is None else s) ** 2)
    w = np.exp(square.min(axis=1, keepdims=True) - square)
    return w / w.sum(axis=1, keepdims=True)


def midpoint(field, x, n):
    h = 2 / n
    for k in range(n // 2):
        half = x + h / 2 * field(x, k * h)
        x = x + h * field(half, (k + 0.5) * h)
    return x


def heun(field, x, n):
    h = 2 / n
    for k in range(n // 2):
        v = field(x, k * h)
        x = x + h / 2 * (v + field(x + h * v, (k + 1) * h))
    return x


def adams(field, x, n):
    """Two steps of Adams and Bashforth: one evaluation a step, and the one before is used again."""
    v = field(x, 0.0)
    x = x + v / n
    for k in range(1, n):
        new = field(x, k / n)
        x, v = x + (3 * new - v) / (2 * n), new
    return x


WRONG = {
    "q1": {
        "the two are swapped": lambda x, t, v: (x + v - t[:, None] * v, x - t[:, None] * v),
        "so the sign is minus": lambda x, t, v: (x + t[:, None] * v, x + v - t[:, None] * v),
        "go back t v, not v": lambda x, t, v: (x - v, x + v - t[:, None] * v),
        "go on by (1 - t) v": lambda x, t, v: (x - t[:, None] * v, x + v),
        "have changed places": lambda x, t, v: (x - v + t[:, None] * v, x + t[:, None] * v),
        "operands could not be broadcast": lambda x, t, v: (x - t * v, x + (1 - t) * v),
    },
    "q2": {
        "this is the mean of x_1": lambda x, t, d: weights(x, t, d) @ d,
        "in the time 1 - t": lambda x, t, d: weights(x, t, d) @ d - x,
        "the path leads to the data": lambda x, t, d: (x - weights(x, t, d) @ d) / (1 - t),
        "the t is missing": lambda x, t, d: (weights(x, 1, d, 1 - t) @ d - x) / (1 - t),
        "divide by (1 - t)^2": lambda x, t, d: (weights(x, t, d, 1) @ d - x) / (1 - t),
        "not 1 - t": lambda x, t, d: (weights(x, t, d, (1 - t) ** 0.5) @ d - x) / (1 - t),
        "a Gaussian has a 1/2": lambda x, t, d: (weights(x, t, d, (1 - t) / 2**0.5) @ d - x) / (1 - t),
        "they have to be weighted": lambda x, t, d: (d.mean(axis=0) - x) / (1 - t),
        "take the weighted mean of all": lambda x, t, d: (d[weights(x, t, d).argmax(axis=1)] - x) / (1 - t),
        "does something overflow": lambda x, t, d: (
            (
                np.exp(-((x[:, None] - t * d) ** 2).sum(axis=2) / (2 * (1 - t) ** 2))
                @ d
                / np.exp(-((x[:, None] - t * d) ** 2).sum(axis=2) / (2 * (1 - t) ** 2)).sum(axis=1, keepdims=True)
                - x
            )
            / (1 - t)
        ),
    },
    "q3": {
        "it ends where Euler ends": euler,
        "n counts evaluations, not steps": lambda field, x, n: midpoint(field, x, 2 * n),
        "has to move each point by 1, and it moves them by 2": lambda field, x, n: x + 2 * (midpoint(field, x, n) - x),
        "it has to be less than half of it": lambda field, x, n: euler(field, x, n // 2),
        "stay between 0 and 1": lambda field, x, n: x + field(x, 1.5),
        "an array like x": lambda field, x, n: midpoint(field, x, n)[0],
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(flow_and_diffusion, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said


@pytest.mark.parametrize("sampler", [midpoint, heun, adams])
def test_any_sampler_of_second_order_is_right(sampler, verdict):
    assert verdict(flow_and_diffusion.q3, sampler).startswith("✓ right: ")


def test_the_best_velocity_leads_to_the_points_it_was_given():
    rng = np.random.default_rng(0)
    data, field = rng.standard_normal((6, 2)), flow_and_diffusion.q2.right
    ends = euler(lambda x, t: field(x, t, data), rng.standard_normal((50, 2)), 100)
    assert np.sqrt(((ends[:, None] - data) ** 2).sum(axis=2)).min(axis=1).max() < 1e-6
