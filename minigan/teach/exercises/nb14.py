"""Lesson 14, the Wasserstein distance: the earth mover by sorting, the slope of the best critic, and a Lipschitz bound."""

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(14)
N = 6

p1 = Prediction(
    "c",
    a="that is what one would wish for, and what the earth mover's distance does.",
    b="that is the Kullback-Leibler divergence of two bells of the same width. JS cannot grow beyond log 2.",
    c="once nothing is shared, JS is log 2 = 0.693 however far the two are apart: the best D is sure either way.",
    d="that is the Kullback-Leibler divergence of two boxes. JS cannot grow beyond log 2.",
)
p2 = Prediction(
    "c",
    a="the loss alone wants D as steep as can be; it is the clip that stops it.",
    b="true of a single layer. Here three matrices follow each other, and each may be ten times larger.",
    c="the slope is a product of three matrices, and nearly all of their entries stand at the clip: it goes with c³.",
)
p3 = Prediction(
    "b",
    a="its critic cannot show a difference above 1, and the distance is 2; where it saturates, G gets no slope.",
    b="D becomes -D, and both players follow: the same game with another sign in the log.",
    c="G walks down what it should walk up: away from the data.",
    d="reversing both signs turns D into -D, and nothing else changes.",
)

q1 = Formula(
    right=lambda x, y: np.mean(np.abs(np.sort(x) - np.sort(y))),
    cases=[
        (np.array([0.5, -3.0, 4.0, -1.0, 2.0, 1.0]), np.array([0.4, 0.9, -0.7, 1.5, -0.2, 0.1])),
        (_rng.random(N) - 0.5, _rng.random(N)),
        (np.array([2.0, 4.0, 3.0, 9.0, 5.0, 1.0]), np.array([5.0, 0.0, 1.0, 7.0, -3.0, 2.0])),
    ],
    todo="sort both, and carry the first to the first.",
    praise="for squares instead of absolute values the same plan is the cheapest: on a line sorting is best for every convex cost.",
    mistakes={
        "nothing is sorted: this is the cost of one plan, not of the cheapest": lambda x, y: np.mean(np.abs(x - y)),
        "sort both, not only x: the first has to meet the first": lambda x, y: np.mean(np.abs(np.sort(x) - y)),
        "sort both, not only y: the first has to meet the first": lambda x, y: np.mean(np.abs(x - np.sort(y))),
        "one of them is sorted downward: this is the dearest plan": lambda x, y: np.mean(
            np.abs(np.sort(x) - np.sort(y)[::-1])
        ),
        "take the absolute value of each pair, not of their mean: ways to the left and to the right both cost": (
            lambda x, y: abs(np.mean(x - y))
        ),
        "this is the difference of the two means: ways to the left and to the right cancel, and both should cost": (
            lambda x, y: np.mean(x - y)
        ),
        "these are squares, the W2 squared; the earth mover pays the way itself": lambda x, y: np.mean(
            (np.sort(x) - np.sort(y)) ** 2
        ),
        "this is W2, the root of the mean square; the earth mover pays the way itself": lambda x, y: np.sqrt(
            np.mean((np.sort(x) - np.sort(y)) ** 2)
        ),
        "each point carries the mass 1/N: the mean, not the sum": lambda x, y: np.sum(np.abs(np.sort(x) - np.sort(y))),
        "that is the way of the point that goes farthest; take the mean": lambda x, y: np.max(
            np.abs(np.sort(x) - np.sort(y))
        ),
    },
    sizes={"N": N},
)


def _shares(x, y, t):
    return np.mean(x[:, None] <= t, axis=0), np.mean(y[:, None] <= t, axis=0)


def _best(x, y, t):
    F, G = _shares(x, y, t)
    return np.sign(G - F)


def _counted(x, y, t):
    return np.sign(np.sum(y[:, None] <= t, axis=0) - np.sum(x[:, None] <= t, axis=0))


_real, _fake = np.array([-2.1, -1.7, 1.8, 2.2, 2.3]), np.array([-0.4, 0.1, 0.2, 0.5, -0.2, 0.4, 2.6])
_places = np.array([-3.0, -2.0, -1.0, 0.0, 0.15, 1.0, 2.0, 2.25, 2.5, 3.0])

q2 = Formula(
    right=_best,
    cases=[(_real, _fake, _places), (_fake, _real + 0.3, _places), (_real[:3], 0.5 - _fake, _places)],
    todo="F at the places t is np.mean(x[:, None] <= t, axis=0): the share of the real points to the left.",
    praise="add it up over t and you have the best critic itself, up to a constant that no loss can see.",
    mistakes={
        "the sign is reversed: D has to rise towards the data, where more fakes than data lie to the left": (
            lambda x, y, t: -_best(x, y, t)
        ),
        "this is G - F itself; the slope of the best critic is its sign": lambda x, y, t: (
            _shares(x, y, t)[1] - _shares(x, y, t)[0]
        ),
        "compare shares, not numbers of points: x and y may have different lengths": _counted,
        "this compares with the centre of the data only; there may be data on both sides": lambda x, y, t: np.sign(
            np.mean(x) - t
        ),
        "where the fakes are on average is not enough: look at each place t": lambda x, y, t: np.full(
            len(t), np.sign(np.mean(x) - np.mean(y))
        ),
        "this is 1 or 0; where G < F the critic falls, -1": lambda x, y, t: np.maximum(_best(x, y, t), 0),
    },
)


def _largest(W):
    return np.linalg.svd(W, compute_uv=False).max()


def _product(of, matrices):
    return float(np.prod([of(W) for W in matrices]))


def _layers():
    return [_rng.standard_normal(shape) for shape in ((3, 5), (5, 4), (4, 1))]


q3 = Formula(
    right=lambda matrices: _product(_largest, matrices),
    cases=[(_layers(),), (_layers(),), (_layers()[:2],)],
    todo="the largest singular value of each matrix, and then?",
    praise="over many layers the product of bounds lies far above the true slope: penalties measure the slope itself.",
    mistakes={
        "the stretches multiply; they do not add": lambda matrices: sum(_largest(W) for W in matrices),
        "every layer may stretch, not only the one that stretches most": lambda matrices: max(map(_largest, matrices)),
        "this is the root of the sum of squares (Frobenius), in which all singular values count; only the largest does": (
            lambda matrices: _product(np.linalg.norm, matrices)
        ),
        "this takes the largest entry; a matrix of small entries can stretch a lot": lambda matrices: _product(
            lambda W: np.abs(W).max(), matrices
        ),
        "this is the sum of the singular values; only the largest counts": lambda matrices: _product(
            lambda W: np.linalg.svd(W, compute_uv=False).sum(), matrices
        ),
        "this takes the smallest singular value; the bound needs the largest": lambda matrices: _product(
            lambda W: np.linalg.svd(W, compute_uv=False).min(), matrices
        ),
        "this is the stretch of the product, of a D without LeakyReLUs; the bound is the product of the stretches": (
            lambda matrices: _largest(np.linalg.multi_dot(matrices))
        ),
        "it is squared: these are eigenvalues of W'W, the squares of the singular values": lambda matrices: _product(
            lambda W: _largest(W) ** 2, matrices
        ),
    },
)
