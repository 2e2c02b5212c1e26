"""Lesson 6, a discriminator alone: the log ratio of two Gaussians, unequal batches, and fakes reweighted to reals."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(6)

p1 = Prediction(
    "b",
    a="it would if no fake ever came there. But one in 30,000 lies beyond 3, and once D is too sure, that one "
    "costs it more than all the reals there gain.",
    b="the best score is log p/q, a finite number that depends on the two densities and not on how long D is trained.",
    c="a probability is at most 1; the score is its logit and has no bounds.",
)
p2 = Prediction(
    "c",
    a="that would be about -23; but D has never seen a point beyond about 6.",
    b="doubt would be wise, but nothing in the loss asks for it where there is no data.",
    c="a network of LeakyReLUs is piecewise linear, and beyond the last kink the last piece continues for ever.",
)
p3 = Prediction(
    "b",
    a="that is the best for densities that overlap. Forty points do not overlap: no fake is exactly where a real is.",
    b="it can draw a boundary between any two of the forty points, and the more certain its scores, the lower the loss.",
    c="that is a D which cannot tell; this one learns all forty by heart.",
)
p4 = Prediction(
    "c",
    a="this check detects that bug most clearly: the sign of the whole score is wrong.",
    b="this check detects that bug: the score no longer stops at log p/q.",
    c="N times the gradient points the same way and vanishes at the same place. Adam even divides the factor out.",
    d="it misses one: a check of where training ends cannot see a change in how it gets there.",
)


def _log_gaussian(x: np.ndarray, mean: float, std: float) -> np.ndarray:
    return -np.log(std) - (x - mean) ** 2 / (2 * std**2)


q1 = Formula(
    right=lambda x, mean_p, std_p, mean_q, std_q: _log_gaussian(x, mean_p, std_p) - _log_gaussian(x, mean_q, std_q),
    cases=[
        (_rng.standard_normal(5), 0.4, 0.6, -1.1, 1.7),
        (3 * _rng.standard_normal(5), -0.3, 2.5, 0.8, 0.9),
    ],
    todo="write down the logarithm of one Gaussian density; the two factors sqrt(2 pi) cancel in the difference.",
    praise="for equal widths the squares cancel and a straight line is left: then a single Dense layer is the best D "
    "there is.",
    mistakes={
        "the widths do not cancel: each density has its 1/std in front": lambda x, mp, sp, mq, sq: (
            -((x - mp) ** 2) / (2 * sp**2) + (x - mq) ** 2 / (2 * sq**2)
        ),
        "the factor 1/2 in the exponent is missing": lambda x, mp, sp, mq, sq: (
            2 * _log_gaussian(x, mp, sp) + np.log(sp) - 2 * _log_gaussian(x, mq, sq) - np.log(sq)
        ),
        "the exponent is divided by the variance, std squared": lambda x, mp, sp, mq, sq: (
            -np.log(sp) - (x - mp) ** 2 / (2 * sp) + np.log(sq) + (x - mq) ** 2 / (2 * sq)
        ),
        "the factor in front is 1/std, not 1/variance": lambda x, mp, sp, mq, sq: (
            _log_gaussian(x, mp, sp) - np.log(sp) - _log_gaussian(x, mq, sq) + np.log(sq)
        ),
        "log std has the wrong sign: the wider density is the lower one": lambda x, mp, sp, mq, sq: (
            _log_gaussian(x, mp, sp) + 2 * np.log(sp) - _log_gaussian(x, mq, sq) - 2 * np.log(sq)
        ),
        "this is q over p: real belongs in the numerator": lambda x, mp, sp, mq, sq: (
            _log_gaussian(x, mq, sq) - _log_gaussian(x, mp, sp)
        ),
        "this is the ratio itself; the score is its logarithm": lambda x, mp, sp, mq, sq: np.exp(
            _log_gaussian(x, mp, sp) - _log_gaussian(x, mq, sq)
        ),
        "this is the probability p / (p + q); the score is its logit, log p/q": lambda x, mp, sp, mq, sq: (
            1 / (1 + np.exp(_log_gaussian(x, mq, sq) - _log_gaussian(x, mp, sp)))
        ),
    },
)
q2 = Formula(
    right=lambda s, n_real, n_fake: s - np.log(n_real / n_fake),
    cases=[(_rng.standard_normal(5), 64, 192), (_rng.standard_normal(5), 100, 10)],
    todo="at the best score the two pulls at x balance: n_real p sigmoid(-s) = n_fake q sigmoid(s); solve for p/q.",
    praise="a prior is a constant in the score, and constants do not move G: only D's gradient does.",
    mistakes={
        "the sign: with few reals D says 'fake' too often, so the correction raises the score": lambda s, a, b: (
            s + np.log(a / b)
        ),
        "take the logarithm of the ratio: the score is a logarithm too": lambda s, a, b: s - a / b,
        "a ratio of probabilities is divided by the prior ratio; its logarithm is shifted": lambda s, a, b: s * b / a,
        "the share of reals in the batch is a probability; a logit is shifted by a logit, log(n_real / n_fake)": lambda s, a, b: (
            s - np.log(a / (a + b))
        ),
        "nothing was corrected: this is right only for equal numbers": lambda s, a, b: s,
    },
)


def _weighted_mean(h: np.ndarray, s: np.ndarray, weight: Callable = np.exp) -> float:
    w = weight(s - s.max())
    return np.sum(w * h) / np.sum(w)


q3 = Formula(
    right=lambda h, s: _weighted_mean(h, s),
    cases=[
        (_rng.standard_normal(7), _rng.standard_normal(7)),
        (_rng.standard_normal(7), 2 * _rng.standard_normal(7) - 1),
        (np.array([1.0, 2.0, 5.0]), np.array([800.0, 801.0, -900.0])),
    ],
    todo="each fake gets the weight exp(s); take the weighted mean of h, divided by the sum of the weights.",
    praise="this is importance sampling; if a few weights make up most of the sum, the mean depends on those few samples.",
    mistakes={
        "exp(s) overflows for large s: subtract the largest score first; this does not change the weighted mean": lambda h, s: (
            np.sum(np.exp(s) * h) / np.sum(np.exp(s))
        ),
        "the weights have to add up to 1: divide by their sum, not by N": lambda h, s: np.mean(np.exp(s) * h),
        "divide by the sum of the weights, not by N": lambda h, s: np.mean(np.exp(s - s.max()) * h),
        "the weight is p/q = exp(s); the sigmoid is p / (p + q)": lambda h, s: (
            np.sum(h / (1 + np.exp(-s))) / np.sum(1 / (1 + np.exp(-s)))
        ),
        "the weight is exp(s), not s": lambda h, s: np.sum(s * h) / np.sum(s),
        "these weights are q/p: the other way round": lambda h, s: _weighted_mean(h, -s),
        "this is the plain mean over the fakes: there are no weights": lambda h, s: np.mean(h),
    },
)
