"""Lesson 28, video: backpropagation through time for one number, and the bias of a gate that remembers."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(28)

p1 = Prediction(
    "c",
    a="no digit changes, but the measure follows each digit by its path, and without motion it takes one for the other.",
    b="the frames are the same, but no shuffled path flies straight on.",
    c="a shuffled path obeys nothing. And the measure of identity needs motion to know which of the two digits is which.",
)
p2 = Prediction(
    "c",
    a="a gate at one half halves the state in every frame, and thirty halvings leave a billionth of that path.",
    b="the other paths, through U, help a little at b_u = 0, but not that much.",
    c="at b_u = 0 every frame costs about a third of the gradient; at b_u = 3 only a few percent.",
)
p3 = Prediction(
    "b",
    a="D_I alone is enough for the places: it is a GAN of points.",
    b="D_I sees single places, so it cannot tell a flight from creeping or jumping, and no other loss asks for more.",
    c="it moves smoothly, but nothing tells it how fast and how straight.",
)
p4 = Prediction(
    "b",
    a="no step of the training ever sees that the first frame matters; more steps do not help.",
    b="the weights that would have to keep the number get no gradient from the question. What is left is the echo that "
    "random weights keep.",
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
    praise="with matrices in place of w it is the library's GRU.back, without its gates.",
    mistakes={
        "nothing is carried from frame t + 1 to frame t: this is the truncated gradient": lambda a, w, dh: _back(
            a, w, dh, carry=lambda w, ds, total: 0.0
        ),
        "what is carried has to pass tanh first: w times ds, not w times dh": lambda a, w, dh: _back(
            a, w, dh, carry=lambda w, ds, total: w * total
        ),
        "what is carried passes the weight: w times ds": lambda a, w, dh: _back(
            a, w, dh, carry=lambda w, ds, total: ds
        ),
        "the gradient travels from the last frame to the first, not with time": _forward_order,
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
    praise="for T = 16 it is about 3.1: the reason why recurrent networks often start with such a bias.",
    mistakes={
        "this is u itself; the bias is what the sigmoid turns into u": lambda T: 0.5 ** (1 / T),
        "the odds are upside down: log(u / (1 - u))": lambda T: float(np.log((1 - 0.5 ** (1 / T)) / 0.5 ** (1 / T))),
        "this is log u; the sigmoid's inverse is log(u / (1 - u))": lambda T: float(np.log(0.5 ** (1 / T))),
        "u ** T = 1/2 means u = (1/2) ** (1/T), not 1 - 1 / (2 T)": lambda T: float(np.log(2 * T - 1)),
        "log T - log log 2 is right for large T only": lambda T: float(np.log(T) - np.log(np.log(2))),
        "the sigmoid's inverse has the natural logarithm": lambda T: float(
            np.log2(0.5 ** (1 / T) / (1 - 0.5 ** (1 / T)))
        ),
    },
)
