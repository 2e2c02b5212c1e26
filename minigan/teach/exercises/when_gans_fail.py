"""Lesson 9, when GANs fail: the pushes of two losses at a distance, uneven shares of the modes, and how much noise helps."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(9)


def sigmoid(s: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-s))


p1 = Prediction(
    "c",
    a="a distance on the ruler would be. JSD asks how much the two overlap, and they overlap nowhere, before or after.",
    b="at two or three standard deviations it would; at ten, nothing of it is left in the first six digits.",
    c="it is log 2 in both cases. G has come halfway, and the distance it minimises has not noticed.",
)
p2 = Prediction(
    "a",
    a="its losses are those of the equilibrium, but also those of a D that cannot keep up with its G.",
    b="its D can tell, and says so; that is what a D should do as long as some fakes lie between the modes.",
    c="its losses are nearly those of A, for the opposite reason: here D cannot tell because the fakes are good.",
)
p3 = Prediction(
    "c",
    a="the data scores well with it, as it should: exaggerated praise cannot be detected where praise is due.",
    b="one mode is there and it finds one mode; its fault concerns points that belong to no mode.",
    c="a measure must recognise noise as noise. If it has only ever been tried on good samples, it is half tested.",
)


def _pushes(
    x: np.ndarray,
    theta: float,
    std: float,
    derivative: Callable | None = None,
    score: Callable | None = None,
    minimax: Callable = sigmoid,
    other: Callable = lambda f: sigmoid(-f),
) -> tuple[np.ndarray, np.ndarray]:
    f = (theta**2 - 2 * theta * x) / (2 * std**2) if score is None else score(x, theta, std)
    df_dx = -theta / std**2 if derivative is None else derivative(x, theta, std)
    return minimax(f) * df_dx, other(f) * df_dx


q1 = Formula(
    right=lambda x, theta, std: _pushes(x, theta, std),
    cases=[(0.8 + 0.7 * _rng.standard_normal(5), 0.8, 0.7), (-1.1 + 1.3 * _rng.standard_normal(5), -1.1, 1.3)],
    todo="first the best score, log p/q of two Gaussians, and its derivative in x; then the derivatives of both "
    "losses in the score.",
    praise="the two always add up to the gradient of D: what one loss does not say, the other does.",
    mistakes={
        "these are the gradients; a push has the opposite sign": lambda x, theta, std: tuple(
            -a for a in _pushes(x, theta, std)
        ),
        "minimax and non-saturating are swapped: minimax vanishes where D is sure, f very negative": lambda x, theta, std: (
            _pushes(x, theta, std)[::-1]
        ),
        "the score's derivative in x is missing: these are derivatives in the score": lambda x, theta, std: _pushes(
            x, theta, std, lambda x, theta, std: 1.0
        ),
        "divide by the variance, std squared": lambda x, theta, std: _pushes(
            x,
            theta,
            std,
            lambda x, theta, std: -theta / std,
            lambda x, theta, std: (theta**2 - 2 * theta * x) / (2 * std),
        ),
        "p and q are swapped: the reals are at 0, so the score is high there": lambda x, theta, std: _pushes(
            x,
            theta,
            std,
            lambda x, theta, std: theta / std**2,
            lambda x, theta, std: (2 * theta * x - theta**2) / (2 * std**2),
        ),
        "both are this loss: the other one has sigmoid(-f)": lambda x, theta, std: _pushes(
            x, theta, std, other=sigmoid
        ),
        "both are this loss: minimax has sigmoid(f)": lambda x, theta, std: _pushes(
            x, theta, std, minimax=lambda f: sigmoid(-f)
        ),
    },
    names=("minimax", "non-saturating"),
)


def _shares(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(axis=1)
    return np.bincount(nearest, minlength=len(centres)) / len(points)


def _kl(points: np.ndarray, centres: np.ndarray, k: Callable | None = None) -> float:
    q = _shares(points, centres)
    found = q[q > 0]
    return np.sum(found * np.log(found * (len(q) if k is None else k(q))))


_centres = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0], [5.0, 5.0]])
_where = np.array([0, 0, 0, 0, 1, 1, 2, 3, 3, 3, 3, 3])
_lopsided = _centres[_where] + 0.1 * _rng.standard_normal((12, 2))
_full = _centres[_rng.integers(5, size=60)] + 0.1 * _rng.standard_normal((60, 2))

q2 = Formula(
    right=lambda points, centres: _kl(points, centres),
    cases=[(_lopsided, _centres), (_full, _centres), (_lopsided[:4], _centres)],
    todo="find the nearest centre of each point, count, divide by the number of points; then sum q log(q K).",
    praise="it is 0 if all modes get the same share and log K if one gets all; it shows modes that are missing and "
    "modes that get too little.",
    mistakes={
        "a mode without points has q = 0, and 0 log 0 is 0: leave it out": lambda points, centres: np.sum(
            _shares(points, centres) * np.log(_shares(points, centres) * len(centres))
        ),
        "K is the number of all modes, not of those that were found: otherwise a G with one mode would be perfect": (
            lambda points, centres: _kl(points, centres, lambda q: np.count_nonzero(q))
        ),
        "the uniform share is 1/K, so q is multiplied by K": lambda points, centres: _kl(
            points, centres, lambda q: 1 / len(q)
        ),
        "this is the negative entropy; log K is missing": lambda points, centres: _kl(points, centres, lambda q: 1),
        "do not take the mean over the modes; the sum is already weighted by q": lambda points, centres: (
            _kl(points, centres) / len(centres)
        ),
        "this is measured in bits; take the natural logarithm": lambda points, centres: (
            _kl(points, centres) / np.log(2)
        ),
        "divide the counts by the number of points: shares add up to 1": lambda points, centres: (
            len(points) * (_kl(points, centres) + np.log(len(points)))
        ),
        "this is KL(uniform || q), the other way round, which is infinite if a mode is missing": lambda points, centres: (
            -np.mean(np.log(_shares(points, centres) * len(centres)))
        ),
    },
)
q3 = Formula(
    right=lambda distance, std, limit: np.sqrt(max(0.0, distance**2 / (2 * limit) - std**2)),
    cases=[(3.0, 0.5, 2.0), (10.0, 0.1, 1.0), (1.0, 1.0, 3.0)],
    todo="with noise both have the variance std^2 + tau^2; set the mean score equal to the limit and solve for tau.",
    praise="this is as much blur as the distance requires; training reduces it as the fakes come nearer.",
    mistakes={
        "if they already overlap enough, no noise is needed: 0, not the square root of a negative number": (
            lambda distance, std, limit: np.sqrt(distance**2 / (2 * limit) - std**2)
        ),
        "variances add up, standard deviations do not": lambda distance, std, limit: max(
            0.0, distance / np.sqrt(2 * limit) - std
        ),
        "this is the variance; the answer should be the standard deviation": lambda distance, std, limit: max(
            0.0, distance**2 / (2 * limit) - std**2
        ),
        "the factor 2 in the denominator is missing": lambda distance, std, limit: np.sqrt(
            max(0.0, distance**2 / limit - std**2)
        ),
        "the data's own width counts too: subtract std^2": lambda distance, std, limit: distance / np.sqrt(2 * limit),
        "the score grows with the square of the distance": lambda distance, std, limit: np.sqrt(
            max(0.0, distance / (2 * limit) - std**2)
        ),
    },
)
