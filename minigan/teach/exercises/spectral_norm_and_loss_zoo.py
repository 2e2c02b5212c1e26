"""Lesson 18, spectral norm and the loss zoo: power iteration, the gradient through W / sigma, and an f-GAN."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(18)

p1 = Prediction(
    "c",
    a="the gradient of |x| is allowed. But D has to build |x| from two matrices, and the norm 1 applies to each "
    "matrix as a whole: two units share it.",
    b="that would be so if one unit could do all of it. Rising on both sides takes two kinks, and these share the norm.",
    c="two units of weight 1/sqrt(2) on either side give a gradient of 1/2, and LeakyReLU subtracts a fifth of "
    "it: equation (18.9).",
)
p2 = Prediction(
    "c",
    a="it would be so after the first difference of one bit. But there is none to begin with.",
    b="they differ outside the margin only, and no score ever gets there.",
    c="inside the margin the hinge is linear, and with spectral norm no score leaves the margin: the gradients "
    "are the same in every step.",
)
p3 = Prediction(
    "b",
    a="its vectors are wrong from the first step on, and so is the norm.",
    b="a new layer starts with the exact vectors. Only once W has moved do they lag behind, and they never catch up.",
    c="the gradient check of the first lesson detects it: the sigma of a new layer depends on W just as that of "
    "a trained one does.",
)


def _power(M: np.ndarray, v: np.ndarray, n: int) -> np.ndarray:
    for _ in range(n):
        v = M.T @ (M @ v)
        v = v / np.linalg.norm(v)
    return v


def _power_without_norm(M: np.ndarray, v: np.ndarray, n: int) -> np.ndarray:
    for _ in range(n):
        v = M.T @ (M @ v)
    return v


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v)


_wide = _rng.standard_normal((3, 5))
_tall = _rng.standard_normal((6, 4))

q1 = Formula(
    right=lambda M, v, n: np.linalg.norm(M @ _power(M, v, n)),
    cases=[
        (_tall, _rng.standard_normal(4), 1),
        (_wide, _rng.standard_normal(5), 3),
        (0.1 * _tall, _rng.standard_normal(4), 2),
    ],
    todo="n times: v becomes M.T @ (M @ v), divided by its length; in the end sigma is the length of M @ v.",
    praise="its error has only one sign: no vector is stretched by more than the largest singular value.",
    mistakes={
        "this is the exact singular value; the answer should be the estimate after n steps": lambda M, v, n: (
            np.linalg.svd(M, compute_uv=False)[0]
        ),
        "v is never normalised to a unit vector, so M v is too long by the same factor as v": lambda M, v, n: (
            np.linalg.norm(M @ _power_without_norm(M, v, n))
        ),
        "this is the square, v' M' M v; sigma is its root": lambda M, v, n: np.linalg.norm(M @ _power(M, v, n)) ** 2,
        "this is the length of M' M v, which tends to the square of sigma": lambda M, v, n: np.linalg.norm(
            M.T @ (M @ _power(M, v, n))
        ),
        "this takes one step too few": lambda M, v, n: np.linalg.norm(M @ _unit(_power(M, v, n - 1))),
        "this takes one step too many": lambda M, v, n: np.linalg.norm(M @ _power(M, v, n + 1)),
        "no step is taken: v is still the initial vector": lambda M, v, n: np.linalg.norm(M @ _unit(v)),
        "this is the sum of the entries of M v, not its length": lambda M, v, n: np.sum(M @ _power(M, v, n)),
        "this is the norm of all entries of M, which is larger: the root of the sum of all squared singular values": (
            lambda M, v, n: np.linalg.norm(M)
        ),
    },
)


def _case(shape: tuple[int, int]) -> tuple[np.ndarray, ...]:
    W = _rng.standard_normal(shape)
    U, _, V = np.linalg.svd(W)
    return _rng.standard_normal(shape), W, U[:, 0], V[0]


def _through(
    dW_bar: np.ndarray,
    W: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
    inner: float | None = None,
    outer: np.ndarray | None = None,
    sign: float = -1.0,
    power: int = 1,
) -> np.ndarray:
    """The gradient in W of a loss whose gradient in W / sigma is dW_bar; the last four parameters each make a mistake."""
    sigma = u @ W @ v
    inner = np.sum(dW_bar * W) / sigma if inner is None else inner
    outer = np.outer(u, v) if outer is None else outer
    return (dW_bar + sign * inner * outer) / sigma**power


q2 = Formula(
    right=lambda dW_bar, W, u, v: _through(dW_bar, W, u, v),
    cases=[_case((5, 3)), _case((3, 4)), _case((4, 4))],
    todo="sigma = u @ W @ v; then subtract <dW_bar, W / sigma> times the outer product of u and v, and divide by sigma.",
    praise="it is perpendicular to W: a step along W would change nothing.",
    mistakes={
        "this ignores that sigma depends on W: the second term is missing": lambda dW_bar, W, u, v: (
            dW_bar / (u @ W @ v)
        ),
        "the whole expression is divided by sigma: a factor 1/sigma is missing": lambda dW_bar, W, u, v: _through(
            dW_bar, W, u, v, power=0
        ),
        "the inner product is taken with W / sigma, not with W": lambda dW_bar, W, u, v: _through(
            dW_bar, W, u, v, inner=np.sum(dW_bar * W)
        ),
        "the second term has the wrong sign: a larger sigma makes W / sigma smaller": lambda dW_bar, W, u, v: _through(
            dW_bar, W, u, v, sign=1.0
        ),
        "this subtracts the component of dW_bar along u v'; it should subtract <dW_bar, W / sigma> times u v'": lambda dW_bar, W, u, v: (
            _through(dW_bar, W, u, v, inner=u @ dW_bar @ v)
        ),
        "this removes the component along W itself: the gradient of sigma is u v', not W / sigma": lambda dW_bar, W, u, v: (
            _through(dW_bar, W, u, v, outer=W / (u @ W @ v))
        ),
        "divide by sigma once: the other division is already in W / sigma": lambda dW_bar, W, u, v: _through(
            dW_bar, W, u, v, power=2
        ),
    },
    sizes={},
)


def _reverse(
    p: np.ndarray,
    q: np.ndarray,
    T: np.ndarray | None = None,
    conjugate: Callable = lambda T: -1 - np.log(-T),
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, float]:
    """The best scores and the value; the last three parameters each make a mistake."""
    T = -q / p if T is None else T
    return T, np.sum(p * T) - np.sum((q if weights is None else weights) * conjugate(T))


def _die(n: int) -> np.ndarray:
    a = 0.2 + _rng.random(n)
    return a / a.sum()


q3 = Formula(
    right=lambda p, q: _reverse(p, q),
    cases=[(_die(5), _die(5)), (_die(4), _die(4))],
    todo="first f*(T): which t maximises t T + log t? Then T = f'(p / q), and put both into (18.13).",
    praise="the value is the sum of q log(q / p), KL(q || p), found by a game.",
    mistakes={
        "the derivative of -log t is -1 / t: these scores have the wrong sign": lambda p, q: (
            q / p,
            np.sum(q) + np.sum(q * (1 + np.log(q / p))),
        ),
        "f*(T) = -1 - log(-T): the -1 is missing": lambda p, q: _reverse(p, q, conjugate=lambda T: -np.log(-T)),
        "f*(T) = -1 - log(-T): the 1 has the wrong sign": lambda p, q: _reverse(
            p, q, conjugate=lambda T: 1 - np.log(-T)
        ),
        "the ratio is upside down: t = p / q, so -1 / t is -q / p": lambda p, q: _reverse(p, q, T=-p / q),
        "these scores are f(p / q), not its derivative": lambda p, q: (
            np.log(q / p),
            _reverse(p, q)[1],
        ),
        "this is D's loss; the value that D maximises has the opposite sign": lambda p, q: (
            _reverse(p, q)[0],
            -_reverse(p, q)[1],
        ),
        "the conjugate is averaged over the fakes, with weights q": lambda p, q: _reverse(p, q, weights=p),
        "the conjugate is subtracted, not added": lambda p, q: (
            -q / p,
            -np.sum(q) + np.sum(q * (-1 - np.log(q / p))),
        ),
    },
    names=("T", "value"),
)
