"""Lesson 20, measure, save, ship: an unbiased distance, precision and recall, and a run that resumes bit for bit."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.layers import BatchNorm, Dense, LeakyReLU
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.teach.exercises.exercise import Exercise, Formula, NotWritten, Prediction, require_function

_rng = np.random.default_rng(20)

p1 = Prediction(
    "c",
    a="mean and covariance are estimated from the images, and the distance adds up the squares of both sets' errors.",
    b="an error grows like that; but the distance is made of squared errors, and those grow fourfold.",
    c="squares of errors of size 1 / sqrt(N) add up to c / N. Fewer images look like worse images.",
)
p2 = Prediction(
    "c",
    a="they compare two sets, and no two sets could be more alike than these.",
    b="none of them: the reference is compared with itself, and that is as good as it gets.",
    c="for a measure that compares two sets, a stolen set is the best possible one. Only the distance to the "
    "nearest image reveals it.",
)
p3 = Prediction(
    "c",
    a="the very next step mixes m with the new gradient; without it the step is different.",
    b="t enters Adam's bias corrections, so every later step has a different length.",
    c="in training, BatchNorm uses only its batch. The weights are the same to the bit, and the pictures are not.",
    d="the next batch is a different one, with different gradients.",
)
p4 = Prediction(
    "c",
    a="in one dimension a covariance is one number, and its root is the root of the entry.",
    b="their product is diagonal, and the root of a diagonal matrix is the root of its entries.",
    c="the matrix root differs from the roots of the entries only where the product has off-diagonal entries.",
    d="in one dimension, and for diagonal matrices, the two roots are the same.",
)


# ---- exercise 1 -----------------------------------------------------------------------------------------------------------


def _cubic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _within(x: np.ndarray, kernel: Callable, diagonal: bool = False, count: Callable | None = None) -> float:
    K, n = kernel(x, x), len(x)
    total = K.sum() if diagonal else K.sum() - np.trace(K)
    return total / (n * (n - 1) if count is None else count(n))


def _mmd(a: np.ndarray, b: np.ndarray, kernel: Callable = _cubic, cross: float = 2.0, **within: Any) -> float:
    return _within(a, kernel, **within) + _within(b, kernel, **within) - cross * kernel(a, b).mean()


def _two_sets(n: int, m: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    return _rng.standard_normal((n, d)), 0.6 + 1.3 * _rng.standard_normal((m, d))


q1 = Formula(
    right=lambda a, b: _mmd(a, b),
    cases=[_two_sets(5, 7, 3), _two_sets(4, 3, 2), _two_sets(6, 5, 4)],
    todo="write the kernel for all pairs at once, (a @ b.T / d + 1)**3; then the three means, two of them without "
    "the diagonal.",
    praise="it is right on average with as few as two samples, and therefore sometimes below 0.",
    mistakes={
        "the diagonal is left in: a sample's similarity to itself is the bias; leave the pairs (i, i) out": lambda a, b: (
            _mmd(a, b, diagonal=True, count=lambda n: n * n)
        ),
        "the diagonal is left out of the sum but not out of the count: there are N (N - 1) pairs": lambda a, b: _mmd(
            a, b, count=lambda n: n * n
        ),
        "the diagonal is left out of the count but not out of the sum": lambda a, b: _mmd(a, b, diagonal=True),
        "the mean between a and b counts twice: it is the cross term of a square": lambda a, b: _mmd(a, b, cross=1.0),
        "subtract the mean between a and b: similar points in both sets make the distance small": (
            lambda a, b: _mmd(a, b, cross=-2.0)
        ),
        "divide the inner product by the number of features, d": lambda a, b: _mmd(
            a, b, lambda x, y: (x @ y.T + 1) ** 3
        ),
        "the kernel is cubic; this is the square": lambda a, b: _mmd(
            a, b, lambda x, y: (x @ y.T / x.shape[1] + 1) ** 2
        ),
        "the 1 in the kernel is missing: without it the lower moments have no effect": lambda a, b: _mmd(
            a, b, lambda x, y: (x @ y.T / x.shape[1]) ** 3
        ),
        "this is the root; the answer should be the squared distance, which may be below 0": lambda a, b: np.sqrt(
            np.maximum(_mmd(a, b), 0)
        ),
    },
)


# ---- exercise 2 -----------------------------------------------------------------------------------------------------------


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.norm(a[:, None] - b, axis=2)


def _radii(x: np.ndarray, k: int) -> np.ndarray:
    return np.sort(_distances(x, x), axis=1)[:, k]


def _precision(real: np.ndarray, fake: np.ndarray, k: int) -> float:
    return float(np.mean((_distances(real, fake) <= _radii(real, k)[:, None]).any(axis=0)))


def _recall(real: np.ndarray, fake: np.ndarray, k: int) -> float:
    return _precision(fake, real, k)


def _coverage(real: np.ndarray, fake: np.ndarray, k: int) -> float:
    return float(np.mean((_distances(real, fake) <= _radii(real, k)[:, None]).any(axis=1)))


def _density(real: np.ndarray, fake: np.ndarray, k: int) -> float:
    return np.mean((_distances(real, fake) <= _radii(real, k)[:, None]).sum(axis=0)) / k


def _balls_with_a_point(real: np.ndarray, fake: np.ndarray, k: int) -> tuple[float, float]:
    """The shares of the balls of each set that contain a point of the other set."""
    inside = _distances(real, fake) <= _radii(fake, k)
    reached = _distances(real, fake) <= _radii(real, k)[:, None]
    return float(np.mean(inside.any(axis=0))), float(np.mean(reached.any(axis=1)))


def _clouds(n: int, m: int, k: int) -> tuple[np.ndarray, np.ndarray, int]:
    real = _rng.standard_normal((n, 2))
    fake = np.concatenate([0.5 * _rng.standard_normal((m - 4, 2)), 2.5 + 0.7 * _rng.standard_normal((4, 2))])
    return real, fake, k


q2 = Formula(
    right=lambda real, fake, k: (_precision(real, fake, k), _recall(real, fake, k)),
    cases=[_clouds(17, 13, 2), _clouds(15, 19, 1), _clouds(21, 16, 3)],
    todo="first the radius of each ball: sort the distances of a point to all points of its own set; the first of "
    "them is 0, to itself.",
    praise="precision asks whether the pictures are good, recall whether all kinds are there; one without the other "
    "is easy to get.",
    mistakes={
        "precision and recall are swapped: precision is a share of the fakes, in balls of the reals": (
            lambda real, fake, k: (_recall(real, fake, k), _precision(real, fake, k))
        ),
        "each point is counted as its own first neighbour: the k-th is at index k of the sorted distances": (
            lambda real, fake, k: (_precision(real, fake, k - 1), _recall(real, fake, k - 1))
        ),
        "the balls reach one neighbour too far: the point itself is at index 0": lambda real, fake, k: (
            _precision(real, fake, k + 1),
            _recall(real, fake, k + 1),
        ),
        "recall: this is coverage; recall uses the balls of the fakes": lambda real, fake, k: (
            _precision(real, fake, k),
            _coverage(real, fake, k),
        ),
        "precision: this is density, which counts balls; a fake counts once, however many balls contain it": (
            lambda real, fake, k: (_density(real, fake, k), _recall(real, fake, k))
        ),
        "this asks which balls contain a point; the shares are those of points that lie in a ball of the other set": (
            lambda real, fake, k: _balls_with_a_point(real, fake, k)
        ),
    },
    names=("precision", "recall"),
)


# ---- exercise 3 -----------------------------------------------------------------------------------------------------------


def _run(seed: int) -> tuple[Sequential, Adam, np.random.Generator]:
    G = Sequential(Dense(3, 6), BatchNorm(6), LeakyReLU(0.2), Dense(6, 2), rng=seed, dtype=np.float64)
    return G, Adam(G, 1e-2), np.random.default_rng(seed)


def _train(G: Sequential, opt: Adam, rng: np.random.Generator, n: int) -> None:
    for _ in range(n):
        y, caches = G.forward(rng.standard_normal((5, 3)))
        G.backward(y - 1.0, caches, need_dx=False)
        opt.step()


def _vectors(G: Sequential, opt: Adam) -> dict[str, np.ndarray]:
    return {"theta": G.theta, "state": G.state, **{slot: getattr(opt, slot) for slot in opt.slots}}  # slots: m, v


NOT_RESTORED = {
    "theta": "G's weights are not those in the file: copy arrays['theta'] into G.theta",
    "state": "the running statistics of BatchNorm, G.state, are not restored: the steps will be the same and the "
    "pictures will not",
    "m": "Adam's m is not the one in the file",
    "v": "Adam's v is not the one in the file: with v at 0 and t large the first step would be huge",
}


def _resumed(answer: Callable) -> str | None:
    """Examine a function that restores a run from what a checkpoint holds."""
    require_function(answer, lambda G, opt, rng, arrays, meta: None)
    G, opt, rng = _run(1)
    _train(G, opt, rng, 7)
    arrays = {name: vector.copy() for name, vector in _vectors(G, opt).items()}
    meta = {"t": opt.t, "rng": rng.bit_generator.state}
    kept, kept_meta = copy.deepcopy((arrays, meta))

    H, opt_H, rng_H = _run(2)
    before = copy.deepcopy((_vectors(H, opt_H), opt_H.t, rng_H.bit_generator.state))
    answer(H, opt_H, rng_H, arrays, meta)
    now = _vectors(H, opt_H)
    untouched = all(np.array_equal(now[name], before[0][name]) for name in now)
    if untouched and opt_H.t == before[1] and rng_H.bit_generator.state == before[2]:
        raise NotWritten
    layers: Any = H.layers
    if not np.shares_memory(H.theta, layers[0].W) or not np.shares_memory(H.state, layers[1].running_mean):
        return (
            "the name refers to a new array, but the layers still use their views of the old one: write into it, "
            "G.theta[...] = arrays['theta']"
        )
    if np.array_equal(now["m"], kept["v"]) and np.array_equal(now["v"], kept["m"]):
        return "m and v are swapped"
    for name, words in NOT_RESTORED.items():
        if not np.array_equal(now[name], kept[name]):
            return words
    if opt_H.t != kept_meta["t"]:
        return "Adam's t is not restored: it would correct its moments as if this were its first step"
    if rng_H.bit_generator.state != kept_meta["rng"]:
        return (
            "the generator's state is not restored: rng.bit_generator.state = meta['rng']; assigning a new generator "
            "to a name inside the function changes nothing outside"
        )
    _train(G, opt, rng, 3)
    _train(H, opt_H, rng_H, 3)
    return (
        None if np.array_equal(G.theta, H.theta) else "everything is restored, but the next steps give different bits"
    )


q3 = Exercise(
    todo="there are six things: four vectors to copy in place, one number, and the state of the generator.",
    praise="bit for bit; and that is the only test of a checkpoint worth having.",
    examine=_resumed,
)
