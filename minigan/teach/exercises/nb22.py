"""Lesson 22, the article: the slope of its listing's loss, G against a D proportional to p, and D's verdict in one number."""

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(22)

p1 = Prediction(
    "b",
    a="so it would be against p / (p + q), which is 1/2 on every face of a perfect G. The article's D does not know q.",
    b="its loss is the mean of -log(c p), least if all fakes stand where p is largest. Nothing tells it that they crowd there.",
    c="every face has another cost, so the shares cannot come to rest alike; the cheapest face takes all.",
)
p2 = Prediction(
    "c",
    a="that would be the answer of a loss that rewards doubt. This one is smallest where one number is 1.",
    b="so it would be if each noise had numbers of its own. They share their weights, and the most frequent winner pulls the others along.",
    c="each answer is pushed to be surer of itself, and through the shared weights the most frequent winner wins everywhere.",
    d="the place has no slope, but the value that stands there has one.",
)
p3 = Prediction(
    "c",
    a="differences ask whether a slope is that of the reported value. Three of the four values are wrong, and their slopes belong to them.",
    b="the listing's loss has the right slope of its value, argmax and all: where the largest stays the largest, the differences agree.",
    c="there the value in the log moves with D's weights, and the gradient says 0. The other three are right gradients of a wrong idea.",
    d="one reports a loss whose slope is not 0 and hands the optimizer a 0.",
)


def _softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _winner(f):
    return np.eye(f.shape[1])[f.argmax(axis=1)]


def _listing(a, factor=lambda top: top / (1 + top), toward=None):
    f = _softmax(a)
    top = f.max(axis=1, keepdims=True)
    return factor(top) * ((f - _winner(f)) if toward is None else toward(f)) / len(a)


def _whole_batch(a):
    f = _softmax(a)
    row, column = np.unravel_index(f.argmax(), f.shape)
    top, slope = f[row, column], np.zeros_like(f)
    slope[row] = top / (1 + top) * f[row]
    slope[row, column] -= top / (1 + top)
    return slope


q1 = Formula(
    right=lambda a: _listing(a),
    cases=[(_rng.standard_normal((5, 10)),), (3 * _rng.standard_normal((5, 10)),)],
    todo="softmax first, then the largest of each row; -log(1 + f) has the slope -1 / (1 + f), and the softmax f_m (1 or 0 - f_j).",
    praise="no image and no D stand in it: it pushes every answer towards itself.",
    sizes={"N": 5},
    mistakes={
        "this is the slope in the ten numbers f; it has still to go through the softmax": lambda a: (
            -_winner(_softmax(a)) / (1 + _softmax(a).max(axis=1, keepdims=True)) / len(a)
        ),
        "the other nine move too: the softmax ties all ten together": lambda a: _listing(
            a, toward=lambda f: _winner(f) * (f - 1)
        ),
        "this is the slope of -log f, without the 1: the factor is f / (1 + f)": lambda a: _listing(a, lambda top: 1.0),
        "the factor f of the softmax's slope is missing": lambda a: _listing(a, lambda top: 1 / (1 + top)),
        "the slope of the logarithm is missing: divide by 1 + f": lambda a: _listing(a, lambda top: top),
        "the largest of the whole batch was taken; every row has its own": _whole_batch,
        "the winner's own term is missing: subtract 1 from its f": lambda a: _listing(a, toward=lambda f: f),
    },
)


def _against(a, p, c, cost=lambda q, p, c: -np.log(c * p), mean=lambda q, cost: q @ cost, share=lambda q: q):
    q = _softmax(a)
    value = cost(q, p, c)
    return share(q) * (value - mean(q, value))


_p5, _p3 = _softmax(_rng.standard_normal(5)), _softmax(_rng.standard_normal(3))

q2 = Formula(
    right=lambda a, p, c: _against(a, p, c),
    cases=[(_rng.standard_normal(5), _p5, 0.9), (_rng.standard_normal(3), _p3, 1.1), (np.zeros(5), _p5, 0.7)],
    todo="the cost of a face is -log(c p); then differentiate sum q cost, with dq_k/da_j = q_k (1 or 0 - q_j).",
    praise="and c is in it no longer: however strict such a D is, it sends G to the same face.",
    mistakes={
        "the mean cost has to be taken off: when one share grows, the others shrink": lambda a, p, c: _against(
            a, p, c, mean=lambda q, cost: 0.0
        ),
        "the mean cost is weighed with q; this is the plain mean over the faces": lambda a, p, c: _against(
            a, p, c, mean=lambda q, cost: cost.mean()
        ),
        "the share q of the face is missing as a factor": lambda a, p, c: _against(a, p, c, share=lambda q: 1.0),
        "this is the slope in q; it has still to go through the softmax": lambda a, p, c: -np.log(c * p),
        "this is the minimax loss, log(1 - D): take -log D": lambda a, p, c: _against(
            a, p, c, lambda q, p, c: np.log(1 - c * p)
        ),
        "this is against p / (p + q): the article's D is c p": lambda a, p, c: _against(
            a, p, c, lambda q, p, c: -np.log(p / (p + q))
        ),
        "the logarithm is missing: the cost of a face is -log(c p)": lambda a, p, c: _against(
            a, p, c, lambda q, p, c: -c * p
        ),
        "the shares are p here; G's shares are softmax(a)": lambda a, p, c: p * (-np.log(c * p) + p @ np.log(c * p)),
    },
)


def _pairs(r, f, of):
    return float(np.mean(of(r[:, None] - f)))


q3 = Formula(
    right=lambda r, f: _pairs(r, f, lambda d: (d > 0) + 0.5 * (d == 0)),
    cases=[
        (np.array([0.5, 1.5, -0.5, 2.0, 0.0]), np.array([0.0, -1.0, 1.5, -0.5])),
        (np.array([4.0, 3.0, 5.0]), np.array([3.0, 2.5, 3.5, 4.5, 3.0, 0.5, 2.0])),
        (np.zeros(4), np.zeros(6)),
    ],
    todo="all pairs at once: r[:, None] - f is (N, M); count the positive ones, and half of the zeros.",
    praise="1/2 for a D that cannot tell, whatever the level of its scores; it is what the picture's last title says.",
    mistakes={
        "a tie counts half: here it counts for the fake": lambda r, f: _pairs(r, f, lambda d: d > 0),
        "a tie counts half: here it counts for the real image": lambda r, f: _pairs(r, f, lambda d: d >= 0),
        "turned round: this is how often the fake scores higher": lambda r, f: _pairs(
            r, f, lambda d: (d < 0) + 0.5 * (d == 0)
        ),
        "this is how often D is on the right side of 0; a score's level does not matter, only which is higher": (
            lambda r, f: (np.mean(r > 0) + np.mean(f < 0)) / 2
        ),
        "this is the difference of the means; what is asked is a share of pairs": lambda r, f: r.mean() - f.mean(),
        "only pairs of one index were compared; take every real image with every fake": lambda r, f: np.mean(
            r[: min(len(r), len(f))] > f[: min(len(r), len(f))]
        ),
        "this is the number of pairs; divide by N M": lambda r, f: (
            r.size * f.size * _pairs(r, f, lambda d: (d > 0) + 0.5 * (d == 0))
        ),
        "every pair was asked whether D is sure; what counts is only which score is higher": lambda r, f: _pairs(
            r, f, lambda d: 1 / (1 + np.exp(-d))
        ),
    },
)
