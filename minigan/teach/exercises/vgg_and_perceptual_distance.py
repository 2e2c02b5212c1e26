"""Lesson 25, VGG and perceptual distance: the gradient of a conversion, a distance of directions, and a texture."""

from collections.abc import Callable, Sequence

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(25)

p1 = Prediction(
    "c",
    a="in the pixels every edge of the shifted copy is wrong by its full height, so the blur is nearer there.",
    b="in the features the blur is farther: it weakens the edges, and edges are what the network looks for.",
    c="pixels are compared place by place; a deep feature describes a neighbourhood, and a small shift hardly changes it.",
    d="it is the other way round: at an edge a shift replaces dark by light, and a blur changes it only by a part of that.",
)
p2 = Prediction(
    "b",
    a="at conv3_3 there are more features than pixel values, but they are nearly the same for many pictures: pools and "
    "ReLUs have removed the differences.",
    b="the first stages keep nearly everything. After two pools the parts and their places are left, and many pictures "
    "have the same.",
    c="the first layers can nearly be inverted: 64 features for the 3 values of a pixel leave little room for doubt.",
)
p3 = Prediction(
    "c",
    a="a network with the wrong conversion still has features with a gradient, and they can be matched.",
    b="these two, and one more: the gradient of one stage is a part of the right one, and here a part is enough to descend.",
    c="two have the right gradient of wrong features; one descends with a part of the gradient. Where red and blue receive "
    "each other's gradient, the loss does not fall.",
    d="where dx has the order of the converted picture, red receives blue's gradient, and the loss does not fall.",
)


# ---- exercise 1 -------------------------------------------------------------------------------------------------------


def _dx(
    dy: np.ndarray,
    scale: float,
    std: Sequence[float],
    order: Sequence[int],
    half: float = 0.5,
    to: Callable = lambda order: order,
    of: Callable = lambda order: range(len(order)),
    power: int = -1,
) -> np.ndarray:
    """dx[to[c]] = half scale std[of[c]]^power dy[c]; the last four parameters each make a mistake."""
    dx = np.empty_like(dy)
    for c, (place, which) in enumerate(zip(to(list(order)), of(list(order)), strict=True)):
        dx[..., place] = half * scale * std[which] ** power * dy[..., c]
    return dx


q1 = Formula(
    right=lambda dy, scale, std, order: _dx(dy, scale, std, order),
    cases=[
        (_rng.standard_normal((1, 2, 5, 3)), 255.0, (58.4, 57.1, 57.4), (1, 2, 0)),
        (_rng.standard_normal((2, 3, 1, 3)), 1.0, (0.229, 0.224, 0.225), (2, 0, 1)),
        (_rng.standard_normal((1, 1, 2, 3)), 3.0, (1.0, 2.0, 5.0), (2, 1, 0)),
    ],
    todo="y[c] comes from x[order[c]], so dy[c] goes back to dx[order[c]]; the factor is the derivative of y[c].",
    praise="exchanging red and blue is its own inverse, so most code never notices the difference; a cyclic exchange "
    "of three channels shows it.",
    mistakes={
        "the derivative of (x + 1) / 2 is 1/2": lambda dy, scale, std, order: _dx(dy, scale, std, order, half=1.0),
        "the gradients have the right size, but they are still in the order of y: dy[c] belongs to channel order[c]": (
            lambda dy, scale, std, order: _dx(dy, scale, std, order, to=lambda order: range(len(order)))
        ),
        "dy was permuted like x in the forward pass; the backward pass needs the inverse: dx[order[c]] = ... dy[c]": (
            lambda dy, scale, std, order: _dx(
                dy,
                scale,
                std,
                order,
                to=lambda order: np.argsort(order).tolist(),
                of=lambda order: range(len(order)),
            )
        ),
        "the standard deviation belongs to the output channel: std[c] goes with dy[c]": (
            lambda dy, scale, std, order: _dx(dy, scale, std, order, of=lambda order: order)
        ),
        "y is divided by the standard deviation, so the gradient is too; here it is multiplied": (
            lambda dy, scale, std, order: _dx(dy, scale, std, order, power=1)
        ),
        "the standard deviation is missing": lambda dy, scale, std, order: _dx(dy, scale, std, order, power=0),
    },
)


# ---- exercise 2 -------------------------------------------------------------------------------------------------------


def _unit(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = np.linalg.norm(u, axis=1, keepdims=True)
    return u / size, size


def _directions(
    u: np.ndarray,
    v: np.ndarray,
    project: bool = True,
    divide: bool = True,
    mean: bool = True,
    factor: float = 2.0,
    sign: float = 1.0,
) -> tuple[float, np.ndarray]:
    """The value and its gradient in u; the last five parameters each make a mistake."""
    (a, size), (b, _) = _unit(u), _unit(v)
    n = len(u) if mean else 1
    d = factor * (a - b) / n
    if project:
        d = d - a * np.sum(a * d, axis=1, keepdims=True)
    return float(np.sum((a - b) ** 2) / n), sign * (d / size if divide else d)


q2 = Formula(
    right=lambda u, v: _directions(u, v),
    cases=[
        (_rng.standard_normal((5, 3)) + 0.5, _rng.standard_normal((5, 3))),
        (3 * _rng.standard_normal((5, 7)), _rng.standard_normal((5, 7)) - 0.3),
    ],
    todo="compute a = u / |u| and b = v / |v| for each row; the Jacobian of a in u is (I - a a') / |u|.",
    praise="the gradient of a row is perpendicular to the row: making all features at a position stronger changes nothing.",
    mistakes={
        "du: the length of u depends on u too; subtract the part of the gradient along u": lambda u, v: _directions(
            u, v, project=False
        ),
        "du: divide by the length of u: the same step turns a long vector less": lambda u, v: _directions(
            u, v, divide=False
        ),
        "it is the mean over the N rows, not their sum": lambda u, v: _directions(u, v, mean=False),
        "du: the derivative of a square has a factor 2": lambda u, v: _directions(u, v, factor=1.0),
        "du: the sign is wrong: this is minus the gradient": lambda u, v: _directions(u, v, sign=-1.0),
        "these are the distances of the rows without dividing u and v by their lengths": lambda u, v: (
            float(np.sum((u - v) ** 2) / len(u)),
            2 * (u - v) / len(u),
        ),
    },
    sizes={"N": 5},
    names=("the value", "du"),
)


# ---- exercise 3 -------------------------------------------------------------------------------------------------------


def _texture(
    f: np.ndarray,
    t: np.ndarray,
    factor: float = 4.0,
    places: bool = True,
    entries: bool = True,
    of: Callable = lambda f, t: f,
    d_places: bool = True,
) -> tuple[float, np.ndarray]:
    """mean (A_f - A_t)^2 and its gradient in f; the last five parameters each make a mistake."""
    p, c = len(f) if places else 1, f.shape[1] ** 2 if entries else 1
    away = (f.T @ f - t.T @ t) / p
    return float(np.sum(away**2) / c), factor * of(f, t) @ away / (c * (p if d_places else 1))


q3 = Formula(
    right=lambda f, t: _texture(f, t),
    cases=[
        (_rng.standard_normal((7, 3)), 2 * _rng.standard_normal((7, 3))),
        (_rng.standard_normal((7, 5)) + 1, _rng.standard_normal((7, 5))),
    ],
    todo="A = f' f / P; the value is the mean of (A_f - A_t)^2 over the C x C entries; f occurs twice in A.",
    praise="use it instead of the perceptual loss, and the picture that comes out of the noise has the target's "
    "colours and textures in other places.",
    mistakes={
        "df: f occurs twice in f' f, and both contribute the same: 4, not 2": lambda f, t: _texture(f, t, factor=2.0),
        "the Gram matrix is a mean over the P places: divide by P": lambda f, t: _texture(f, t, places=False),
        "df: the Gram matrix has a 1/P, and its derivative has it too": lambda f, t: _texture(f, t, d_places=False),
        "the value is a mean over the C x C entries, not a sum": lambda f, t: _texture(f, t, entries=False),
        "df: the gradient is in f; here it is multiplied by the target's features": lambda f, t: _texture(
            f, t, of=lambda f, t: t
        ),
        "here the features are compared place by place; the Gram matrices forget the places": lambda f, t: (
            float(np.mean((f - t) ** 2)),
            2 * (f - t) / f.size,
        ),
    },
    sizes={"P": 7},
    names=("the value", "df"),
)
