"""Lesson 28, video: backpropagation through time for one number, and the bias of a gate that remembers."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(28)

p1 = Prediction(
    "c",
    a="no digit changes, but the measure tracks each digit by its motion, and without that it confuses the two.",
    b="the frames are the same, but after shuffling the paths are no longer straight.",
    c="a shuffled path obeys nothing. And to say which of the two digits is which, the measure of identity needs motion.",
)
p2 = Prediction(
    "c",
    a="a gate at one half halves the state in every frame, and thirty halvings leave about a billionth of what takes that "
    "path.",
    b="at b_u = 0 the other paths, through U, help a little, but not that much.",
    c="at b_u = 0 the gradient loses about a third in every frame; at b_u = 3 only several percent.",
)
p3 = Prediction(
    "b",
    a="D_I alone is enough for the positions: this is an ordinary GAN of points.",
    b="D_I sees single positions, so it can't tell flying from creeping or jumping, and no other loss asks for more.",
    c="it may move smoothly, but nothing tells it how fast and how straight.",
)
p4 = Prediction(
    "b",
    a="in no step does the gradient say that the first frame matters, so more steps don't help.",
    b="what the weights do in the earlier frames gets no gradient from the question. What is left is the echo that random "
    "weights keep.",
    c="with the full gradient and a gate that keeps the state, 12 frames are easy.",
)


def _back(
    a: np.ndarray,
    w: float,
    dh: np.ndarray,
    carry: Callable = lambda w, ds, total: w * ds,
    weight: Callable = lambda ds, old, new: ds * old,
    curve: Callable = lambda h: 1 - h**2,
) -> tuple[np.ndarray, float]:
    """da, dw; the last three parameters replace a part by a mistake."""
    h = [0.0]
    for a_t in a:
        h.append(np.tanh(a_t + w * h[-1]))
    da, dw, carried = np.zeros(len(a)), 0.0, 0.0
    for t in reversed(range(len(a))):
        total = dh[t] + carried
        ds = total * curve(h[t + 1])
        da[t], dw = ds, dw + weight(ds, h[t], h[t + 1])
        carried = carry(w, ds, total)
    return da, float(dw)


def _forward_order(a: np.ndarray, w: float, dh: np.ndarray) -> tuple[np.ndarray, float]:
    """The gradient carried from the first frame to the last."""
    h = [0.0]
    for a_t in a:
        h.append(np.tanh(a_t + w * h[-1]))
    da, dw, carried = np.zeros(len(a)), 0.0, 0.0
    for t in range(len(a)):
        da[t] = (dh[t] + carried) * (1 - h[t + 1] ** 2)
        dw, carried = dw + da[t] * h[t], w * da[t]
    return da, float(dw)


q1 = Formula(
    right=lambda a, w, dh: _back(a, w, dh),
    cases=[(_rng.standard_normal(n), w, _rng.standard_normal(n)) for n, w in ((3, 0.7), (5, -1.3), (1, 0.4))],
    todo="first the states in a loop; then a second loop from the last frame to the first, which carries a gradient.",
    praise="with matrices in place of w, and with gates, this is the library's GRU.back.",
    mistakes={
        "nothing is carried from frame t + 1 to frame t: this is the truncated gradient": lambda a, w, dh: _back(
            a, w, dh, carry=lambda w, ds, total: 0.0
        ),
        "the carried gradient has to pass tanh first: w times ds, not w times dh": lambda a, w, dh: _back(
            a, w, dh, carry=lambda w, ds, total: w * total
        ),
        "the carried gradient has to pass the weight: it is w times ds": lambda a, w, dh: _back(
            a, w, dh, carry=lambda w, ds, total: ds
        ),
        "the gradient travels from the last frame to the first, not from the first to the last": _forward_order,
        "dw: w multiplies the old state h[t-1], not the new one": lambda a, w, dh: _back(
            a, w, dh, weight=lambda ds, old, new: ds * new
        ),
        "da: the derivative of tanh is missing, 1 - h^2": lambda a, w, dh: _back(a, w, dh, curve=lambda h: 1.0),
        "the derivative of tanh is 1 - h^2, where h is the new state; it is not 1 - h": lambda a, w, dh: _back(
            a, w, dh, curve=lambda h: 1 - h
        ),
    },
    names=("da", "dw"),
)
q2 = Formula(
    right=lambda T: float(np.log(0.5 ** (1 / T) / (1 - 0.5 ** (1 / T)))),
    cases=[(1,), (4,), (16,), (100,)],
    todo="first the u with u ** T = 1/2; then the b with sigmoid(b) = u.",
    praise="for T = 16 it is about 3.1. LSTMs are often started with a positive bias of their forget gate for this reason.",
    mistakes={
        "this is u itself; the bias is the number that the sigmoid turns into u": lambda T: 0.5 ** (1 / T),
        "the odds are upside down: log(u / (1 - u))": lambda T: float(np.log((1 - 0.5 ** (1 / T)) / 0.5 ** (1 / T))),
        "this is log u; the sigmoid's inverse is log(u / (1 - u))": lambda T: float(np.log(0.5 ** (1 / T))),
        "u ** T = 1/2 means u = (1/2) ** (1/T), not 1 - 1 / (2 T)": lambda T: float(np.log(2 * T - 1)),
        "log T - log log 2 is right for large T only": lambda T: float(np.log(T) - np.log(np.log(2))),
        "the inverse of the sigmoid uses the natural logarithm": lambda T: float(
            np.log2(0.5 ** (1 / T) / (1 - 0.5 ** (1 / T)))
        ),
    },
)
