"""Lesson 16, DiracGAN: the vector field of the smallest game, its rate of convergence, and a step that looks ahead."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction


def sigmoid(s: float) -> float:
    return 1 / (1 + np.exp(-s))


p1 = Prediction(
    "b",
    a="WGAN-GP wants D's gradient to have the norm 1, even where G has arrived: it drives the game onto a ring.",
    b="R1 wants D flat and acts as friction. WGAN-GP wants the gradient norm 1, and without a penalty almost "
    "nothing slows the rotation.",
    c="WGAN-GP wants D's gradient to have the norm 1, and at the equilibrium it is 0: it pushes away from there.",
    d="without a penalty the game rotates; it does spiral inward, but takes 800 units of time to reach the "
    "distance 0.1.",
)
p2 = Prediction(
    "d",
    a="true as long as γ < 2a, here 1. Beyond that, the friction holds D back so much that G has nothing to follow.",
    b="the optimum is already at γ = 2a = 1.",
    c="the two eigenvalues separate at γ = 1: one becomes faster, the other slower, and the slower one decides.",
    d="γ = 1 = 2a is the best. Beyond it, the slow eigenvalue is about -a²/γ = -0.025: twenty times slower.",
)
p3 = Prediction(
    "c",
    a="the first changes the sign of a², and the eigenvalues become real: one of them is positive.",
    b="the second is detected: the real part is -γ instead of -γ/2.",
    c="D is linear here: it has the same gradient at the data and at the fakes, and no kink that could be forgotten.",
    d="D is linear here. It cannot show a bug that needs two different places or a kink.",
)


def _field(
    theta: float,
    psi: float,
    gamma: float,
    pull: Callable = lambda f: sigmoid(-f),
    push: Callable = sigmoid,
    friction: Callable = lambda gamma, psi: gamma * psi,
) -> tuple[float, float]:
    """The speeds of theta and psi; the last three parameters replace a term by a mistake."""
    f = psi * theta
    return pull(f) * psi, -push(f) * theta - friction(gamma, psi)


q1 = Formula(
    right=lambda theta, psi, gamma: _field(theta, psi, gamma),
    cases=[(0.8, 0.6, 0.3), (-1.1, 0.7, 2.0), (0.4, -1.5, 0.5)],
    todo="the score of the fake is f = psi * theta; the sigmoid of s is 1 / (1 + np.exp(-s)).",
    praise="give it to any solver of differential equations: this is the whole training.",
    mistakes={
        "the speed of psi: friction slows it down, so its sign is minus": lambda theta, psi, gamma: _field(
            theta, psi, gamma, friction=lambda gamma, psi: -gamma * psi
        ),
        "the speed of psi: the friction is missing, -gamma psi": lambda theta, psi, gamma: _field(
            theta, psi, gamma, friction=lambda gamma, psi: 0.0
        ),
        "the speed of psi: R1 is gamma/2 psi^2, and its derivative is gamma psi": lambda theta, psi, gamma: _field(
            theta, psi, gamma, friction=lambda gamma, psi: gamma / 2 * psi
        ),
        "the speed of psi: take the derivative of R1, gamma psi, not its value": lambda theta, psi, gamma: _field(
            theta, psi, gamma, friction=lambda gamma, psi: gamma / 2 * psi**2
        ),
        "the speed of theta: this is the minimax G; the non-saturating one is pulled with sigmoid(-f)": (
            lambda theta, psi, gamma: _field(theta, psi, gamma, pull=sigmoid)
        ),
        "the two sigmoids are swapped: G is pulled with sigmoid(-f), D pushed with sigmoid(f)": (
            lambda theta, psi, gamma: _field(theta, psi, gamma, sigmoid, lambda f: sigmoid(-f))
        ),
        "the speed of psi: a fake that fools D, f large, pushes D the most: sigmoid(f)": lambda theta, psi, gamma: (
            _field(theta, psi, gamma, push=lambda f: sigmoid(-f))
        ),
        "theta and psi are swapped in the chain rule: G moves along psi, D along theta": lambda theta, psi, gamma: (
            sigmoid(-psi * theta) * theta,
            -sigmoid(psi * theta) * psi - gamma * psi,
        ),
        "the penalty acts on D only: G has no friction": lambda theta, psi, gamma: (
            _field(theta, psi, gamma)[0] - gamma * theta,
            _field(theta, psi, gamma)[1],
        ),
        "these are the gradients; the players descend, so both have a minus": lambda theta, psi, gamma: tuple(
            -speed for speed in _field(theta, psi, gamma)
        ),
    },
    names=("the speed of theta", "the speed of psi"),
)
q2 = Formula(
    right=lambda a, gamma: gamma / 2 - np.sqrt(max(gamma**2 / 4 - a**2, 0.0)),
    cases=[(0.5, 0.3), (0.5, 1.4), (1.0, 10.0), (1.0, 0.0)],
    todo="the expression under the root of eq:dirac.eigenvalues, gamma**2 / 4 - a**2, may be negative: what is the "
    "real part then?",
    praise="the best gamma for a given a is 2a, and the rate there is a: no penalty makes the game converge faster "
    "than it rotates.",
    mistakes={
        "the square root of a negative number is NaN here; an imaginary root does not change the real part": lambda a, gamma: (
            gamma / 2 - np.sqrt(gamma**2 / 4 - a**2)
        ),
        "this is the fast eigenvalue; in the end the slow one decides": lambda a, gamma: (
            gamma / 2 + np.sqrt(max(gamma**2 / 4 - a**2, 0.0))
        ),
        "this is right while the game rotates; for gamma > 2a the eigenvalues are real and separate": lambda a, gamma: (
            gamma / 2
        ),
        "an imaginary root does not change the real part; do not subtract its absolute value": lambda a, gamma: (
            gamma / 2 - np.sqrt(abs(gamma**2 / 4 - a**2))
        ),
        "the term under the root is gamma^2 / 4, the square of gamma / 2": lambda a, gamma: (
            gamma / 2 - np.sqrt(max(gamma**2 - a**2, 0.0))
        ),
        "the term under the root is a^2, not a": lambda a, gamma: gamma / 2 - np.sqrt(max(gamma**2 / 4 - a, 0.0)),
        "this is the largest real part itself; the rate is its negative": lambda a, gamma: (
            np.sqrt(max(gamma**2 / 4 - a**2, 0.0)) - gamma / 2
        ),
    },
)


def _rotation(x: np.ndarray) -> np.ndarray:
    return np.array([x[1], -x[0]])


def _dirac(x: np.ndarray) -> np.ndarray:
    return np.array(_field(x[0], x[1], 0.1))


q3 = Formula(
    right=lambda field, x, eta: x + eta * field(x + eta * field(x)),
    cases=[
        (_rotation, np.array([0.8, 0.6]), 0.3),
        (_dirac, np.array([1.0, -0.5]), 0.5),
        (_dirac, np.array([-2.0, 0.4]), 0.2),
    ],
    todo="first compute the point ahead, x + eta * field(x).",
    praise="without a penalty it converges at the rate eta a^2 / 2: slowly, since the rate is small, and each step "
    "evaluates the field twice.",
    mistakes={
        "this is the plain step; evaluate the field at the point ahead, and step with that": lambda field, x, eta: (
            x + eta * field(x)
        ),
        "start from x again: the step is taken from x, not from the point ahead": lambda field, x, eta: (
            x + eta * field(x) + eta * field(x + eta * field(x))
        ),
        "step with the field at the point ahead alone, not with the mean of both (that is Heun's method)": lambda field, x, eta: (
            x + eta / 2 * (field(x) + field(x + eta * field(x)))
        ),
        "this looks half a step ahead (the midpoint method, which keeps its distance but does not converge)": (
            lambda field, x, eta: x + eta * field(x + eta / 2 * field(x))
        ),
        "the point ahead is x + eta w(x): the eta is missing": lambda field, x, eta: x + eta * field(x + field(x)),
        "this is the field at the point ahead; the step is x + eta times it": lambda field, x, eta: field(
            x + eta * field(x)
        ),
        "the players follow the field: with a minus they move away": lambda field, x, eta: (
            x - eta * field(x - eta * field(x))
        ),
        "you look back instead of ahead: x + eta w(x)": lambda field, x, eta: x + eta * field(x - eta * field(x)),
    },
)
