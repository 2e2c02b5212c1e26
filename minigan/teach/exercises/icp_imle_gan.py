"""Lesson 21, ICP, IMLE, GAN: a weighted rigid motion, a motion with a scale, and matching in both directions."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(21)

p1 = Prediction(
    "b",
    a="a better partner is the nearest one from the cloud's new position, and that can be wrong again and again.",
    b="those rotated by less than about seventy degrees one way or about ninety the other. All others end in a "
    "local minimum.",
    c="it takes far less: at 60 degrees most first partners are wrong, but on the whole they pull the right way.",
)
p2 = Prediction(
    "c",
    a="a data point that is nobody's nearest neighbour does not occur in this loss. The other loss asks for "
    "each of them.",
    b="the loss would be content with that too. But the samples between two stars are pulled together with "
    "their neighbours, and nothing ever pulls them apart.",
    c="each sample is perfect there. The loss has no term for the other six stars, so it never misses them.",
)
p3 = Prediction(
    "b",
    a="each data point pulls on one sample. Most samples receive no gradient and stay where they happen to be.",
    b="D lowers its score wherever there are fakes and no data, so every such fake gets a gradient. Its bridges "
    "are thin lines.",
    c="both have bridges, as any continuous G has; but IMLE has no reason to make them thin, and the GAN has.",
)
p4 = Prediction(
    "b",
    a="value and gradient have changed together: it is the right gradient of another loss, and differences "
    "agree with it.",
    b="someone has to count independently; differences only see whether gradient and value belong together.",
    c="the gradient is that of the distance to the farthest point, and so is the value. Differences find nothing wrong.",
)


# ---- exercise 1 -------------------------------------------------------------------------------------------------------


def _motion(
    y: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    means: str | None = None,
    in_h: Callable = lambda w: w,
    det: bool = True,
    corner: tuple[int, int] = (0, 1),
    transposed: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """R and t; the last five parameters each make a mistake."""
    w = w[:, None] / w.sum()
    even = np.full_like(w, 1 / len(w))
    m = even if means == "plain" else w
    y0, x0 = ((m * y).sum(axis=0), (m * x).sum(axis=0)) if means != "none" else (np.zeros(2), np.zeros(2))
    U, _, Vt = np.linalg.svd((in_h(w) * (y - y0)).T @ (x - x0))
    sign = np.linalg.det(Vt.T @ U.T) if det else 1.0
    R = Vt.T @ np.diag([sign if k else 1.0 for k in corner]) @ U.T
    R = R.T if transposed else R
    m0 = even if means == "none" else m
    return R, (m0 * x).sum(axis=0) - R @ (m0 * y).sum(axis=0)


def _pairs(n: int, mirror: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y = np.array([0.5, -1.0]) + _rng.standard_normal((n, 2))
    a = _rng.uniform(0.5, 2.5)
    R = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    x = (y * [1, -1] if mirror else y) @ R.T + [2.0, 0.3] + 0.2 * _rng.standard_normal((n, 2))
    return y, x, _rng.uniform(0.2, 3.0, n)


def _wrong_t(t: Callable) -> Callable:
    def mistake(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        R, _ = _motion(y, x, w)
        w = w[:, None] / w.sum()
        return R, t(R, (w * y).sum(axis=0), (w * x).sum(axis=0))

    return mistake


q1 = Formula(
    right=lambda y, x, w: _motion(y, x, w),
    cases=[_pairs(5, False), _pairs(7, True), _pairs(9, False)],
    todo="make the weights add up to 1; then the weighted means, the weighted H, its SVD, and (21.5).",
    praise="weights of 0 and 1 drop doubtful pairs, which is how ICP handles clouds that overlap only in part.",
    mistakes={
        "this is the motion without weights": lambda y, x, w: _motion(y, x, np.ones_like(w)),
        "the means are weighted too: the gradient in t is a weighted sum": lambda y, x, w: _motion(y, x, w, "plain"),
        "the weights are missing in H": lambda y, x, w: _motion(y, x, w, in_h=lambda w: np.full_like(w, 1 / len(w))),
        "the weights are in H twice: once for each pair, not for each point": lambda y, x, w: _motion(
            y, x, w, in_h=lambda w: w**2
        ),
        "R may be a reflection: where V U' has the determinant -1, put it into the middle": lambda y, x, w: _motion(
            y, x, w, det=False
        ),
        "the reflection has to go with the smaller singular value, the second one": lambda y, x, w: _motion(
            y, x, w, corner=(1, 0)
        ),
        "R rotates the other way: H is the sum of y x', or R has to be transposed": lambda y, x, w: _motion(
            y, x, w, transposed=True
        ),
        "centre both clouds before you compute H": lambda y, x, w: _motion(y, x, w, "none"),
        "t: rotate the mean of y before you subtract it": _wrong_t(lambda R, y0, x0: x0 - y0),
        "t: multiply R by the mean of y, R y, not y R": _wrong_t(lambda R, y0, x0: x0 - y0 @ R),
    },
    names=("R", "t"),
)


# ---- exercise 2 -------------------------------------------------------------------------------------------------------


def _grown(n: int, c: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, x, _ = _pairs(n, False)
    return y, c * x, _motion(y, x, np.ones(n))[0]


def _centred(a: np.ndarray) -> np.ndarray:
    return a - a.mean(axis=0)


q2 = Formula(
    right=lambda y, x, R: np.sum(_centred(x) * (_centred(y) @ R.T)) / np.sum(_centred(y) ** 2),
    cases=[_grown(5, 2.5), _grown(7, 0.4), _grown(9, 1.3)],
    todo="centre both; write the sum as a parabola in c, and set its derivative to 0.",
    praise="rotation, shift and scale in closed form (Umeyama, 1991): this is how faces are brought to one size.",
    mistakes={
        "divide by the squares of y: c multiplies y": lambda y, x, R: (
            np.sum(_centred(x) * (_centred(y) @ R.T)) / np.sum(_centred(x) ** 2)
        ),
        "this is 1/c: the factor that brings x to the size of y": lambda y, x, R: (
            np.sum(_centred(y) ** 2) / np.sum(_centred(x) * (_centred(y) @ R.T))
        ),
        "centre both clouds first: t is free": lambda y, x, R: np.sum(x * (y @ R.T)) / np.sum(y**2),
        "rotate y before you compare it with x": lambda y, x, R: (
            np.sum(_centred(x) * _centred(y)) / np.sum(_centred(y) ** 2)
        ),
        "y is rotated the other way: y @ R.T rotates rows": lambda y, x, R: (
            np.sum(_centred(x) * (_centred(y) @ R)) / np.sum(_centred(y) ** 2)
        ),
        "this is the ratio of the two sizes; where the pairs are not exact the best c is smaller": lambda y, x, R: (
            np.sqrt(np.sum(_centred(x) ** 2) / np.sum(_centred(y) ** 2))
        ),
        "the 2 of the middle term cancels against the 2 of c^2": lambda y, x, R: (
            2 * np.sum(_centred(x) * (_centred(y) @ R.T)) / np.sum(_centred(y) ** 2)
        ),
    },
)


# ---- exercise 3 -------------------------------------------------------------------------------------------------------


def _chamfer(
    x: np.ndarray,
    s: np.ndarray,
    to_samples: float = 1.0,
    to_data: float = 1.0,
    power: int = 2,
    factor: float = 2.0,
    keep_last: bool = False,
    sizes: Callable = lambda n, m: (n, m),
    sign: float = 1.0,
) -> tuple[float, np.ndarray]:
    """The value and ds; the last seven parameters each make a mistake."""
    table = np.sum((x[:, None] - s) ** 2, axis=2)  # (N, M)
    j, i = table.argmin(axis=1), table.argmin(axis=0)
    n, m = sizes(len(x), len(s))
    ds = to_data * factor * (s - x[i]) / m
    pull = to_samples * factor * (s[j] - x) / n
    if keep_last:
        ds[j] += pull
    else:
        np.add.at(ds, j, pull)
    value = (
        to_samples * np.sum(table.min(axis=1) ** (power / 2)) / n
        + to_data * np.sum(table.min(axis=0) ** (power / 2)) / m
    )
    return value, sign * ds


def _clouds(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    return _rng.standard_normal((n, 2)), 0.7 * _rng.standard_normal((m, 2)) + 0.3


q3 = Formula(
    right=lambda x, s: _chamfer(x, s),
    cases=[_clouds(11, 4), _clouds(5, 9), _clouds(8, 3)],
    todo="search twice, nearest(x, s) and nearest(s, x); each search gives one part of the value and one of the gradient.",
    praise="no mode can be dropped and no sample can stray. It still needs a distance, and for pictures nobody has one.",
    mistakes={
        "a sample that is the nearest of several data points is pulled by all of them: ds[j] += keeps the last "
        "one only, np.add.at adds": (lambda x, s: _chamfer(x, s, keep_last=True)),
        "these are the data's samples only, (21.7); add the other direction": lambda x, s: _chamfer(x, s, to_data=0.0),
        "these are the samples' data only, (21.10); add the other direction": lambda x, s: _chamfer(
            x, s, to_samples=0.0
        ),
        "value: square the distances": lambda x, s: _chamfer(x, s, power=1),
        "ds: the 2 of the square is missing": lambda x, s: _chamfer(x, s, factor=1.0),
        "ds: this is the push; the gradient has the opposite sign": lambda x, s: _chamfer(x, s, sign=-1.0),
        "the mean over the samples divides by M, not by N": lambda x, s: _chamfer(x, s, sizes=lambda n, m: (n, n)),
        "the mean over the data divides by N, not by M": lambda x, s: _chamfer(x, s, sizes=lambda n, m: (m, m)),
        "1/N and 1/M are swapped": lambda x, s: _chamfer(x, s, sizes=lambda n, m: (m, n)),
        "these are sums; take means, 1/N and 1/M": lambda x, s: _chamfer(x, s, sizes=lambda n, m: (1, 1)),
    },
    names=("value", "ds"),
)
