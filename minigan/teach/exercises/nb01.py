"""Lesson 1, derivatives a computer can check: a direction, a complex step, a second derivative."""

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_x, _v = np.random.default_rng(1).standard_normal((2, 5))


def _softplus_sum(x):
    return np.sum(np.log(1 + np.exp(x)))


def _cubic(x):
    return x @ x + np.prod(x[:3])


def _wave(x):
    return np.exp(x) * np.sin(3 * x)


p1 = Prediction(
    "c",
    a="at h = 0.1 the chord is visibly not the tangent: Taylor's next term, h/2 f'', is about 0.01.",
    b="a good step for the central difference, which you meet in a minute; the one-sided error h/2 f'' is still 1e-5 here.",
    c="the best step balances h/2 f'' against the rounding of f, which is divided by h: about the root of 2.2e-16, 1e-8.",
    d="f(x + h) and f(x) then agree in all of their 16 digits but one, so almost nothing but rounding is left to divide by h.",
)
p2 = Prediction(
    "c",
    a="that is the slope on the right; one of the two points lies on the left.",
    b="that is the slope on the left; one of the two points lies on the right.",
    c="the two points lie on different pieces, so the quotient averages them, (1 + 0.2) / 2: neither slope is reported.",
    d="nothing fails; that is the trouble.",
)
p3 = Prediction(
    "d",
    a="its slope is right, for the function as it is written; and that is all that differences compare.",
    b="the complex step measures the same slope, only more exactly.",
    c="both measure the slope of the function as it is written, and that slope is right.",
    d="the slope is the value's slope. That the value is the one you meant is another claim, and needs another check: "
    "a number worked by hand.",
)

q1 = Formula(
    right=lambda f, x, v, h: (f(x + h * v) - f(x - h * v)) / (2 * h),
    cases=[(_softplus_sum, _x, _v, 1e-3), (_cubic, _x, 2 * _v, 1e-2), (_cubic, _v, _x, 1e-3)],
    todo="take two steps from x, one h along v and one h against it, and compare the two values of f.",
    praise="two evaluations of f check a gradient of a million entries: its product with v has to be this number.",
    mistakes={
        "the two points lie 2h apart, so divide by 2h": lambda f, x, v, h: (f(x + h * v) - f(x - h * v)) / h,
        "this is one-sided; take the second point at x - h v": lambda f, x, v, h: (f(x + h * v) - f(x)) / h,
        "this is one-sided, on the other side; take the first point at x + h v": lambda f, x, v, h: (
            (f(x) - f(x - h * v)) / h
        ),
        "the direction v is missing: you move all entries alike": lambda f, x, v, h: (f(x + h) - f(x - h)) / (2 * h),
        "do not divide by the length of v: the derivative along 2 v is twice that along v": lambda f, x, v, h: (
            (f(x + h * v) - f(x - h * v)) / (2 * h * np.linalg.norm(v))
        ),
        "it is not divided at all: a slope is a difference of f over a difference of x, here 2h": lambda f, x, v, h: (
            f(x + h * v) - f(x - h * v)
        ),
    },
)
q2 = Formula(
    right=lambda f, x, h: np.imag(f(x + 1j * h)) / h,
    cases=[(_wave, 0.7, 1e-20), (np.tanh, -0.4, 1e-20), (np.exp, 1.5, 1e-10)],
    todo="step into the imaginary direction, x + 1j * h, and look at the imaginary part of f there.",
    praise="exact to the last digits with h = 1e-20, because nothing was subtracted.",
    mistakes={
        "the real part is f itself; the slope stands in the imaginary part": lambda f, x, h: np.real(f(x + 1j * h)) / h,
        "divide by h: the imaginary part is h f'(x)": lambda f, x, h: np.imag(f(x + 1j * h)),
        "the step is not imaginary, so the imaginary part is 0: write x + 1j * h": lambda f, x, h: (
            np.imag(f(x + h)) / h
        ),
        "nothing is to be subtracted here; take the imaginary part of f(x + 1j * h), divided by h": lambda f, x, h: (
            (f(x + 1j * h) - f(x)) / h
        ),
        "np.abs mixes real and imaginary part; take np.imag": lambda f, x, h: np.abs(f(x + 1j * h)) / h,
        "the points lie one step h apart, not 2h: divide by h": lambda f, x, h: np.imag(f(x + 1j * h)) / (2 * h),
    },
)
q3 = Formula(
    right=lambda f, x, h: (f(x + h) - 2 * f(x) + f(x - h)) / h**2,
    cases=[(_wave, 0.7, 1e-3), (np.tanh, -0.4, 1e-2), (np.exp, 1.5, 1e-3)],
    todo="add Taylor's formula for f(x + h) to that for f(x - h), and solve for f''(x).",
    praise="the numerator is divided by h^2, so rounding weighs more: the best h is near 1e-4, and 8 digits are all one gets.",
    mistakes={
        "divide by h^2: Taylor's second-order term is h^2/2 f'', and there are two of them": lambda f, x, h: (
            (f(x + h) - 2 * f(x) + f(x - h)) / h
        ),
        "divide by h^2, not by 2 h^2: the two halves h^2/2 f'' add up to h^2 f''": lambda f, x, h: (
            (f(x + h) - 2 * f(x) + f(x - h)) / (2 * h**2)
        ),
        "divide by h^2, not by (2h)^2: the neighbours are one h away": lambda f, x, h: (
            (f(x + h) - 2 * f(x) + f(x - h)) / (2 * h) ** 2
        ),
        "f(x) has to be taken off twice: both neighbours contain it": lambda f, x, h: (
            (f(x + h) - f(x) + f(x - h)) / h**2
        ),
        "f(x) is to be taken off, not added: minus 2 f(x)": lambda f, x, h: (f(x + h) + 2 * f(x) + f(x - h)) / h**2,
        "this is the first derivative": lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
    },
)
