"""Lesson 24, VAE-GAN and attribute arithmetic: a path between codes, the gradients of the step, and a vector without others."""

from collections.abc import Callable
from functools import partial

import numpy as np

from minigan.apps.interpolate import slerp
from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(24)

p1 = Prediction(
    "b",
    a="noise is a large error in pixels too, so per unit of pixel error it counts less.",
    b="D's features respond to edges, and a blur changes every edge while it moves the pixels little.",
    c="a shift is large in both: D's features are maps, and a map moves with the image.",
    d="a darker portrait has the same edges, so D's features change little.",
)
p2 = Prediction(
    "b",
    a="a beard is often a few pixels at the chin, and there are five kinds. Hair is a large area of one colour.",
    b="black hair is a single value. There are five beards, and the mean of five directions is short.",
    c="the vector of the beard is a mean of five directions, and a mean of different directions is short.",
    d="they can, if the code holds the attribute and one direction stands for it.",
)
p3 = Prediction(
    "d",
    a="D gets a gradient that is not a combination of the losses' gradients: a part remains unexplained.",
    b="E has the weight 1 on the loss of the GAN, and should have 0.",
    c="half of the GAN's loss is missing from G's gradient, so no weights explain all of it.",
    d="the gradient is right for the value that is computed, so the weights are right. But the value is that of another loss.",
)


# ---- exercise 1 -------------------------------------------------------------------------------------------------------


def _norm(v: np.ndarray) -> np.ndarray:
    return np.linalg.norm(v, axis=1, keepdims=True)


def _spiral(
    a: np.ndarray,
    b: np.ndarray,
    t: float,
    length: Callable = lambda la, lb, t: (1 - t) * la + t * lb,
    way: Callable = lambda a, b, t: slerp(a / _norm(a), b / _norm(b), t),
) -> np.ndarray:
    return length(_norm(a), _norm(b), t) * way(a, b, t)


def _straight(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    straight = (1 - t) * a + t * b
    return straight / _norm(straight)


def _pair(n: int, d: int, t: float) -> tuple[np.ndarray, np.ndarray, float]:
    return _rng.standard_normal((n, d)), 3 * _rng.standard_normal((n, d)), t


q1 = Formula(
    right=lambda a, b, t: _spiral(a, b, t),
    cases=[_pair(5, 3, 0.25), _pair(2, 7, 0.6), _pair(4, 4, 0.9)],
    todo="divide both by their lengths, walk between the unit vectors, and multiply by the length at t.",
    praise="E's codes differ in length, and a slerp of the codes themselves stays too close to the longer one.",
    mistakes={
        "this is slerp of the codes themselves: its weights are meant for unit vectors, so the longer code pulls the point": (
            lambda a, b, t: slerp(a, b, t)
        ),
        "the direction is right, but its length is 1: multiply by the length at t": lambda a, b, t: _spiral(
            a, b, t, length=lambda la, lb, t: 1.0
        ),
        "the length stays that of a: it should be that of b at t = 1": lambda a, b, t: _spiral(
            a, b, t, length=lambda la, lb, t: la
        ),
        "the length runs the wrong way: at t = 0 it should be that of a": lambda a, b, t: _spiral(
            a, b, t, length=lambda la, lb, t: t * la + (1 - t) * lb
        ),
        "the length changes linearly in t, not by equal factors": lambda a, b, t: _spiral(
            a, b, t, length=lambda la, lb, t: la ** (1 - t) * lb**t
        ),
        "this is the straight line": lambda a, b, t: (1 - t) * a + t * b,
        "the length is right, but the direction is that of the straight line": lambda a, b, t: _spiral(
            a, b, t, way=_straight
        ),
        "every row has its own length: np.linalg.norm needs axis=1": lambda a, b, t: (
            ((1 - t) * np.linalg.norm(a) + t * np.linalg.norm(b))
            * slerp(a / np.linalg.norm(a), b / np.linalg.norm(b), t)
        ),
    },
)


# ---- exercise 2 -------------------------------------------------------------------------------------------------------


def _wired(
    f_x: np.ndarray,
    f_y: np.ndarray,
    g: np.ndarray,
    gamma: float,
    through_features: Callable,
    through_scores: Callable,
    u: Callable = lambda f_x, f_y: (f_y - f_x) / len(f_x),
    for_e: Callable = lambda like, gan, gamma: like,
    for_g: Callable = lambda like, gan, gamma: gamma * like + gan,
) -> tuple[np.ndarray, np.ndarray]:
    """The gradients for E and for G; the last three parameters each make a mistake."""
    like, gan = through_features(u(f_x, f_y)), through_scores(g)
    return for_e(like, gan, gamma), for_g(like, gan, gamma)


class _Through:
    """A linear backward pass, df -> df W'."""

    def __init__(self, W: np.ndarray) -> None:
        self.W = W

    def __call__(self, df: np.ndarray) -> np.ndarray:
        return df @ self.W.T


def _batch(n: int, features: int, pixels: int, gamma: float) -> tuple:
    f_x, f_y = _rng.standard_normal((2, n, features))
    passes = _Through(_rng.standard_normal((pixels, features))), _Through(_rng.standard_normal((pixels, 1)))
    return f_x, f_y, _rng.standard_normal((n, 1)), gamma, *passes


q2 = Formula(
    right=lambda f_x, f_y, g, gamma, through_features, through_scores: _wired(
        f_x, f_y, g, gamma, through_features, through_scores
    ),
    cases=[_batch(5, 3, 4, 0.3), _batch(2, 6, 7, 2.5), _batch(3, 2, 5, 0.01)],
    todo="the gradient of eq:vaegan.like in f_y is (f_y - f_x) / N; take it back to the image first.",
    praise="in an autograd library this takes some `detach` calls and an optimizer for each network; forget one, and it still trains.",
    mistakes={
        "for E: gamma is the weight of `like` in G's loss only": partial(
            _wired, for_e=lambda like, gan, gamma: gamma * like
        ),
        "for E: E must not learn from the scores": partial(_wired, for_e=lambda like, gan, gamma: like + gan),
        "for E: this is what G gets; E must not learn from the scores, and gamma is G's": partial(
            _wired, for_e=lambda like, gan, gamma: gamma * like + gan
        ),
        "for G: gamma is missing": partial(_wired, for_g=lambda like, gan, gamma: like + gan),
        "for G: gamma is the weight of `like`, not of the scores": partial(
            _wired, for_g=lambda like, gan, gamma: like + gamma * gan
        ),
        "for G: the gradient through the scores is missing": partial(
            _wired, for_g=lambda like, gan, gamma: gamma * like
        ),
        "for G: the gradient of `like` is missing": partial(_wired, for_g=lambda like, gan, gamma: gan),
        "the 1/N of the mean is missing in `like`": partial(_wired, u=lambda f_x, f_y: f_y - f_x),
        "`like` has the wrong sign: its gradient in f_y is (f_y - f_x) / N": partial(
            _wired, u=lambda f_x, f_y: (f_x - f_y) / len(f_x)
        ),
        "the derivative of half a square has no factor 2": partial(
            _wired, u=lambda f_x, f_y: 2 * (f_y - f_x) / len(f_x)
        ),
    },
    names=("for E", "for G"),
)


# ---- exercise 3 -------------------------------------------------------------------------------------------------------


def _one_by_one(v: np.ndarray, others: np.ndarray) -> np.ndarray:
    for w in others:
        v = v - (v @ w) / (w @ w) * w
    return v


q3 = Formula(
    right=lambda v, others: v - np.linalg.lstsq(others.T, v, rcond=None)[0] @ others,
    cases=[
        (_rng.standard_normal(5), _rng.standard_normal((2, 5)) + 1),
        (_rng.standard_normal(7), _rng.standard_normal((4, 7)) + 1),
        (_rng.standard_normal(6), _rng.standard_normal((3, 6)) + 1),
    ],
    todo="find the combination of the others that is nearest to v (np.linalg.lstsq), and subtract it.",
    praise="the same has been done to word vectors, to remove a bias (Bolukbasi et al. 2016).",
    mistakes={
        "this is right only if the others are perpendicular to each other; after the second step v is no longer "
        "perpendicular to the first": _one_by_one,
        "all projections are taken from v itself, so what the others share is subtracted more than once": lambda v, others: (
            v - sum((v @ w) / (w @ w) * w for w in others)
        ),
        "this is the part of v in the span of the others; return what is left without it": lambda v, others: (
            np.linalg.lstsq(others.T, v, rcond=None)[0] @ others
        ),
        "the others are not of length 1: a projection divides by the square of the length": lambda v, others: (
            v - sum((v @ w) * w for w in others)
        ),
        "only one of the others was removed": lambda v, others: (
            v - (v @ others[0]) / (others[0] @ others[0]) * others[0]
        ),
        "this is perpendicular to the mean of the others, not to each of them": lambda v, others: _one_by_one(
            v, others.mean(axis=0, keepdims=True)
        ),
        "the result is a direction of another length: do not normalise it": lambda v, others: (
            (r := v - np.linalg.lstsq(others.T, v, rcond=None)[0] @ others) / np.linalg.norm(r)
        ),
    },
)
