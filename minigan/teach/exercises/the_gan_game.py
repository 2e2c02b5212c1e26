"""Lesson 7, the GAN game: the loss of the best D, the same for least squares, and a divergence computed from D's scores."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(7)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, x)


def _softmax(a: np.ndarray) -> np.ndarray:
    e = np.exp(a - a.max())
    return e / e.sum()


p1 = Prediction(
    "c",
    a="after many throws together, yes. But D scores one throw at a time, and a head is a head.",
    b="that is the loss of a D that cannot tell at all; this one can tell whenever it sees a tail.",
    c="a tail is certainly real and costs nothing; a head is real in one case out of three and costs something "
    "whatever D says.",
)
p2 = Prediction(
    "c",
    a="that is true for minimax only: the other loss punishes fakes where there are no reals, and there are "
    "none between the modes.",
    b="minimax moves away from there: leaving half of the data without fakes costs more than a few fakes in between.",
    c="minimax minimises the Jensen-Shannon divergence, the other loss KL(q || p) - 2 JSD, which forbids fakes "
    "where p is small.",
    d="it is the other way round: the non-saturating loss contains KL(q || p), which forbids fakes where p is small.",
)
p3 = Prediction(
    "b",
    a="with SGD it would. Adam divides by the size of the gradient, so a constant factor cancels.",
    b="the best D is the same, and Adam's steps are the same; but anyone who expects 1.386 will misread the log.",
    c="half of a function has its minimum at the same place.",
)


def _best_loss(p: np.ndarray, q: np.ndarray, denominator: Callable = np.add, log: Callable = np.log) -> float:
    def part(a: np.ndarray) -> float:
        some = a > 0
        return -np.sum(a[some] * log(a[some] / denominator(p, q)[some]))

    return part(p) + part(q)


_p, _q = _softmax(_rng.standard_normal(5)), _softmax(2 * _rng.standard_normal(5))

q1 = Formula(
    right=lambda p, q: _best_loss(p, q),
    cases=[
        (_p, _q),
        (np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.25, 0.75])),
        (np.array([1.0, 0.0]), np.array([0.0, 1.0])),
    ],
    todo="it is minus (7.3): two sums, over the faces of the real die and over those of the fake one.",
    praise="it lies between 0, where the dice share no face, and log 4, where they are equal: it says how well D can "
    "tell them apart.",
    mistakes={
        "0 log 0 is 0, but the computer says NaN: leave out the entries where the probability is 0": lambda p, q: (
            -np.sum(p * np.log(p / (p + q))) - np.sum(q * np.log(q / (p + q)))
        ),
        "this is the value of the game; D's loss is its negative": lambda p, q: -_best_loss(p, q),
        "the denominator is p + q, not half of it": lambda p, q: _best_loss(p, q, lambda p, q: (p + q) / 2),
        "this is JSD; the answer should be the loss, log 4 - 2 JSD": lambda p, q: np.log(2) - _best_loss(p, q) / 2,
        "this is 2 JSD; the answer should be the loss, log 4 - 2 JSD": lambda p, q: np.log(4) - _best_loss(p, q),
        "take the natural logarithm": lambda p, q: _best_loss(p, q, log=np.log2),
        "the loss is the sum of its two parts, not their mean": lambda p, q: _best_loss(p, q) / 2,
        "that is the half from the reals; the fakes cost D something too": lambda p, q: (
            -np.sum(p[p > 0] * np.log((p / (p + q))[p > 0]))
        ),
        "the expectations are sums weighted by p and q, not means over the faces": lambda p, q: (
            _best_loss(p, q) / p.size
        ),
    },
)


def _squares(p: np.ndarray, q: np.ndarray, score: Callable | None = None, loss: Callable | None = None) -> tuple:
    s = p / (p + q) if score is None else score(p, q)
    return s, (np.sum(p * (s - 1) ** 2) + np.sum(q * s**2)) / 2 if loss is None else loss(p, q, s)


q2 = Formula(
    right=lambda p, q: _squares(p, q),
    cases=[(_softmax(_rng.standard_normal(5)), _softmax(_rng.standard_normal(5))) for _ in range(2)],
    todo="for each face, find the score s that minimises p (s - 1)^2 / 2 + q s^2 / 2: where is its derivative 0?",
    praise="here the score is the probability itself, and the loss is p q / (2 (p + q)) summed over the faces: no "
    "logarithm anywhere.",
    mistakes={
        "s: that is the best score of the logistic loss; this one is a parabola in s": lambda p, q: _squares(
            p, q, lambda p, q: np.log(p / q)
        ),
        "s: fakes should get 0 and reals 1, so p goes in the numerator": lambda p, q: _squares(
            p, q, lambda p, q: q / (p + q)
        ),
        "s: the derivative is p (s - 1) + q s, and s occurs in it twice": lambda p, q: _squares(
            p, q, lambda p, q: p / q
        ),
        "loss: the factors 1/2 of the squares are missing": lambda p, q: _squares(
            p, q, loss=lambda p, q, s: np.sum(p * (s - 1) ** 2) + np.sum(q * s**2)
        ),
        "loss: it is one number, the sum over the faces": lambda p, q: _squares(
            p, q, loss=lambda p, q, s: (p * (s - 1) ** 2 + q * s**2) / 2
        ),
        "loss: weight the squares by p and q, do not average them over the faces": lambda p, q: _squares(
            p, q, loss=lambda p, q, s: (np.mean((s - 1) ** 2) + np.mean(s**2)) / 2
        ),
        "loss: reals should get 1, fakes 0; the targets are swapped": lambda p, q: _squares(
            p, q, loss=lambda p, q, s: (np.sum(p * s**2) + np.sum(q * (s - 1) ** 2)) / 2
        ),
    },
    names=("s", "loss"),
)
q3 = Formula(
    right=lambda r, f: np.log(2) - (np.mean(_softplus(-r)) + np.mean(_softplus(f))) / 2,
    cases=[
        (_rng.standard_normal(7) + 1, _rng.standard_normal(5) - 1),
        (4 + _rng.standard_normal(7), _rng.standard_normal(5) - 3),
    ],
    todo="compute D's loss from its scores, and solve loss = log 4 - 2 JSD.",
    praise="a D that is not optimal has a larger loss, so this is a lower bound; computed on the samples D was "
    "trained on, it is worthless.",
    mistakes={
        "solve for one JSD: the loss contains it twice": lambda r, f: (
            np.log(4) - np.mean(_softplus(-r)) - np.mean(_softplus(f))
        ),
        "the sign: a smaller loss means a larger divergence": lambda r, f: (
            (np.mean(_softplus(-r)) + np.mean(_softplus(f))) / 2 - np.log(2)
        ),
        "real and fake are swapped: D wants r high and f low": lambda r, f: (
            np.log(2) - (np.mean(_softplus(r)) + np.mean(_softplus(-f))) / 2
        ),
        "take two means, one of the reals and one of the fakes: the batches differ in size": lambda r, f: (
            np.log(2) - np.mean(np.concatenate([_softplus(-r), _softplus(f)]))
        ),
        "this is D's loss; the answer should be the divergence": lambda r, f: (
            np.mean(_softplus(-r)) + np.mean(_softplus(f))
        ),
        "log 4 and log 2 are confused: half of log 4 is log 2": lambda r, f: (
            np.log(4) - (np.mean(_softplus(-r)) + np.mean(_softplus(f))) / 2
        ),
        "half of log 2 is too small: (log 4 - loss) / 2": lambda r, f: (
            (np.log(2) - np.mean(_softplus(-r)) - np.mean(_softplus(f))) / 2
        ),
    },
)
