"""Lesson 1, derivatives a computer can check: a directional derivative, a complex step, a second derivative."""

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_x, _v = np.random.default_rng(1).standard_normal((2, 5))


def _softplus_sum(x: np.ndarray) -> float:
    return np.sum(np.log(1 + np.exp(x)))


def _cubic(x: np.ndarray) -> float:
    return x @ x + np.prod(x[:3])


def _wave(x: complex) -> complex:
    return np.exp(x) * np.sin(3 * x)


p1 = Prediction(
    "c",
    a="at h = 0.1 the chord is visibly different from the tangent: Taylor's next term, h/2 f'', is about 0.01.",
    b="this is a good step for the central difference, which you will meet in a minute; the one-sided error h/2 "
    "f'' is still 1e-5 here.",
    c="the best step balances h/2 f'' against the rounding error of f, which is divided by h: about the square "
    "root of 2.2e-16, 1e-8.",
    d="f(x + h) and f(x) then agree in all but one of their 16 digits, so almost nothing but rounding error is "
    "left to divide by h.",
)
p2 = Prediction(
    "c",
    a="that is the derivative on the right, but one of the two points lies on the left.",
    b="that is the derivative on the left, but one of the two points lies on the right.",
    c="the two points lie on different pieces, so the quotient averages them, (1 + 0.2) / 2: it reports neither "
    "derivative.",
    d="nothing fails, and that is the trouble.",
)
p3 = Prediction(
    "d",
    a="its derivative is right for the function as it is written, and that is all that differences compare.",
    b="the complex step measures the same derivative, only more accurately.",
    c="both measure the derivative of the function as it is written, and that derivative is right.",
    d="the gradient belongs to the value. Whether the value is the one you meant is a separate question and "
    "needs a separate check: a number worked out by hand.",
)

q1 = Formula(
    right=lambda f, x, v, h: (f(x + h * v) - f(x - h * v)) / (2 * h),
    cases=[(_softplus_sum, _x, _v, 1e-3), (_cubic, _x, 2 * _v, 1e-2), (_cubic, _v, _x, 1e-3)],
    todo="take two steps of length h from x, one along v and one against it, and compare the two values of f.",
    praise="two evaluations of f check a gradient with a million entries: its inner product with v must equal this number.",
    mistakes={
        "the two points are 2h apart, so divide by 2h": lambda f, x, v, h: (f(x + h * v) - f(x - h * v)) / h,
        "this is a one-sided difference; take the second point at x - h v": lambda f, x, v, h: (
            (f(x + h * v) - f(x)) / h
        ),
        "this is a one-sided difference on the other side; take the first point at x + h v": lambda f, x, v, h: (
            (f(x) - f(x - h * v)) / h
        ),
        "the direction v is missing: you move all entries by the same amount": lambda f, x, v, h: (
            (f(x + h) - f(x - h)) / (2 * h)
        ),
        "do not divide by the length of v: the derivative along 2 v is twice that along v": lambda f, x, v, h: (
            (f(x + h * v) - f(x - h * v)) / (2 * h * np.linalg.norm(v))
        ),
        "you do not divide at all: a difference quotient divides the difference of f by the difference of x, here 2h": lambda f, x, v, h: (
            f(x + h * v) - f(x - h * v)
        ),
    },
)
q2 = Formula(
    right=lambda f, x, h: np.imag(f(x + 1j * h)) / h,
    cases=[(_wave, 0.7, 1e-20), (np.tanh, -0.4, 1e-20), (np.exp, 1.5, 1e-10)],
    todo="take a step in the imaginary direction, x + 1j * h, and look at the imaginary part of f there.",
    praise="it is exact to the last digit with h = 1e-20, because nothing is subtracted.",
    mistakes={
        "the real part is f itself; the derivative is in the imaginary part": lambda f, x, h: (
            np.real(f(x + 1j * h)) / h
        ),
        "divide by h: the imaginary part is h f'(x)": lambda f, x, h: np.imag(f(x + 1j * h)),
        "the step is not imaginary, so the imaginary part is 0: write x + 1j * h": lambda f, x, h: (
            np.imag(f(x + h)) / h
        ),
        "nothing has to be subtracted; take the imaginary part of f(x + 1j * h), divided by h": lambda f, x, h: (
            (f(x + 1j * h) - f(x)) / h
        ),
        "np.abs mixes the real and the imaginary part; take np.imag": lambda f, x, h: np.abs(f(x + 1j * h)) / h,
        "the step is h, not 2h: divide by h": lambda f, x, h: np.imag(f(x + 1j * h)) / (2 * h),
    },
)
q3 = Formula(
    right=lambda f, x, h: (f(x + h) - 2 * f(x) + f(x - h)) / h**2,
    cases=[(_wave, 0.7, 1e-3), (np.tanh, -0.4, 1e-2), (np.exp, 1.5, 1e-3)],
    todo="add Taylor's expansion of f(x + h) to that of f(x - h), and solve for f''(x).",
    praise="the numerator is divided by h^2, so rounding matters more: the best h is near 1e-4, and you get 8 digits "
    "at most.",
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
        "f(x) has to be subtracted twice: both neighbours contain it": lambda f, x, h: (
            (f(x + h) - f(x) + f(x - h)) / h**2
        ),
        "f(x) has to be subtracted, not added: minus 2 f(x)": lambda f, x, h: (f(x + h) + 2 * f(x) + f(x - h)) / h**2,
        "this is the first derivative": lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
    },
)
