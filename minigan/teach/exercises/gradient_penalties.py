"""Lesson 15, gradient penalties by hand: a one-sided penalty, two streams through a tanh critic, and a curved layer."""

from collections.abc import Callable

import numpy as np

from minigan.gradcheck import layer_checks, network_checks
from minigan.layers import Dense
from minigan.layers.layer import Layer
from minigan.network import Sequential
from minigan.teach.exercises.exercise import Exercise, Formula, NotWritten, Prediction
from minigan.teach.exercises.mistakes import explain

_rng = np.random.default_rng(15)
N = 3

p1 = Prediction(
    "b",
    a="that is true of D's value at a point, not of its gradient: a hidden bias shifts the nonlinearity of "
    "tanh, and so changes D's gradient.",
    b="between its kinks LeakyReLU is linear, so a small shift changes nothing. tanh is curved everywhere, and "
    "a hidden bias shifts its argument. The last bias only raises D.",
    c="LeakyReLU's derivative is constant on either side of 0: a bias that shifts a little moves along a straight line.",
    d="the last bias raises all of D, and that leaves its gradient the same.",
)
p2 = Prediction(
    "c",
    a="the scores do react to an image about as strongly as without it. But the pass of ones differentiates their sum.",
    b="dividing makes single scores steep, but the pass of ones differentiates their sum.",
    c="BatchNorm's outputs sum to 0 over a batch whatever comes in, so the sum of the scores never changes, and "
    "this sum is what the pass of ones differentiates.",
    d="nothing fails, and that is the trouble: a number comes out, but it is not the gradient of D at an image.",
)
p3 = Prediction(
    "c",
    a="the gradient of the step is the gradient of the penalty it reports, to many digits. The penalty is the "
    "wrong one.",
    b="D's second order does not know which penalty is used; it is right for any v.",
    c="value and gradient agree, and D's passes are right. Only a number worked out by hand, four derivatives "
    "of 1 have the norm 2, disagrees.",
)


def _norm(g: np.ndarray, axes: int | tuple[int, ...] = (1, 2, 3)) -> np.ndarray:
    return np.sqrt(np.sum(g**2, axis=axes, keepdims=True))


def _one_sided(
    g: np.ndarray,
    lam: float,
    norm: np.ndarray | None = None,
    excess: np.ndarray | None = None,
    unit: np.ndarray | None = None,
) -> tuple[float, np.ndarray]:
    """The penalty and v; `norm`, `excess` and `unit` replace a part by a mistake."""
    norm = _norm(g) if norm is None else norm
    excess = np.maximum(0, norm - 1) if excess is None else excess
    unit = g / np.where(norm == 0, 1, norm) if unit is None else unit
    return lam * np.mean(excess**2), 2 * lam / len(g) * excess * unit


def _per_pixel(g: np.ndarray, lam: float) -> tuple[float, np.ndarray]:
    norm = _norm(g, 3)
    excess = np.maximum(0, norm - 1)
    return lam * np.mean(excess**2), 2 * lam * excess * g / np.where(norm == 0, 1, norm) / norm.size


def _gradients() -> np.ndarray:
    """Gradients of N images, with norms on both sides of 1."""
    return _rng.standard_normal((N, 2, 4, 5)) * np.array([0.05, 0.4, 1.0]).reshape(N, 1, 1, 1)


q1 = Formula(
    right=lambda g, lam: _one_sided(g, lam),
    cases=[
        (_gradients(), 10.0),
        (_gradients(), 0.5),
        (np.concatenate([_gradients()[:2], np.zeros((1, 2, 4, 5))]), 3.0),
    ],
    todo="begin with the norm of each image, of shape (N, 1, 1, 1): the square root of the sum of g**2 over axes "
    "1, 2 and 3.",
    praise="to train with it, wrap it: Custom(partial(one_sided, lam=10.0), place='between') in d_step's list of penalties.",
    mistakes={
        "this takes a norm for each pixel, over its channels: the norm of an image is over H, W and C": _per_pixel,
        "this takes one norm for the whole batch: each image has its own": lambda g, lam: _one_sided(
            g, lam, _norm(g, (0, 1, 2, 3))
        ),
        "this is the two-sided penalty: here a D that is too flat is not penalised, max(0, norm - 1)": lambda g, lam: (
            _one_sided(g, lam, excess=_norm(g) - 1)
        ),
        "square the excess, not the norm: (norm - 1)^2": lambda g, lam: (
            lam * np.mean(np.maximum(0, _norm(g) ** 2 - 1)),
            2 * lam / len(g) * (_norm(g) > 1) * g,
        ),
        "v: the gradient of the norm is g / norm, a unit vector, not g": lambda g, lam: _one_sided(g, lam, unit=g),
        "v: the value is a mean over the batch, so v has a factor 1/N": lambda g, lam: (
            _one_sided(g, lam)[0],
            N * _one_sided(g, lam)[1],
        ),
        "v: at g = 0 it is 0 / 0; divide by 1 where the norm is 0": lambda g, lam: _one_sided(
            g, lam, unit=g / _norm(g)
        ),
        "v: the square has a derivative too, 2 (norm - 1)": lambda g, lam: (
            _one_sided(g, lam)[0],
            lam / len(g) * (_norm(g) > 1) * g / np.where(_norm(g) == 0, 1, _norm(g)),
        ),
    },
    sizes={"N": N},
    names=("value", "v"),
)


def _streams(
    x: np.ndarray,
    v: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    a: np.ndarray,
    *,
    d2f: Callable | None = None,
    start: Callable | None = None,
    tangent: Callable | None = None,
    bias: Callable | None = None,
    last: Callable | None = None,
    weights: Callable | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dW, db, da of sum_n J_n v_n for D(x) = tanh(x W + b) a; each keyword replaces a step by a mistake."""
    y = np.tanh(x @ W + b)
    v1 = v @ W if tangent is None else tangent(v, W, b)
    v2 = (1 - y * y) * v1
    dw2 = np.ones((len(x), 1)) @ a.T
    second = -2 * y * (1 - y * y) if d2f is None else d2f(y)
    dx = second * v1 * dw2 if start is None else start(second, v1, dw2)
    dw1 = (1 - y * y) * dw2
    dW = v.T @ dw1 + x.T @ dx if weights is None else weights(x, v, dw1, dx)
    return (
        dW,
        dx.sum(axis=0) if bias is None else bias(dw1, dx),
        v2.sum(axis=0)[:, None] if last is None else last(v2, y),
    )


def _case() -> tuple[np.ndarray, ...]:
    shapes = (N, 4), (N, 4), (4, 5), (5,), (5, 1)
    return tuple(0.7 * _rng.standard_normal(shape) for shape in shapes)


q2 = Formula(
    right=lambda x, v, W, b, a: _streams(x, v, W, b, a),
    cases=[_case(), _case()],
    todo="go forward with x and with v, then backward with dw, which starts as ones; dx starts at the tanh.",
    praise="that is all that add_penalty does for this D, whichever penalty computed v.",
    mistakes={
        "dW: the primal stream is missing; tanh is curved, and W shifts its argument": lambda *case: _streams(
            *case, weights=lambda x, v, dw, dx: v.T @ dw
        ),
        "dW: the tangent stream is missing; W is a factor of D's gradient": lambda *case: _streams(
            *case, weights=lambda x, v, dw, dx: x.T @ dx
        ),
        "dW: each stream has its own cache, v for dw and x for dx": lambda *case: _streams(
            *case, weights=lambda x, v, dw, dx: x.T @ (dw + dx)
        ),
        "dW: each stream has its own cache, v for dw and x for dx; here they are swapped": lambda *case: _streams(
            *case, weights=lambda x, v, dw, dx: x.T @ dw + v.T @ dx
        ),
        "the second derivative of tanh is -2 y (1 - y^2); this is the first": lambda *case: _streams(
            *case, d2f=lambda y: 1 - y * y
        ),
        "the second derivative of tanh is -2 y (1 - y^2): the inner derivative, 1 - y^2, is missing": lambda *case: (
            _streams(*case, d2f=lambda y: -2 * y)
        ),
        "the second derivative of tanh is -2 y (1 - y^2): the sign is missing": lambda *case: _streams(
            *case, d2f=lambda y: 2 * y * (1 - y * y)
        ),
        "the curvature is f'' v dw: the direction v W is missing": lambda *case: _streams(
            *case, start=lambda second, v1, dw: second * dw
        ),
        "the curvature is f'' v dw: the gradient dw is missing": lambda *case: _streams(
            *case, start=lambda second, v1, dw: second * v1
        ),
        "the bias does not depend on a direction: the tangent is v W, without b": lambda *case: _streams(
            *case, tangent=lambda v, W, b: v @ W + b
        ),
        "db: the bias belongs to the primal stream only; it is not in v W": lambda *case: _streams(
            *case, bias=lambda dw, dx: (dw + dx).sum(axis=0)
        ),
        "db: you used the tangent stream; the bias is in the primal one only": lambda *case: _streams(
            *case, bias=lambda dw, dx: dw.sum(axis=0)
        ),
        "db: it is not 0; with tanh a hidden bias shifts the nonlinearity": lambda *case: _streams(
            *case, bias=lambda dw, dx: np.zeros(5)
        ),
        "da: in the tangent stream a is multiplied by v2, not by y": lambda *case: _streams(
            *case, last=lambda v2, y: y.sum(axis=0)[:, None]
        ),
    },
    sizes={"N": N},
    names=("dW", "db", "da"),
)


CACHE = "the verbs are right; but in the backward pass through the tangent, the cache that tangent returned is not what it needs, x"
HINTS = {  # the check that fails -> where to look
    "arguments unchanged": "a verb writes into an array that belongs to the caller; make a new one",
    "dx": "backward is not the transposed derivative of forward: dx = cos(x) dy",
    "tangent": "tangent is not the derivative of forward along v: w = cos(x) v",
    "adjoint": "backward and tangent do not use the same Jacobian",
    "second order, dx": CACHE,
    "second order, dtheta": CACHE,
    "second order, dw": CACHE,
}


def _sine(make: Callable) -> str | None:
    """Examine a layer that should compute sin x."""
    layer = make()
    if not isinstance(layer, Layer):
        return "pass the class, and let it inherit from Layer: class Sine(Layer)"
    x, dy, v = np.random.default_rng(5).standard_normal((3, 5, 3))
    made = layer.forward(x)
    if made is None or made is ...:
        raise NotWritten
    if not isinstance(made, tuple) or len(made) != 2:
        return "forward returns two things: y, and the cache that the other verbs receive"
    y, cache = made
    dx, pushed = layer.backward(dy.copy(), cache), layer.tangent(v, cache)
    if dx is ... or pushed is ...:
        return "forward is there; backward and tangent are not written yet"
    if not isinstance(pushed, tuple) or len(pushed) != 2:
        return "tangent returns two things: w, and the cache for the backward pass through it (the same cache will do)"
    curvature = layer.curvature(dy, v, cache)
    if curvature is ...:
        return "three verbs are there; curvature is not written yet"
    if not layer.curved:
        return "curved = True is missing: without it the curvature is never used, and the penalty's gradient is silently wrong"
    wanted = {"y": np.sin(x), "dx": np.cos(x) * dy, "w": np.cos(x) * v, "curvature": -np.sin(x) * v * dy}
    known = {  # of the curvature
        "curvature: this is f' v dy; it takes the second derivative of sin, which is -sin": np.cos(x) * v * dy,
        "curvature: the direction v is missing; it is f'' v dy": -np.sin(x) * dy,
        "curvature: the gradient dy is missing; it is f'' v dy": -np.sin(x) * v,
        "curvature: you return 0, but sin is curved: f'' v dy": np.zeros_like(x),
    }
    for name, got in (("y", y), ("dx", dx), ("w", pushed[0]), ("curvature", curvature)):
        wrong = explain(got, wanted[name])
        if wrong and name == "curvature":
            wrong = next((hint for hint, value in known.items() if explain(got, value) is None), f"{name}: {wrong}")
            return wrong
        if wrong:
            return f"{name}: {wrong}"
    between = Sequential(Dense(3, 4), make(), Dense(4, 2), rng=0)
    failed = [check for check in (*layer_checks(make(), x), *network_checks(between, x)) if not check.ok]
    return f"{HINTS.get(failed[0].name, 'a check fails')} ({failed[0]})" if failed else None


q3 = Exercise(
    todo="begin with forward: y = sin x, and keep x in the cache; all other verbs need it.",
    praise="it now works under any penalty. Networks of sines represent pictures as functions of the position (SIREN, 2020).",
    examine=_sine,
)
