"""Lesson 13, DCGAN on digits: receptive fields, the cost of a layer, and a straight path along which noise keeps its variance."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(13)

p1 = Prediction(
    "c",
    a="that would be so if each layer's window were 2 x 2 pixels. It is 4 x 4, and neighbouring windows overlap.",
    b="10 x 10 is what the second layer sees; the third takes a window of 4 x 4 of these.",
    c="4, then 4 + 3 * 2 = 10, then 10 + 3 * 4 = 22: a window of 4 is 3 steps wide, and the length of a step is "
    "the product of all strides below it.",
    d="the dense layer at the end sees everything; a position of the 4 x 4 map does not.",
)
p2 = Prediction(
    "b",
    a="true, tanh reaches 0 and 1/2 and nearly 1; but it has to hit 0 exactly, where it is steepest.",
    b="black is now the number 0, and near 0 tanh passes on every small error of G in full. At -1 it absorbs them.",
    c="-1 would be blacker than black, and D makes sure that no fake goes there: no real image does.",
)
p3 = Prediction(
    "b",
    a="its wiring is right, and every gradient belongs to the reported loss: the first bug has nothing to do "
    "with gradients.",
    b="only the wrong cache makes gradients that belong to no value. The other two do something other than "
    "intended, and do it consistently.",
    c="sampling has no gradients at all, so a gradient check has nothing to compare.",
    d="in two of the three not a single gradient is wrong.",
)


def _receptive_field(
    ks: list[int],
    ss: list[int],
    own: bool = False,
    full: bool = False,
    start: int = 1,
    combine: Callable = lambda a, b: a * b,
    order: int = 1,
) -> int:
    """How many pixels one output sees; the last five parameters each make a mistake."""
    r, step = start, 1
    for k, s in list(zip(ks, ss, strict=True))[::order]:
        if own:
            step = combine(step, s)
        r += (k if full else k - 1) * step
        if not own:
            step = combine(step, s)
    return r


q1 = Formula(
    right=lambda ks, ss: _receptive_field(ks, ss),
    cases=[([4, 3, 5], [2, 1, 3]), ([3, 4, 2, 5], [3, 2, 1, 2]), ([7], [2])],
    todo="begin with r = 1 and a step of 1, and go through the layers from the image upward; each one widens r and "
    "then lengthens the step.",
    praise="three layers of 4 x 4 with stride 2 see 22 x 22; three of 3 x 3 with stride 1 would see 7 x 7: the "
    "strides widen the view.",
    mistakes={
        "a layer's own stride separates its outputs; the spacing of its inputs is the product of the strides below it": (
            lambda ks, ss: _receptive_field(ks, ss, own=True)
        ),
        "from the first to the last of k places there are k - 1 steps": lambda ks, ss: _receptive_field(
            ks, ss, full=True
        ),
        "a pixel sees itself: begin with 1, not with 0": lambda ks, ss: _receptive_field(ks, ss, start=0),
        "strides multiply: two layers of stride 2 take steps of 4 pixels, three take steps of 8": lambda ks, ss: (
            _receptive_field(ks, ss, combine=lambda a, b: a + b)
        ),
        "the strides are missing; the spacing of a window's entries is the product of all strides below it": (
            lambda ks, ss: _receptive_field(ks, [1] * len(ss))
        ),
        "the layers are given from the image upward; here the last one comes first": lambda ks, ss: _receptive_field(
            ks, ss, order=-1
        ),
        "kernel sizes do not multiply: neighbouring windows overlap": lambda ks, ss: int(np.prod(ks)),
    },
)


def _cost(
    side: int,
    c_in: int,
    c_out: int,
    k: int,
    s: int,
    *,
    bias: int = 1,
    out: int | None = None,
    taps: int = 2,
    ins: int | None = None,
) -> tuple[int, int]:
    """Parameters and multiplications of a convolution; each keyword makes a mistake."""
    out = (side // s) ** 2 if out is None else out
    each = k**taps * (c_in if ins is None else ins) * c_out
    return each + bias * c_out, each * out


q2 = Formula(
    right=lambda side, c_in, c_out, k, s: _cost(side, c_in, c_out, k, s),
    cases=[(12, 5, 7, 4, 2), (9, 3, 2, 5, 3)],
    todo="how many numbers are in W and b? How many products make one output number, and how many outputs are there?",
    praise="a weight of a convolution is used once per position: few weights at the fine end do as much work as many "
    "at the coarse end.",
    mistakes={
        "parameters: each output channel has a bias too": lambda *a: (_cost(*a, bias=0)[0], _cost(*a)[1]),
        "multiplications: count one set of products per position of the output, not per pixel of the input": lambda *a: (
            _cost(*a)[0],
            _cost(*a, out=a[0] ** 2)[1],
        ),
        "multiplications: the output has side / s positions in each of two directions": lambda *a: (
            _cost(*a)[0],
            _cost(*a, out=a[0] // a[4])[1],
        ),
        "multiplications: these are the products of one position; the output has (side / s)^2": lambda *a: (
            _cost(*a)[0],
            _cost(*a, out=1)[1],
        ),
        "multiplications: the bias is added, not multiplied": lambda *a: (
            _cost(*a)[0],
            _cost(*a)[0] * (a[0] // a[4]) ** 2,
        ),
        "parameters: every position uses the same weights, so count them once": lambda *a: (
            _cost(*a)[1] + a[2],
            _cost(*a)[1],
        ),
        "a window has k rows of k taps": lambda *a: _cost(*a, taps=1),
        "an output channel reads all input channels": lambda *a: _cost(*a, ins=1),
    },
    names=("parameters", "multiplications"),
)


def _straight(a: np.ndarray, b: np.ndarray, t: float, divisor: Callable = np.sqrt) -> np.ndarray:
    return ((1 - t) * a + t * b) / divisor((1 - t) ** 2 + t**2)


def _length(z: np.ndarray) -> np.ndarray:
    return np.sqrt(np.sum(z**2, axis=1, keepdims=True))


def _on_the_sphere(a: np.ndarray, b: np.ndarray, t: float, size: Callable) -> np.ndarray:
    z = _straight(a, b, t)
    return z / _length(z) * size(z)


q3 = Formula(
    right=lambda a, b, t: _straight(a, b, t),
    cases=[(*_rng.standard_normal((2, 3, 5)), 0.3), (*_rng.standard_normal((2, 4, 7)), 0.85)],
    todo="what is the variance of (1 - t) a + t b if a and b are independent with variance 1? Divide by its square root.",
    praise="the library's path needs no division, since cos^2 + sin^2 = 1 already; both follow the same path at a "
    "different pace.",
    mistakes={
        "in the middle this has the variance 1/2, and G was never trained there: divide by the standard deviation": (
            lambda a, b, t: _straight(a, b, t, lambda v: 1)
        ),
        "divide by the standard deviation, the square root of the variance": lambda a, b, t: _straight(
            a, b, t, lambda v: v
        ),
        "t = 0 is a and t = 1 is b; here it is the other way round": lambda a, b, t: _straight(b, a, t),
        "this has length 1, but d numbers of noise have a length near sqrt(d): each number has variance 1": (
            lambda a, b, t: _on_the_sphere(a, b, t, lambda z: 1.0)
        ),
        "this gives every z the same length; noise varies in length, and only the variance over many draws is 1": (
            lambda a, b, t: _on_the_sphere(a, b, t, lambda z: np.sqrt(z.shape[1]))
        ),
        "this is the library's path, which is just as good; the exercise asks for the point on the straight line, "
        "rescaled": (lambda a, b, t: np.cos(t * np.pi / 2) * a + np.sin(t * np.pi / 2) * b),
    },
)
