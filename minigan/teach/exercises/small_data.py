"""Lesson 26, small data: the adjoint of a shift that repeats the border, what turns hide from D, and a new augmentation."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.layers.layer import Layer
from minigan.layers.more.augment import Augmentation
from minigan.teach.exercises.exercise import Exercise, Formula, NotWritten, Prediction, Wrong

_rng = np.random.default_rng(26)

p1 = Prediction(
    "b",
    a="the best possible D would learn nothing. This one sees the same 400 pictures again and again until it knows them.",
    b="the only difference is which portraits are among the 400, and that is what it learns. Held-out portraits are not.",
    c="a D that has learned what a portrait is would give all three the same scores: the fakes are portraits too.",
)
p2 = Prediction(
    "b",
    a="D cannot look past them: the fakes have none, so a hole is the surest sign of a real picture.",
    b="the reals that D sees have holes, so G has to draw holes. It learns the distribution of what D is shown as real.",
    c="shifted digits with holes are a distribution like any other, and G learns to draw it.",
)
p3 = Prediction(
    "a",
    a="three are wrong transposes. The other two have no wrong gradient, but they do something that was not meant.",
    b="one draw for the batch has the right gradient, but of another random map.",
    c="the thermostat has no gradient, and one draw for the batch has the right one.",
)


# ---- exercise 1 -------------------------------------------------------------------------------------------------------


def _sources(n: int, r: int, sign: int = 1) -> np.ndarray:
    return np.clip(np.arange(n) + sign * r, 0, n - 1)


def _added(n: int, where: np.ndarray, dy: np.ndarray) -> np.ndarray:
    dx = np.zeros(n)
    np.add.at(dx, where, dy)
    return dx


def _overwritten(dy: np.ndarray, r: int) -> np.ndarray:
    dx = np.zeros_like(dy)
    dx[_sources(len(dy), r)] = dy
    return dx


def _zeros_outside(dy: np.ndarray, r: int) -> np.ndarray:
    inside = (np.arange(len(dy)) + r >= 0) & (np.arange(len(dy)) + r < len(dy))
    return _added(len(dy), _sources(len(dy), r)[inside], dy[inside])


def _mean_of_copies(dy: np.ndarray, r: int) -> np.ndarray:
    where = _sources(len(dy), r)
    return _added(len(dy), where, dy) / np.maximum(np.bincount(where, minlength=len(dy)), 1)


q1 = Formula(
    right=lambda dy, r: _added(len(dy), _sources(len(dy), r), dy),
    cases=[(_rng.standard_normal(7), 2), (_rng.standard_normal(5), -3), (_rng.standard_normal(9), 1)],
    todo="which pixel of x does y[i] come from? Its gradient goes there; where several arrive, add them up.",
    praise="what the forward pass copies, the backward pass adds up, as in upsampling, or for a shared weight.",
    mistakes={
        "several y[i] come from the same border pixel, and dx[index] = dy keeps only the last: add them": _overwritten,
        "this is the adjoint of the shift with zeros outside; the copies of the border have gradients too": _zeros_outside,
        "the gradients of the copies are added, not averaged": _mean_of_copies,
        "the gradient is shifted further in the same direction; it has to go back to where the value came from": (
            lambda dy, r: _added(len(dy), _sources(len(dy), r, -1), dy)
        ),
        "this is the forward pass, applied to dy; a copy is not its own transpose": lambda dy, r: dy[
            _sources(len(dy), r)
        ],
        "this is a shift the other way that repeats the border: an inverse of sorts, but not the transpose": (
            lambda dy, r: dy[_sources(len(dy), r, -1)]
        ),
        "pixels that leave on one side do not come back on the other: a roll is the adjoint of a roll": lambda dy, r: (
            np.roll(dy, r)
        ),
    },
)


# ---- exercise 2 -------------------------------------------------------------------------------------------------------


def _visible(p: np.ndarray, of: Callable = np.abs, start: int = 0) -> float:
    return float(np.min(of(np.fft.fft(p))[start:]))


q2 = Formula(
    right=lambda p: _visible(p),
    cases=[
        (np.array([0.7, 0.1, 0.1, 0.1]),),
        (np.array([0.45, 0.1, 0.35, 0.1]),),
        (np.array([0.6, 0.3, 0.1, 0.0]),),
        (np.array([0.1, 0.5, 0.2, 0.2]),),
    ],
    todo="build the 4 x 4 matrix T with T[i, j] = p[(i - j) % 4] and take its eigenvalues, or np.fft.fft(p).",
    praise="if all four turns are equally likely it is 0, so turns must not be applied to too many pictures.",
    mistakes={
        "an eigenvalue may be negative or complex: take its absolute value": lambda p: _visible(p, np.real),
        "this is right only if the three turns are equally likely": lambda p: float(p[0] - np.mean(p[1:])),
        "this is the product of all eigenvalues, the determinant; return the smallest absolute value": lambda p: float(
            np.prod(np.abs(np.fft.fft(p)))
        ),
        "this is the largest of them, which is always 1: the probabilities sum to 1": lambda p: float(
            np.max(np.abs(np.fft.fft(p)))
        ),
        "this is the smallest probability; return the smallest absolute value of an eigenvalue": lambda p: float(
            np.min(p)
        ),
        "this is the square: the map is applied once, not twice": lambda p: _visible(p) ** 2,
    },
)


# ---- exercise 3 -------------------------------------------------------------------------------------------------------

TURNS = (1, 2, 3)


def _turn(answer: Any) -> str | None:
    """What is wrong with a class that turns images by quarter turns; None if nothing is."""
    if inspect.isfunction(answer):
        answer = type(answer())  # a function that makes one
    if not (isinstance(answer, type) and issubclass(answer, Augmentation)):
        raise Wrong("pass the class itself, a subclass of Augmentation")
    x = np.random.default_rng(0).standard_normal((60, 5, 5, 2))
    layer = answer(1.0).init(0, np.float64)
    parameters = layer.drawn(np.full((60, max(1, answer.numbers)), 0.5), np.full(60, True), x.shape)
    if parameters is None or parameters is ...:
        raise NotWritten
    if not isinstance(parameters, tuple) or not all(isinstance(part, np.ndarray) for part in parameters):
        return "drawn has to return a tuple of arrays: the cache of the layer"
    before = x.copy()
    y, cache = layer.forward(x)
    if not np.array_equal(x, before):
        return "forward changes its argument: make a new array"
    if y is None or y.shape != x.shape:
        return f"forward of images {x.shape} returns {np.shape(y)}; a turned square has the same shape"
    turns = [_which_turn(a, b) for a, b in zip(x, y, strict=True)]
    return _turned_wrongly(turns) or _not_its_transpose(layer, x, y, cache) or _not_always(answer, x)


def _which_turn(x: np.ndarray, y: np.ndarray) -> int | None:
    """By how many quarter turns y is x turned, 0 to 3; None if it is something else."""
    return next((k for k in range(4) if np.allclose(np.rot90(x, k), y)), None)


def _turned_wrongly(turns: list[int | None]) -> str | None:
    if None in turns:
        return f"image {turns.index(None)} of the batch is not turned by whole quarter turns: np.rot90(image, k)"
    if 0 in turns:
        return f"with p = 1 every image is turned, by 1, 2 or 3 quarter turns; image {turns.index(0)} is not"
    if len(set(turns)) == 1:
        return "all images are turned alike: draw a number of turns for each image"
    if set(turns) != set(TURNS):
        return f"of the turns 1, 2, 3 only {', '.join(map(str, sorted(set(map(int, filter(None, turns))))))} occur"
    return None


def _not_its_transpose(layer: Layer, x: np.ndarray, y: np.ndarray, cache: Any) -> str | None:
    dy = np.random.default_rng(1).standard_normal(x.shape)
    dx = layer.backward(dy, cache)
    if dx is None or dx.shape != x.shape:
        return f"backward of {dy.shape} returns {np.shape(dx)}: it is the gradient in x"
    if np.isclose(np.sum(dy * y), np.sum(dx * x), rtol=1e-9):
        return None
    on = [_which_turn(a, b) for a, b in zip(dy, dx, strict=True)]
    if on == [_which_turn(a, b) for a, b in zip(x, y, strict=True)]:
        return "adjoint turns on instead of back: A' is the turn in the other direction, so apply cannot be both"
    return "<dy, A x> and <A' dy, x> differ: adjoint has to undo the turn that is in the cache"


def _not_always(answer: Any, x: np.ndarray) -> str | None:
    never, sometimes = (answer(p).init(0, np.float64).forward(x)[0] for p in (0.0, 0.5))
    if not np.array_equal(never, x):
        return "with p = 0 nothing may be turned: where on[n] is False, image n stays as it is"
    still = sum(np.array_equal(a, b) for a, b in zip(x, sometimes, strict=True))
    if not 15 <= still <= 45:
        return f"with p = 1/2 about half of 60 images should be turned, and {60 - still} were: `on` already says which"
    try:
        layer = answer(1.0).init(0, np.float64)
        y = layer.forward(x[:6, :, :4])[0]
    except ValueError as error:
        return None if str(error).strip() else "raise ValueError with a sentence for images that are not square"
    if y is not None and y.shape == (6, 5, 4, 2) and {_half(a, b) for a, b in zip(x[:6, :, :4], y)} <= {True}:
        return None  # half turns only: another good answer
    return "an image that is not square changes its shape in a quarter turn: refuse it, or use half turns only"


def _half(x: np.ndarray, y: np.ndarray) -> bool:
    return np.array_equal(x, y) or np.array_equal(x[::-1, ::-1], y)


q3 = Exercise(
    todo="begin with drawn: a number of quarter turns for each image, 0 where on is False; then np.rot90(image, k) in apply.",
    praise="it can be D's first layer as it is, even under a gradient penalty; but remember what exercise 2 says about p.",
    examine=_turn,
)
