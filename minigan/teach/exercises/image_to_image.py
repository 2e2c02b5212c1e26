"""Lesson 29, image to image: G's gradient in pix2pix, what two losses of pixels want, and why a cycle has many solutions."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Exercise, Formula, NotWritten, Prediction, Wrong, require_function

_rng = np.random.default_rng(29)

p1 = Prediction(
    "b",
    a="D asks for edges, and an edge that is a pixel off costs more absolute error than a blur.",
    b="the absolute error prefers the blur, and D rejects it. Each network is best at what it was trained for.",
    c="the absolute error alone accepts a blur: where the answer is uncertain it asks for the median of all that fit.",
)
p2 = Prediction(
    "c",
    a="F' mirrors the picture back before it translates, so the cycle closes exactly as before.",
    b="a mirrored emoji is as good as any other: with mirroring in training, the set contains both orientations.",
    c="each of these losses keeps its value, and yet each picture is wrong. The losses have never asked for these pairs.",
)
p3 = Prediction(
    "b",
    a="these two change what is learned, but they use nothing that should stay unseen.",
    b="the network has seen relatives of what it is tested on, or gets the pairs it claims to do without. Nothing looks "
    "wrong.",
    c="not every bug makes results worse: a leak in the data can make them better.",
)


# ---- exercise 1 -------------------------------------------------------------------------------------------------------

_u, _x, _d = (np.tanh(_rng.standard_normal((3, 5, 4, 2))) for _ in range(3))


def _gradient(u: np.ndarray, x: np.ndarray, d: np.ndarray, lam: float) -> np.ndarray:
    return lam * np.sign(u - x) / u.size + d


q1 = Formula(
    right=lambda u, x, d, lam: _gradient(u, x, d, lam),
    cases=[(_u, _x, _d, 100.0), (_u[:2], _x[:2], _d[:2], 0.7)],
    todo="two losses meet in the picture u: their gradients add up, one of them times lam.",
    praise="the absolute error gives each pixel a gradient of the same size, however wrong the pixel is; D's gradient "
    "differs from pixel to pixel.",
    mistakes={
        "lam is the weight of the absolute error, not D's gradient": lambda u, x, d, lam: (
            np.sign(u - x) / u.size + lam * d
        ),
        "the weight lam is missing": lambda u, x, d, lam: _gradient(u, x, d, 1.0),
        "the absolute error is a mean: divide by the number of all pixel values": lambda u, x, d, lam: (
            lam * np.sign(u - x) + d
        ),
        "the mean is over all pixel values, not over the pictures": lambda u, x, d, lam: (
            lam * np.sign(u - x) / len(u) + d
        ),
        "the sign is wrong: a descent step has to move towards x": lambda u, x, d, lam: _gradient(x, u, d, lam),
        "this is the gradient of a squared error; that of |u - x| is a sign": lambda u, x, d, lam: (
            lam * 2 * (u - x) / u.size + d
        ),
        "u - x is not yet the derivative of |u - x|": lambda u, x, d, lam: lam * (u - x) / u.size + d,
        "D's gradient is missing": lambda u, x, d, lam: lam * np.sign(u - x) / u.size,
        "D's gradient already has G's sign: it is the gradient of G's loss": lambda u, x, d, lam: _gradient(
            u, x, -d, lam
        ),
    },
    sizes={"N": 3},
)


# ---- exercise 2 -------------------------------------------------------------------------------------------------------


def _mean(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.tensordot(w / w.sum(), x, axes=1)


def _median(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The smallest value up to which there is at least half of the weight, pixel by pixel."""
    order = np.argsort(x, axis=0)
    below = np.cumsum((w / w.sum())[order], axis=0)
    return np.take_along_axis(np.take_along_axis(x, order, axis=0), (below >= 0.5).argmax(axis=0)[None], axis=0)[0]


def _unsorted(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return x[(np.cumsum(w / w.sum()) >= 0.5).argmax()]


_w = np.array([0.13, 0.31, 0.07, 0.22, 0.27])

q2 = Formula(
    right=lambda x, w: (_mean(x, w), _median(x, w)),
    cases=[
        (_rng.standard_normal((5, 3, 4)), _w),
        (_rng.standard_normal((3, 4, 2)), np.array([3.0, 1.0, 1.5])),
        (_rng.standard_normal((4, 2, 5)), np.array([0.61, 0.13, 0.15, 0.11])),
    ],
    todo="pixel by pixel: where is the derivative of sum_k w_k (u - x_k)^2 zero, and where does that of "
    "sum_k w_k |u - x_k| change its sign?",
    praise="if one picture has more than half of the probability, the median *is* that picture, sharp; otherwise it may "
    "be made of pixels of several.",
    mistakes={
        "the two are swapped: the squared error asks for the mean": lambda x, w: (_median(x, w), _mean(x, w)),
        "the mean: weight the pictures by their probabilities w": lambda x, w: (x.mean(axis=0), _median(x, w)),
        "the mean: the weights need not add up to 1, so divide by their sum": lambda x, w: (
            np.tensordot(w, x, axes=1),
            _median(x, w),
        ),
        "the median: weight the pictures by their probabilities w": lambda x, w: (_mean(x, w), np.median(x, axis=0)),
        "the median is taken pixel by pixel: sort each pixel's values, and its weights with them": lambda x, w: (
            _mean(x, w),
            _unsorted(x, w),
        ),
        "the median: the most probable picture is sure to be best only with half of the probability": lambda x, w: (
            _mean(x, w),
            x[w.argmax()],
        ),
    },
    names=("for the squared error", "for the absolute error"),
)


# ---- exercise 3 -------------------------------------------------------------------------------------------------------


def _examine(other: Callable) -> str | None:
    """None if the second pair of functions satisfies critics and cycle like the first, and differs from it; else what is wrong."""
    require_function(other, lambda G, F, T, T_back: (G, F))
    rng = np.random.default_rng(3)
    A, B = rng.standard_normal((2, 6, 6))
    pairs: list[tuple[Callable, Callable]] = [
        (lambda y: np.tanh(y @ A), lambda x: np.tanh(x @ B)),
        (lambda y: y @ A, lambda x: x @ np.linalg.inv(A)),
    ]
    turned = np.array([1, 2, 3, 4, 5, 0])  # not its own inverse

    def T(x: np.ndarray) -> np.ndarray:
        return x[:, turned]

    def T_back(x: np.ndarray) -> np.ndarray:
        return x[:, np.argsort(turned)]

    x, y = rng.standard_normal((2, 7, 6))
    for G, F in pairs:
        found = other(G, F, T, T_back)
        if found is None or found is ...:
            raise NotWritten
        if not (isinstance(found, tuple | list) and len(found) == 2 and all(map(callable, found))):
            raise Wrong("it should return two functions, G2 and F2")
        G2, F2 = found
        if np.allclose(G2(y), G(y)):
            return "G2 draws the same pictures as G: it has to draw different ones"
        if np.allclose(G2(y), G(T(y))) or np.allclose(G2(y), G(T_back(y))):
            return "G2 changes y before G sees it; T is a symmetry of the pictures that G draws, so it comes after G"
        if not np.allclose(G2(y), T(G(y))):
            return "G2(y) should be T(G(y)), the changed picture"
        if not np.allclose(F2(G2(y)), F(G(y))):
            return "F2(G2(y)) is not F(G(y)): F2 has to undo T before F sees the picture, and T_back does that"
        if not np.allclose(G2(F2(T(x))), T(G(F(x)))):
            return "the other cycle is not closed: G2(F2(T(x))) should be T(G(F(x)))"
    return None


q3 = Exercise(
    todo="G2 draws what G draws, changed by T. What must F2 do first, to get back from that?",
    praise="to tell the two solutions apart you need something else: true pairs, the loss `same`, or networks that "
    "tend to leave things where they are.",
    examine=_examine,
)
