"""Lesson 30, flows and diffusion: both ends of a path, the best velocity for known points, and a sampler of one's own."""

from collections.abc import Callable

import numpy as np

from minigan.models.ode import euler
from minigan.teach.exercises.exercise import Exercise, Formula, NotWritten, Prediction, Wrong, call, require_function

_rng = np.random.default_rng(30)

p1 = Prediction(
    "b",
    a="at t = 0 the network can't know where on the moons a point will end: in training, any x_0 could be paired with any "
    "x_1.",
    b="at t = 0 the best answer is the mean of all x_1 minus x_0, so x_0 + V(x_0, 0) is the same for all x_0.",
    c="the velocities at t = 0 are large, about as long as the distance to the moons. But they all point to one place.",
)
p2 = Prediction(
    "c",
    a="a part of the loss can't be removed by any network, and this part depends on the pairs.",
    b="it is far less than half. Where no two paths meet, place and time say which pair is passing.",
    c="in the cheapest assignment no two paths meet, so the velocity at a place is nearly certain, and little loss remains.",
)
p3 = Prediction(
    "c",
    a="each step adds new noise, which keeps them apart. A single step of DDIM would do that.",
    b="that takes small steps: only for a small step back is the answer close to a single Gaussian, which is all that a "
    "mean can describe.",
    c="one step back from heavy noise may lead to either moon. A single Gaussian around the mean also covers the gap.",
)
p4 = Prediction(
    "c",
    a="in the first three the loss and its gradient change together, so differences agree. The fourth is not in the training.",
    b="the wrong velocity and the missing root change the loss, but the gradient is still the gradient of that loss.",
    c="only there do value and gradient disagree. The first three are right gradients of wrong values, and the fourth is in "
    "the sampler.",
    d="the lost 2 is exactly what differences of the loss find.",
)


# ---- exercise 1 -------------------------------------------------------------------------------------------------------

_x, _v, _t = _rng.standard_normal((5, 2)), _rng.standard_normal((5, 2)), _rng.uniform(0.1, 0.9, 5)

q1 = Formula(
    right=lambda x, t, v: (x - t[:, None] * v, x + (1 - t[:, None]) * v),
    cases=[(_x, _t, _v), (_v[:3] * 2, _t[:3], _x[:3])],
    todo="x_t = x_0 + t (x_1 - x_0): where was the point at time 0, and where will it be at time 1?",
    praise="so a flow predicts the noise and the data too, and the sampler of a diffusion model could draw from it.",
    mistakes={
        "the two are swapped: x_0 is where the path began": lambda x, t, v: (
            x + (1 - t[:, None]) * v,
            x - t[:, None] * v,
        ),
        "x_0: go back along the path, so the sign is minus": lambda x, t, v: (
            x + t[:, None] * v,
            x + (1 - t[:, None]) * v,
        ),
        "x_0: only the time t has passed, so go back t v, not v": lambda x, t, v: (x - v, x + (1 - t[:, None]) * v),
        "x_1: the time 1 - t is left, so go on by (1 - t) v, not v": lambda x, t, v: (x - t[:, None] * v, x + v),
        "t and 1 - t have changed places": lambda x, t, v: (x - (1 - t[:, None]) * v, x + t[:, None] * v),
    },
    names=("x0", "x1"),
)


# ---- exercise 2 -------------------------------------------------------------------------------------------------------


def _velocity(
    x: np.ndarray,
    t: float,
    data: np.ndarray,
    scale: Callable = lambda t: t,
    width: Callable = lambda t: 2 * (1 - t) ** 2,
    sharpen: Callable = lambda w: w,
    end: Callable = lambda mean, x, t: (mean - x) / (1 - t),
) -> np.ndarray:
    """E[x_1 - x_0 | x_t = x]; the last four parameters each make a mistake."""
    exponent = -np.sum((x[:, None] - scale(t) * data) ** 2, axis=2) / width(t)
    w = sharpen(np.exp(exponent - exponent.max(axis=1, keepdims=True)))
    return end((w @ data) / w.sum(axis=1, keepdims=True), x, t)


q2 = Formula(
    right=lambda x, t, data: _velocity(x, t, data),
    cases=[
        (_rng.standard_normal((4, 2)), 0.4, _rng.standard_normal((7, 2))),
        (_rng.standard_normal((3, 2)), 0.0, _rng.standard_normal((5, 2))),
        (3 + _rng.standard_normal((3, 2)), 0.97, _rng.standard_normal((6, 2))),
    ],
    todo="the weight of data[j] is exp(-|x - t data[j]|^2 / (2 (1 - t)^2)), up to a factor; subtract the largest "
    "exponent before np.exp.",
    praise="it draws without any training, but it draws the points of `data` and nothing else. If a trained network draws "
    "new ones, it is because it hasn't fitted this field exactly.",
    mistakes={
        "this is the mean of x_1; the velocity is (mean - x) / (1 - t)": lambda x, t, d: _velocity(
            x, t, d, end=lambda mean, x, t: mean
        ),
        "mean - x is the distance that is left; it has to be covered in the time 1 - t": lambda x, t, d: _velocity(
            x, t, d, end=lambda mean, x, t: mean - x
        ),
        "the sign is wrong: the path leads to the data": lambda x, t, d: _velocity(
            x, t, d, end=lambda mean, x, t: (x - mean) / (1 - t)
        ),
        "a path to data[j] is near t data[j] at time t: the t is missing": lambda x, t, d: _velocity(
            x, t, d, scale=lambda t: 1.0
        ),
        "at time t the noise has the standard deviation 1 - t: divide by (1 - t)^2": lambda x, t, d: _velocity(
            x, t, d, width=lambda t: 2.0
        ),
        "at time t the noise has the variance (1 - t)^2, not 1 - t": lambda x, t, d: _velocity(
            x, t, d, width=lambda t: 2 * (1 - t)
        ),
        "a Gaussian has a 1/2 in its exponent": lambda x, t, d: _velocity(x, t, d, width=lambda t: (1 - t) ** 2),
        "here all points of the data have the same weight: they have to be weighted by Bayes' rule": lambda x, t, d: (
            _velocity(x, t, d, sharpen=np.ones_like)
        ),
        "this uses only the most probable point: take the weighted mean of all": lambda x, t, d: _velocity(
            x, t, d, sharpen=lambda w: np.eye(w.shape[1])[w.argmax(axis=1)]
        ),
    },
)


# ---- exercise 3 -------------------------------------------------------------------------------------------------------


def _growing(x: np.ndarray, t: float) -> np.ndarray:
    return (1 + t) * x  # x(1) = exp(3/2) x(0)


def _turning(x: np.ndarray, t: float) -> np.ndarray:
    return 2 * np.stack([-x[:, 1], x[:, 0]], axis=1)  # x(1) is x(0), turned by 2


def _examine(sampler: Callable) -> str | None:
    """None if the sampler keeps to its evaluations and to [0, 1] and has less than half of Euler's error; else what is wrong."""
    require_function(sampler, lambda field, x, n: x)
    x = np.random.default_rng(3).standard_normal((5, 2))
    turn = np.array([[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]])
    ends = {_growing: np.exp(1.5) * x, _turning: x @ turn.T}

    def run(field: Callable, n: int) -> np.ndarray:
        seen: list[float] = []

        def counted(x: np.ndarray, t: float) -> np.ndarray:
            seen.append(float(t))
            return field(x, t)

        result = call(sampler, (counted, x, n))
        if result is None or result is ...:
            raise NotWritten
        if np.shape(result) != x.shape:
            raise Wrong(f"it should return an array like x, {x.shape}, but its shape is {np.shape(result)}")
        if len(seen) > n:
            raise Wrong(f"with n = {n} it evaluates the field {len(seen)} times: n counts evaluations, not steps")
        if seen and not -1e-9 <= min(seen) <= max(seen) <= 1 + 1e-9:
            raise Wrong(f"it evaluates the field at t = {min(seen):.3g} to {max(seen):.3g}: stay between 0 and 1")
        return np.asarray(result)

    moved = run(lambda x, t: np.ones_like(x), 8) - x
    if not np.allclose(moved, 1):
        return f"a velocity of 1 everywhere has to move each point by 1, and it moves them by {moved.mean():.4g}"
    for field, end in ends.items():
        for n in (8, 16, 32):
            mine, plain = (np.abs(found - end).max() for found in (run(field, n), euler(field, x, n)))
            if np.isclose(mine, plain, rtol=1e-6):
                return f"with n = {n} it ends where Euler ends: use some of the evaluations to correct the others"
            if not mine < plain / 2:
                return (
                    f"with n = {n} its error is {mine:.2g}, and Euler's {plain:.2g}: it has to be less than half of it"
                )
    return None


q3 = Exercise(
    todo="take n // 2 steps of two evaluations each, for instance: what could the second evaluation tell you?",
    praise="a better sampler needs no new training. Better samplers are a large part of how diffusion models got from 1,000 "
    "evaluations to 20.",
    examine=_examine,
)
