"""Lesson 28: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import video


def states(a, w):
    h = [0.0]
    for a_t in a:
        h.append(np.tanh(a_t + w * h[-1]))
    return np.array(h)


def total(a, w, dh, carry=lambda w, ds: w * ds):
    """The gradients ds of the arguments of tanh, from the last frame to the first, and the states."""
    h, ds, carried = states(a, w), np.zeros(len(a)), 0.0
    for t in range(len(a) - 1, -1, -1):
        ds[t] = (dh[t] + carried) * (1 - h[t + 1] ** 2)
        carried = carry(w, ds[t])
    return ds, h


def right(a, w, dh):
    ds, h = total(a, w, dh)
    return ds, ds @ h[:-1]


def truncated(a, w, dh):
    ds, h = total(a, w, dh, carry=lambda w, ds: 0.0)
    return ds, ds @ h[:-1]


def past_tanh(a, w, dh):
    h, da, g = states(a, w), np.zeros(len(a)), 0.0
    for t in range(len(a) - 1, -1, -1):
        g = dh[t] + w * g
        da[t] = g * (1 - h[t + 1] ** 2)
    return da, da @ h[:-1]


def past_w(a, w, dh):
    ds, h = total(a, w, dh, carry=lambda w, ds: ds)
    return ds, ds @ h[:-1]


def forwards(a, w, dh):
    h, da, carried = states(a, w), np.zeros(len(a)), 0.0
    for t in range(len(a)):
        da[t] = (dh[t] + carried) * (1 - h[t + 1] ** 2)
        carried = w * da[t]
    return da, da @ h[:-1]


def new_state(a, w, dh):
    ds, h = total(a, w, dh)
    return ds, ds @ h[1:]


def no_tanh(a, w, dh):
    h, da, carried = states(a, w), np.zeros(len(a)), 0.0
    for t in range(len(a) - 1, -1, -1):
        da[t] = dh[t] + carried
        carried = w * da[t]
    return da, da @ h[:-1]


def not_squared(a, w, dh):
    h, da, carried = states(a, w), np.zeros(len(a)), 0.0
    for t in range(len(a) - 1, -1, -1):
        da[t] = (dh[t] + carried) * (1 - h[t + 1])
        carried = w * da[t]
    return da, da @ h[:-1]


def gate(T):
    return 0.5 ** (1 / T)


WRONG = {
    "q1": {
        "this is the truncated gradient": truncated,
        "w times ds, not w times dh": past_tanh,
        "the carried gradient has to pass the weight": past_w,
        "from the last frame to the first": forwards,
        "multiplies the old state": new_state,
        "the derivative of tanh is missing": no_tanh,
        "it is not 1 - h": not_squared,
        "dw: the sign is wrong": lambda a, w, dh: (right(a, w, dh)[0], -right(a, w, dh)[1]),
        "it should return 2 things": lambda a, w, dh: right(a, w, dh)[0],
    },
    "q2": {
        "this is u itself": gate,
        "the odds are upside down": lambda T: np.log(1 / gate(T) - 1),
        "this is log u": lambda T: -np.log(2) / T,
        "not 1 - 1 / (2 T)": lambda T: np.log((1 - 1 / (2 * T)) * 2 * T),
        "right for large T only": lambda T: np.log(T / np.log(2)),
        "the natural logarithm": lambda T: np.log2(gate(T) / (1 - gate(T))),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(video, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said


def test_two_right_answers(verdict):
    assert verdict(video.q1, right).startswith("✓ right")
    assert verdict(video.q2, lambda T: -np.log(2 ** (1 / T) - 1)).startswith("✓ right")
