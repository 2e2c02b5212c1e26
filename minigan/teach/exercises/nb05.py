"""Lesson 5, optimizers and games: a step of Adam, the matrix of taking turns, and how much friction a rate needs."""

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(5)

p1 = Prediction(
    "c",
    a="momentum does average noise, but there is none here; what it cures is the valley itself.",
    b="less than that: what counts is no longer the ratio of the curvatures but its root.",
    c="the factor of a step is (√κ - 1)/(√κ + 1) where it was (κ - 1)/(κ + 1), and √50 is about 7.",
)
p2 = Prediction(
    "b",
    a="that is gradient descent: the one weight leaps, the other sleeps.",
    b="both averages hold one gradient only, corrected to g and g^2, and g / √(g^2) is its sign.",
    c="that is 0.5 / √0.001 times the rate: Adam without its bias correction.",
)
p3 = Prediction(
    "c",
    a="that would be so if both went downhill on one function; here each step of one undoes what the other has won.",
    b="so it is in the limit of infinitely small steps. A finite step goes along the tangent, and a tangent leaves the circle.",
    c="each step multiplies the distance by √(1 + 0.1^2), and 300 of them by 4.45.",
)
p4 = Prediction(
    "a",
    a="the gradient check reads the gradient and stops there. What is done with it, when and how often, it never sees.",
    b="the recurrence is another check than the gradient: the gradient check takes the optimizer out and puts a note-taker in.",
    c="a gradient left standing would spoil the next step's, but the check clears the gradient itself before each look.",
)


def _adam(theta, grad, m, v, t, lr, beta1, beta2, eps, hat=None, move=None, mean=None, square=None):
    m = beta1 * m + (1 - beta1) * grad if mean is None else mean(m, grad, beta1)
    v = beta2 * v + (1 - beta2) * grad**2 if square is None else square(v, grad, beta2)
    m_hat, v_hat = (m / (1 - beta1**t), v / (1 - beta2**t)) if hat is None else hat(m, v)
    step = m_hat / (np.sqrt(v_hat) + eps) if move is None else move(m_hat, v_hat)
    return theta - lr * step, m, v


def _case(t):
    theta, grad, m = _rng.standard_normal((3, 5))
    return theta, grad, m, _rng.random(5), t, 0.1, 0.6, 0.9, 0.01


q1 = Formula(
    right=lambda theta, grad, m, v, t, lr, beta1, beta2, eps: _adam(theta, grad, m, v, t, lr, beta1, beta2, eps),
    cases=[_case(2), _case(4)],
    todo="first the two averages, m of grad and v of its square; then what the power t corrects; then the step.",
    praise="in the library this is one pass over all weights of a network, whatever their layers.",
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
        "theta: eps stands outside of the root; inside it acts as √eps": lambda *a: _adam(
            *a, move=lambda m, v: m / np.sqrt(v + a[8])
        ),
        "theta: divide by the root of v: v is a mean of squares": lambda *a: _adam(
            *a, move=lambda m, v: m / (v + a[8])
        ),
        "theta: the step goes along the averaged gradient m, not along this step's": lambda *a: _adam(
            *a, move=lambda m, v: a[1] / (np.sqrt(v) + a[8])
        ),
        "theta: downhill is minus": lambda *a: (2 * a[0] - _adam(*a)[0], *_adam(*a)[1:]),
        "m and v go on uncorrected; the corrected ones serve this step and are thrown away": lambda *a: (
            _adam(*a)[0],
            _adam(*a)[1] / (1 - a[6] ** a[4]),
            _adam(*a)[2] / (1 - a[7] ** a[4]),
        ),
        "v: it is the mean of grad squared, the m of today does not enter": lambda *a: _adam(
            *a, square=lambda v, grad, b: b * v + (1 - b) * (a[6] * a[2] + (1 - a[6]) * grad) ** 2
        ),
        "v: grad is to be squared": lambda *a: _adam(*a, square=lambda v, grad, b: b * v + (1 - b) * np.abs(grad)),
        "m: this is SGD's momentum, a sum; Adam's is an average, with 1 - beta1 on the new gradient": lambda *a: _adam(
            *a, mean=lambda m, grad, b: b * m + grad
        ),
        "m: beta and 1 - beta are exchanged: beta is the share of the past": lambda *a: _adam(
            *a, mean=lambda m, grad, b: (1 - b) * m + b * grad
        ),
    },
    names=("theta", "m", "v"),
)
q2 = Formula(
    right=lambda eta: np.array([[1, -eta], [eta, 1 - eta**2]]),
    cases=[(0.1,), (0.7,)],
    todo="write x' and y' as numbers times x plus numbers times y; the first row is what x' is made of.",
    praise="its determinant is 1, so it keeps areas: nothing can spiral into a point, and nothing out of one.",
    mistakes={
        "this is the simultaneous step: y looks at the new x, which is x - eta y": lambda eta: np.array(
            [[1, -eta], [eta, 1]]
        ),
        "here y moves first and x looks at the new y; it is the other way round": lambda eta: np.array(
            [[1 - eta**2, -eta], [eta, 1]]
        ),
        "y wants x y large: it steps uphill, y + eta x'": lambda eta: np.array([[1, -eta], [-eta, 1 + eta**2]]),
        "x wants x y small: it steps downhill, x - eta y": lambda eta: np.array([[1, eta], [eta, 1 + eta**2]]),
        "the roles are exchanged: it is x that goes down and y that goes up": lambda eta: np.array(
            [[1, eta], [-eta, 1 - eta**2]]
        ),
    },
)
q3 = Formula(
    right=lambda gamma: 2 * gamma / (1 + gamma**2),
    cases=[(0.3,), (1.7,)],
    todo="write the step as a 2x2 matrix; its eigenvalues are a number and its conjugate, whose product is the determinant.",
    praise="little friction asks for a small rate, but so does much: at gamma = 1 the rate may be largest, 1.",
    mistakes={
        "this is the rate of the bowl alone: the game turns at the same time": lambda gamma: 2 / gamma,
        "(1 - eta gamma)^2 has a square in it too: eta^2 gamma^2 is missing": lambda gamma: 2 * gamma,
        "this is the rate at which it shrinks fastest; at twice this it stops shrinking": lambda gamma: (
            gamma / (1 + gamma**2)
        ),
        "solve for eta once more: (1 - eta gamma)^2 + eta^2 < 1 begins 1 - 2 eta gamma": lambda gamma: (
            2 / (1 + gamma**2)
        ),
    },
)
