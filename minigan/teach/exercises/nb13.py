"""Lesson 13, DCGAN on digits: how far a score sees, what a layer costs, and a straight way on which noise stays noise."""

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(13)

p1 = Prediction(
    "c",
    a="that would be so if each layer looked at 2 x 2 pixels. Its window is 4 x 4, and neighbouring windows overlap.",
    b="10 x 10 is what the second layer sees; the third takes a window of 4 x 4 of these.",
    c="4, then 4 + 3 * 2 = 10, then 10 + 3 * 4 = 22: a window of 4 is 3 steps wide, each as long as all strides below it.",
    d="it is the dense layer at the end that sees everything; a place of the 4 x 4 map does not.",
)
p2 = Prediction(
    "b",
    a="tanh reaches 0 and 1/2 and nearly 1, true; but it has to hit 0 exactly, in the place where it is steepest.",
    b="black is the number 0 now, and near 0 every small error of G is passed on in full. At -1 tanh swallows it.",
    c="-1 would be blacker than black, and D sees to it that no fake goes there: no real image does.",
)
p3 = Prediction(
    "b",
    a="its wiring is right, and every slope belongs to the loss that is reported: the first bug is no matter of slopes.",
    b="only the wrong cache makes slopes that belong to no value. The other two do something else than was wanted, and do it consistently.",
    c="sampling has no slopes at all, so there is nothing for a gradient check to compare.",
    d="two of the three have not a single wrong slope in them.",
)


def _sees(ks, ss, own=False, full=False, start=1, together=lambda a, b: a * b, order=1):
    r, step = start, 1
    for k, s in list(zip(ks, ss, strict=True))[::order]:
        if own:
            step = together(step, s)
        r += (k if full else k - 1) * step
        if not own:
            step = together(step, s)
    return r


q1 = Formula(
    right=lambda ks, ss: _sees(ks, ss),
    cases=[([4, 3, 5], [2, 1, 3]), ([3, 4, 2, 5], [3, 2, 1, 2]), ([7], [2])],
    todo="begin with r = 1 and a step of 1, and go through the layers from the image upward; each widens r, then lengthens the step.",
    praise="three layers of 4 x 4 with stride 2 see 22 x 22; three of 3 x 3 with stride 1 would see 7 x 7: it is the strides that see far.",
    mistakes={
        "a layer's own stride is between its outputs; its inputs lie as far apart as the strides below it say": (
            lambda ks, ss: _sees(ks, ss, own=True)
        ),
        "from the first to the last of k places there are k - 1 steps": lambda ks, ss: _sees(ks, ss, full=True),
        "a pixel sees itself: begin with 1, not with 0": lambda ks, ss: _sees(ks, ss, start=0),
        "strides multiply: two layers of stride 2 go in steps of 4 pixels, three in steps of 8": lambda ks, ss: _sees(
            ks, ss, together=lambda a, b: a + b
        ),
        "the strides are left out; the window of a layer is as many pixels apart as all strides below it": (
            lambda ks, ss: _sees(ks, [1] * len(ss))
        ),
        "the layers are given from the image upward; here the last comes first": lambda ks, ss: _sees(ks, ss, order=-1),
        "kernels do not multiply: neighbouring windows overlap": lambda ks, ss: int(np.prod(ks)),
    },
)


def _cost(side, c_in, c_out, k, s, bias=1, out=None, taps=2, ins=None):
    out = (side // s) ** 2 if out is None else out
    each = k**taps * (c_in if ins is None else ins) * c_out
    return each + bias * c_out, each * out


q2 = Formula(
    right=lambda side, c_in, c_out, k, s: _cost(side, c_in, c_out, k, s),
    cases=[(12, 5, 7, 4, 2), (9, 3, 2, 5, 3)],
    todo="how many numbers are in W and b? And how many products make one output number, and how many outputs are there?",
    praise="a weight of a convolution is used once for each place: few weights at the fine end do as much work as many at the coarse end.",
    mistakes={
        "parameters: each output channel has a bias too": lambda *a: (_cost(*a, bias=0)[0], _cost(*a)[1]),
        "multiplications: a product is made for each place of the output, not for each pixel of the input": lambda *a: (
            _cost(*a)[0],
            _cost(*a, out=a[0] ** 2)[1],
        ),
        "multiplications: the output has side / s places in each of two directions": lambda *a: (
            _cost(*a)[0],
            _cost(*a, out=a[0] // a[4])[1],
        ),
        "multiplications: these are those of one place; the output has (side / s)^2": lambda *a: (
            _cost(*a)[0],
            _cost(*a, out=1)[1],
        ),
        "multiplications: the bias is added, not multiplied": lambda *a: (
            _cost(*a)[0],
            _cost(*a)[0] * (a[0] // a[4]) ** 2,
        ),
        "parameters: the same weights serve every place, so they are counted once": lambda *a: (
            _cost(*a)[1] + a[2],
            _cost(*a)[1],
        ),
        "a window has k rows of k taps": lambda *a: _cost(*a, taps=1),
        "an output channel looks at all input channels": lambda *a: _cost(*a, ins=1),
    },
    names=("parameters", "multiplications"),
)


def _straight(a, b, t, over=np.sqrt):
    return ((1 - t) * a + t * b) / over((1 - t) ** 2 + t**2)


def _length(z):
    return np.sqrt(np.sum(z**2, axis=1, keepdims=True))


def _on_the_sphere(a, b, t, size):
    z = _straight(a, b, t)
    return z / _length(z) * size(z)


q3 = Formula(
    right=lambda a, b, t: _straight(a, b, t),
    cases=[(*_rng.standard_normal((2, 3, 5)), 0.3), (*_rng.standard_normal((2, 4, 7)), 0.85)],
    todo="what is the variance of (1 - t) a + t b, if a and b are independent with variance 1? Divide by its root.",
    praise="the walk of the library needs no division, since cos^2 + sin^2 = 1 already; the two take the same way at another pace.",
    mistakes={
        "in the middle this has the variance 1/2, and G has never been trained there: divide by the deviation": (
            lambda a, b, t: _straight(a, b, t, lambda v: 1)
        ),
        "divide by the deviation, the root of the variance": lambda a, b, t: _straight(a, b, t, lambda v: v),
        "t = 0 is a and t = 1 is b; here it is the other way round": lambda a, b, t: _straight(b, a, t),
        "this has length 1, but noise of d numbers has a length near sqrt(d): each number has variance 1": (
            lambda a, b, t: _on_the_sphere(a, b, t, lambda z: 1.0)
        ),
        "this gives every z the same length; noise varies in length, and it is the variance over many draws that is 1": (
            lambda a, b, t: _on_the_sphere(a, b, t, lambda z: np.sqrt(z.shape[1]))
        ),
        "this is the walk of the library, which is as good; asked was the point on the straight line, scaled": (
            lambda a, b, t: np.cos(t * np.pi / 2) * a + np.sin(t * np.pi / 2) * b
        ),
    },
)
