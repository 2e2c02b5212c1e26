"""Lesson 22, the article: the gradient of its listing's loss, G against a D proportional to p, and D's verdict as one number."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(22)

p1 = Prediction(
    "b",
    a="that is true against p / (p + q), which is 1/2 on every face of a perfect G. The article's D does not know q.",
    b="its loss is the mean of -log(c p), smallest if all fakes are where p is largest. Nothing penalises that "
    "they crowd there.",
    c="every face has a different cost, so the shares cannot settle at equal values; the cheapest face takes all.",
)
p2 = Prediction(
    "c",
    a="that would be the answer of a loss that rewards doubt. This one is smallest where one number is 1.",
    b="that would be so if each noise vector had its own ten numbers. They share the weights, and the most "
    "frequent winner pulls the others along.",
    c="each answer is pushed to be more certain, and through the shared weights the most frequent winner wins "
    "everywhere.",
    d="the position has no derivative, but the value at that position has one.",
)
p3 = Prediction(
    "c",
    a="differences ask whether a gradient belongs to the reported value. Three of the four values are wrong, "
    "and their gradients belong to them.",
    b="the listing's loss has the right gradient of its value, argmax and all: as long as the largest stays the "
    "largest, the differences agree.",
    c="the value in that log changes with D's weights, and the gradient says 0. The other three are right "
    "gradients of a wrong idea.",
    d="one reports a loss whose gradient is not 0 and gives the optimizer a 0.",
)


def _softmax(a: np.ndarray) -> np.ndarray:
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _winner(f: np.ndarray) -> np.ndarray:
    return np.eye(f.shape[1])[f.argmax(axis=1)]


def _listing(
    a: np.ndarray, factor: Callable = lambda top: top / (1 + top), toward: Callable | None = None
) -> np.ndarray:
    f = _softmax(a)
    top = f.max(axis=1, keepdims=True)
    return factor(top) * ((f - _winner(f)) if toward is None else toward(f)) / len(a)


def _one_winner(a: np.ndarray) -> np.ndarray:
    """The gradient if the largest of the batch is taken, not of each row."""
    f = _softmax(a)
    row, column = np.unravel_index(f.argmax(), f.shape)
    top, da = f[row, column], np.zeros_like(f)
    da[row] = top / (1 + top) * f[row]
    da[row, column] -= top / (1 + top)
    return da


q1 = Formula(
    right=lambda a: _listing(a),
    cases=[(_rng.standard_normal((5, 10)),), (3 * _rng.standard_normal((5, 10)),)],
    todo="softmax first, then the largest of each row; -log(1 + f) has the derivative -1 / (1 + f), and the "
    "softmax f_m (1 or 0 - f_j).",
    praise="it contains no image and no D: it pushes every answer towards itself.",
    sizes={"N": 5},
    mistakes={
        "this is the gradient in the ten numbers f; it still has to go through the softmax": lambda a: (
            -_winner(_softmax(a)) / (1 + _softmax(a).max(axis=1, keepdims=True)) / len(a)
        ),
        "the other nine change too: the softmax ties all ten together": lambda a: _listing(
            a, toward=lambda f: _winner(f) * (f - 1)
        ),
        "this is the gradient of -log f, without the 1: the factor is f / (1 + f)": lambda a: _listing(
            a, lambda top: 1.0
        ),
        "the factor f of the softmax's derivative is missing": lambda a: _listing(a, lambda top: 1 / (1 + top)),
        "the derivative of the logarithm is missing: divide by 1 + f": lambda a: _listing(a, lambda top: top),
        "you took the largest of the whole batch; every row has its own": _one_winner,
        "the winner's own term is missing: subtract 1 from its f": lambda a: _listing(a, toward=lambda f: f),
    },
)


def _against(
    a: np.ndarray,
    p: np.ndarray,
    c: float,
    cost: Callable = lambda q, p, c: -np.log(c * p),
    mean: Callable = lambda q, cost: q @ cost,
    share: Callable = lambda q: q,
) -> np.ndarray:
    """The gradient in a; the last three parameters replace a factor by a mistake."""
    q = _softmax(a)
    value = cost(q, p, c)
    return share(q) * (value - mean(q, value))


_p5, _p3 = _softmax(_rng.standard_normal(5)), _softmax(_rng.standard_normal(3))

q2 = Formula(
    right=lambda a, p, c: _against(a, p, c),
    cases=[(_rng.standard_normal(5), _p5, 0.9), (_rng.standard_normal(3), _p3, 1.1), (np.zeros(5), _p5, 0.7)],
    todo="the cost of a face is -log(c p); then differentiate sum q cost, with dq_k/da_j = q_k (1 or 0 - q_j).",
    praise="and c has dropped out: however strict such a D is, it sends G to the same face.",
    mistakes={
        "subtract the mean cost: when one share grows, the others shrink": lambda a, p, c: _against(
            a, p, c, mean=lambda q, cost: 0.0
        ),
        "weight the mean cost by q; this is the plain mean over the faces": lambda a, p, c: _against(
            a, p, c, mean=lambda q, cost: cost.mean()
        ),
        "the factor q, the share of the face, is missing": lambda a, p, c: _against(a, p, c, share=lambda q: 1.0),
        "this is the gradient in q; it still has to go through the softmax": lambda a, p, c: -np.log(c * p),
        "this is the minimax loss, log(1 - D): take -log D": lambda a, p, c: _against(
            a, p, c, lambda q, p, c: np.log(1 - c * p)
        ),
        "this is against p / (p + q): the article's D is c p": lambda a, p, c: _against(
            a, p, c, lambda q, p, c: -np.log(p / (p + q))
        ),
        "the logarithm is missing: the cost of a face is -log(c p)": lambda a, p, c: _against(
            a, p, c, lambda q, p, c: -c * p
        ),
        "here the shares are p; G's shares are softmax(a)": lambda a, p, c: p * (-np.log(c * p) + p @ np.log(c * p)),
    },
)


def _pairs(r: np.ndarray, f: np.ndarray, count: Callable) -> float:
    return float(np.mean(count(r[:, None] - f)))


q3 = Formula(
    right=lambda r, f: _pairs(r, f, lambda d: (d > 0) + 0.5 * (d == 0)),
    cases=[
        (np.array([0.5, 1.5, -0.5, 2.0, 0.0]), np.array([0.0, -1.0, 1.5, -0.5])),
        (np.array([4.0, 3.0, 5.0]), np.array([3.0, 2.5, 3.5, 4.5, 3.0, 0.5, 2.0])),
        (np.zeros(4), np.zeros(6)),
    ],
    todo="take all pairs at once: r[:, None] - f is (N, M); count the positive ones, and half of the zeros.",
    praise="it is 1/2 for a D that cannot tell, whatever the level of its scores; it is the number in the title of "
    "the last picture.",
    mistakes={
        "a tie counts half: here it counts for the fake": lambda r, f: _pairs(r, f, lambda d: d > 0),
        "a tie counts half: here it counts for the real image": lambda r, f: _pairs(r, f, lambda d: d >= 0),
        "the other way round: this is how often the fake scores higher": lambda r, f: _pairs(
            r, f, lambda d: (d < 0) + 0.5 * (d == 0)
        ),
        "this is how often D is on the right side of 0; a score's level does not matter, only which is higher": (
            lambda r, f: (np.mean(r > 0) + np.mean(f < 0)) / 2
        ),
        "this is the difference of the means; the answer should be a share of pairs": lambda r, f: r.mean() - f.mean(),
        "only pairs with the same index were compared; compare every real image with every fake": lambda r, f: np.mean(
            r[: min(len(r), len(f))] > f[: min(len(r), len(f))]
        ),
        "this is the number of pairs; divide by N M": lambda r, f: (
            r.size * f.size * _pairs(r, f, lambda d: (d > 0) + 0.5 * (d == 0))
        ),
        "here each pair counts by how certain D is; it only matters which score is higher": lambda r, f: _pairs(
            r, f, lambda d: 1 / (1 + np.exp(-d))
        ),
    },
)
