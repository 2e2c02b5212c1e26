"""Lesson 14, the Wasserstein distance: computed by sorting, the derivative of the best critic, and a Lipschitz bound."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(14)
N = 6

p1 = Prediction(
    "c",
    a="that is what one would want, and what the earth mover's distance does.",
    b="that is the Kullback-Leibler divergence of two Gaussians of the same width. JSD cannot grow beyond log 2.",
    c="once nothing overlaps, JSD is log 2 = 0.693 however far apart the two are: the best D is certain either way.",
    d="that is the Kullback-Leibler divergence of two uniform distributions. JSD cannot grow beyond log 2.",
)
p2 = Prediction(
    "c",
    a="the loss alone wants D as steep as possible; the clip limits it.",
    b="true of a single layer. Here there are three matrices in sequence, and each may be ten times larger.",
    c="the gradient is a product of three matrices, and nearly all of their entries are at the clip: it grows as c³.",
)
p3 = Prediction(
    "b",
    a="its critic cannot show a difference above 1, and the distance is 2; where it saturates, G gets no gradient.",
    b="D becomes -D, and both players follow: the same game with the opposite sign in the log.",
    c="G descends where it should ascend: away from the data.",
    d="reversing both signs turns D into -D, and nothing else changes.",
)

q1 = Formula(
    right=lambda x, y: np.mean(np.abs(np.sort(x) - np.sort(y))),
    cases=[
        (np.array([0.5, -3.0, 4.0, -1.0, 2.0, 1.0]), np.array([0.4, 0.9, -0.7, 1.5, -0.2, 0.1])),
        (_rng.random(N) - 0.5, _rng.random(N)),
        (np.array([2.0, 4.0, 3.0, 9.0, 5.0, 1.0]), np.array([5.0, 0.0, 1.0, 7.0, -3.0, 2.0])),
    ],
    todo="sort both, and move the first to the first, the second to the second, and so on.",
    praise="with squares instead of absolute values the same plan is the cheapest: on a line, sorting is best for "
    "every convex cost.",
    mistakes={
        "nothing is sorted: this is the cost of some plan, not of the cheapest one": lambda x, y: np.mean(
            np.abs(x - y)
        ),
        "sort both, not only x: the first goes to the first": lambda x, y: np.mean(np.abs(np.sort(x) - y)),
        "sort both, not only y: the first goes to the first": lambda x, y: np.mean(np.abs(x - np.sort(y))),
        "one of them is sorted in descending order: this is the most expensive plan": lambda x, y: np.mean(
            np.abs(np.sort(x) - np.sort(y)[::-1])
        ),
        "take the absolute value of each difference, not of their mean: moves to the left and to the right both cost": (
            lambda x, y: abs(np.mean(x - y))
        ),
        "this is the difference of the two means: moves to the left and to the right cancel, but both should cost": (
            lambda x, y: np.mean(x - y)
        ),
        "these are squares, the square of W2; the earth mover's distance takes the distances themselves": lambda x, y: (
            np.mean((np.sort(x) - np.sort(y)) ** 2)
        ),
        "this is W2, the root of the mean square; the earth mover's distance takes the distances themselves": lambda x, y: (
            np.sqrt(np.mean((np.sort(x) - np.sort(y)) ** 2))
        ),
        "each point has the mass 1/N: the mean, not the sum": lambda x, y: np.sum(np.abs(np.sort(x) - np.sort(y))),
        "that is the distance of the point that moves farthest; take the mean": lambda x, y: np.max(
            np.abs(np.sort(x) - np.sort(y))
        ),
    },
    sizes={"N": N},
)


def _shares(x: np.ndarray, y: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.mean(x[:, None] <= t, axis=0), np.mean(y[:, None] <= t, axis=0)


def _best_derivative(x: np.ndarray, y: np.ndarray, t: np.ndarray) -> np.ndarray:
    F, G = _shares(x, y, t)
    return np.sign(G - F)


def _from_counts(x: np.ndarray, y: np.ndarray, t: np.ndarray) -> np.ndarray:
    return np.sign(np.sum(y[:, None] <= t, axis=0) - np.sum(x[:, None] <= t, axis=0))


_real, _fake = np.array([-2.1, -1.7, 1.8, 2.2, 2.3]), np.array([-0.4, 0.1, 0.2, 0.5, -0.2, 0.4, 2.6])
_places = np.array([-3.0, -2.0, -1.0, 0.0, 0.15, 1.0, 2.0, 2.25, 2.5, 3.0])

q2 = Formula(
    right=_best_derivative,
    cases=[(_real, _fake, _places), (_fake, _real + 0.3, _places), (_real[:3], 0.5 - _fake, _places)],
    todo="F at the positions t is np.mean(x[:, None] <= t, axis=0): the share of the real points to the left.",
    praise="integrate it over t and you have the best critic itself, up to a constant that the loss cannot see.",
    mistakes={
        "the sign is reversed: D has to rise towards the data, where more fakes than data lie to the left": (
            lambda x, y, t: -_best_derivative(x, y, t)
        ),
        "this is G - F itself; the derivative of the best critic is its sign": lambda x, y, t: (
            _shares(x, y, t)[1] - _shares(x, y, t)[0]
        ),
        "compare shares, not numbers of points: x and y may have different lengths": _from_counts,
        "this compares with the centre of the data only; there may be data on both sides": lambda x, y, t: np.sign(
            np.mean(x) - t
        ),
        "the average position of the fakes is not enough: look at each position t": lambda x, y, t: np.full(
            len(t), np.sign(np.mean(x) - np.mean(y))
        ),
        "this is 1 or 0; where G < F the critic falls, -1": lambda x, y, t: np.maximum(_best_derivative(x, y, t), 0),
    },
)


def _largest_singular_value(W: np.ndarray) -> float:
    return np.linalg.svd(W, compute_uv=False).max()


def _product(norm: Callable, matrices: list[np.ndarray]) -> float:
    return float(np.prod([norm(W) for W in matrices]))


def _layers() -> list[np.ndarray]:
    return [_rng.standard_normal(shape) for shape in ((3, 5), (5, 4), (4, 1))]


q3 = Formula(
    right=lambda matrices: _product(_largest_singular_value, matrices),
    cases=[(_layers(),), (_layers(),), (_layers()[:2],)],
    todo="take the largest singular value of each matrix; how do they combine?",
    praise="over many layers the product of bounds is far above the true norm of the gradient: penalties measure the "
    "gradient itself.",
    mistakes={
        "the norms multiply; they do not add": lambda matrices: sum(_largest_singular_value(W) for W in matrices),
        "every layer may stretch its input, not only the one that stretches most": lambda matrices: max(
            map(_largest_singular_value, matrices)
        ),
        "this is the root of the sum of squares (Frobenius), which counts all singular values; only the largest "
        "one counts": (lambda matrices: _product(np.linalg.norm, matrices)),
        "this takes the largest entry; a matrix of small entries can stretch a lot": lambda matrices: _product(
            lambda W: np.abs(W).max(), matrices
        ),
        "this is the sum of the singular values; only the largest counts": lambda matrices: _product(
            lambda W: np.linalg.svd(W, compute_uv=False).sum(), matrices
        ),
        "this takes the smallest singular value; the bound needs the largest": lambda matrices: _product(
            lambda W: np.linalg.svd(W, compute_uv=False).min(), matrices
        ),
        "this is the norm of the product, of a D without LeakyReLUs; the bound is the product of the norms": (
            lambda matrices: _largest_singular_value(np.linalg.multi_dot(matrices))
        ),
        "it is squared: these are eigenvalues of W'W, the squares of the singular values": lambda matrices: _product(
            lambda W: _largest_singular_value(W) ** 2, matrices
        ),
    },
)
