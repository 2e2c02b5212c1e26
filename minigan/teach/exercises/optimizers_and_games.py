"""Lesson 5, optimizers and games: a step of Adam, the matrix of alternating steps, and the largest stable learning rate."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(5)

p1 = Prediction(
    "c",
    a="momentum does average out noise, but there is no noise here; it helps with the valley itself.",
    b="it is fewer steps than that: the ratio of the curvatures no longer matters, only its square root.",
    c="the factor per step is (√κ - 1)/(√κ + 1) instead of (κ - 1)/(κ + 1), and √50 is about 7.",
)
p2 = Prediction(
    "b",
    a="that is gradient descent: one weight jumps, the other hardly moves.",
    b="both averages hold a single gradient, corrected to g and g^2, and g / √(g^2) is its sign.",
    c="that is 0.5 / √0.001 times the rate: Adam without its bias correction.",
)
p3 = Prediction(
    "c",
    a="that would be so if both went downhill on one function; here each step of one player undoes what the "
    "other has gained.",
    b="that is true in the limit of infinitely small steps. A finite step goes along the tangent, and a tangent "
    "leaves the circle.",
    c="each step multiplies the distance by √(1 + 0.1^2), and 300 of them multiply it by 4.45.",
)
p4 = Prediction(
    "a",
    a="the gradient check reads the gradient and stops there. It never sees what is done with it, when, or how often.",
    b="the recurrence is not part of the gradient check: that check replaces the optimizer with one that only "
    "records the gradient.",
    c="a leftover gradient would spoil the next step's, but the check clears the gradient itself before each "
    "measurement.",
)


def _adam(
    theta: np.ndarray,
    grad: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    *,
    hat: Callable | None = None,
    move: Callable | None = None,
    mean: Callable | None = None,
    square: Callable | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """theta, m, v after one step; each keyword replaces a part of the step by a mistake."""
    m = beta1 * m + (1 - beta1) * grad if mean is None else mean(m, grad, beta1)
    v = beta2 * v + (1 - beta2) * grad**2 if square is None else square(v, grad, beta2)
    m_hat, v_hat = (m / (1 - beta1**t), v / (1 - beta2**t)) if hat is None else hat(m, v)
    step = m_hat / (np.sqrt(v_hat) + eps) if move is None else move(m_hat, v_hat)
    return theta - lr * step, m, v


def _case(t: int) -> tuple:
    theta, grad, m = _rng.standard_normal((3, 5))
    return theta, grad, m, _rng.random(5), t, 0.1, 0.6, 0.9, 0.01


q1 = Formula(
    right=lambda theta, grad, m, v, t, lr, beta1, beta2, eps: _adam(theta, grad, m, v, t, lr, beta1, beta2, eps),
    cases=[_case(2), _case(4)],
    todo="first the two averages, m of grad and v of its square; then the corrections with the power t; then the step.",
    praise="in the library this is one pass over all weights of a network, whatever its layers.",
    mistakes={
        "theta: the bias correction is missing: divide m by 1 - beta1^t, and v by 1 - beta2^t": lambda *a: _adam(
            *a, hat=lambda m, v: (m, v)
        ),
        "theta: the correction divides by 1 - beta^t, with the power t": lambda *a: _adam(
            *a, hat=lambda m, v: (m / (1 - a[6]), v / (1 - a[7]))
        ),
        "theta: t counts from 1, so the correction's power is t, not t - 1": lambda *a: _adam(
            *a, hat=lambda m, v: (m / (1 - a[6] ** (a[4] - 1)), v / (1 - a[7] ** (a[4] - 1)))
        ),
        "theta: t counts from 1, so the correction's power is t, not t + 1": lambda *a: _adam(
            *a, hat=lambda m, v: (m / (1 - a[6] ** (a[4] + 1)), v / (1 - a[7] ** (a[4] + 1)))
        ),
        "theta: eps goes outside the square root; inside it acts as √eps": lambda *a: _adam(
            *a, move=lambda m, v: m / np.sqrt(v + a[8])
        ),
        "theta: divide by the square root of v: v is a mean of squares": lambda *a: _adam(
            *a, move=lambda m, v: m / (v + a[8])
        ),
        "theta: the step goes along the averaged gradient m, not along the gradient of this step": lambda *a: _adam(
            *a, move=lambda m, v: a[1] / (np.sqrt(v) + a[8])
        ),
        "theta: downhill means minus": lambda *a: (2 * a[0] - _adam(*a)[0], *_adam(*a)[1:]),
        "carry m and v on uncorrected; the corrected values are used in this step only": lambda *a: (
            _adam(*a)[0],
            _adam(*a)[1] / (1 - a[6] ** a[4]),
            _adam(*a)[2] / (1 - a[7] ** a[4]),
        ),
        "v: it averages grad squared; today's m does not enter": lambda *a: _adam(
            *a, square=lambda v, grad, b: b * v + (1 - b) * (a[6] * a[2] + (1 - a[6]) * grad) ** 2
        ),
        "v: square grad": lambda *a: _adam(*a, square=lambda v, grad, b: b * v + (1 - b) * np.abs(grad)),
        "m: this is SGD's momentum, a sum; Adam's is an average, with 1 - beta1 on the new gradient": lambda *a: _adam(
            *a, mean=lambda m, grad, b: b * m + grad
        ),
        "m: beta and 1 - beta are swapped: beta is the share of the past": lambda *a: _adam(
            *a, mean=lambda m, grad, b: (1 - b) * m + b * grad
        ),
    },
    names=("theta", "m", "v"),
)
q2 = Formula(
    right=lambda eta: np.array([[1, -eta], [eta, 1 - eta**2]]),
    cases=[(0.1,), (0.7,)],
    todo="write x' and y' each as a number times x plus a number times y; the first row holds the two numbers of x'.",
    praise="its determinant is 1, so it preserves areas: nothing can spiral into a point or out of one.",
    mistakes={
        "this is the simultaneous step: y must use the new x, which is x - eta y": lambda eta: np.array(
            [[1, -eta], [eta, 1]]
        ),
        "here y moves first and x uses the new y; it is the other way round": lambda eta: np.array(
            [[1 - eta**2, -eta], [eta, 1]]
        ),
        "y wants x y large: it steps uphill, y + eta x'": lambda eta: np.array([[1, -eta], [-eta, 1 + eta**2]]),
        "x wants x y small: it steps downhill, x - eta y": lambda eta: np.array([[1, eta], [eta, 1 + eta**2]]),
        "the roles are swapped: x goes down and y goes up": lambda eta: np.array([[1, eta], [-eta, 1 - eta**2]]),
    },
)
q3 = Formula(
    right=lambda gamma: 2 * gamma / (1 + gamma**2),
    cases=[(0.3,), (1.7,)],
    todo="write the step as a 2x2 matrix; its eigenvalues are a number and its conjugate, whose product is the determinant.",
    praise="little friction needs a small learning rate, but so does a lot of it: the rate may be largest, 1, at gamma = 1.",
    mistakes={
        "this is the rate for the bowl alone: the game also rotates": lambda gamma: 2 / gamma,
        "(1 - eta gamma)^2 contains a square too: eta^2 gamma^2 is missing": lambda gamma: 2 * gamma,
        "this is the rate at which it shrinks fastest; at twice this rate it stops shrinking": lambda gamma: (
            gamma / (1 + gamma**2)
        ),
        "solve for eta again: (1 - eta gamma)^2 + eta^2 < 1 begins 1 - 2 eta gamma": lambda gamma: 2 / (1 + gamma**2),
    },
)
