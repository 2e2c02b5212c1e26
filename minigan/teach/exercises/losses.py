"""Lesson 3, losses from logits: a softplus that does not overflow, probability minus truth, and the hinge."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(3)
N = 7


def sigmoid(s: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-s))


p1 = Prediction(
    "c",
    a="that is the right value, but computing it this way needs exp(100), and float32 ends at 3.4e38.",
    b="the probability does come out as 0, but then its logarithm is taken.",
    c="exp(100) is too large for float32 and becomes inf, 1 / (1 + inf) is 0, and -log 0 is inf. The gradient "
    "is worse: inf times 0, NaN.",
    d="the value is inf; the NaN comes one step later, in the gradient, where inf meets 0.",
)
p2 = Prediction(
    "c",
    a="that is the derivative of the other loss, -log D(fake): it is largest in size where D is certain that "
    "the image is fake.",
    b="that is its derivative at f = 0, where D cannot tell.",
    c="log(1 - sigmoid(f)) is almost flat there: its derivative is -sigmoid(-10), about -0.00005.",
)
p3 = Prediction(
    "c",
    a="the first is caught: its gradient is N times the gradient of its value.",
    b="there are two. The printed formula is right, value and gradient, wherever it can be computed at all.",
    c="the second is a different loss with a correct gradient; the third is the right loss and fails only for "
    "large scores.",
)

q1 = Formula(
    right=lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    cases=[
        (np.array([-1.5, -0.2, 0.0, 0.7, 3.0]),),
        (np.array([-1000.0, -30.0, 2.0, 40.0, 1000.0]),),
        (np.array([-40.0, -37.0, -45.0]),),
    ],
    todo="pull out the large part: log(1 + e^x) = x + log(1 + e^-x), and use this where x > 0.",
    praise="np.logaddexp(0, x) does the same; the library writes it out because this form also accepts complex numbers.",
    mistakes={
        "it is right near 0, but exp(x) overflows for large x: only take exp of something negative": lambda x: np.log(
            1 + np.exp(x)
        ),
        "log1p is right, but exp(x) still overflows for large x: take exp(-|x|)": lambda x: np.log1p(np.exp(x)),
        "for x = -40, 1 + exp(x) rounds to 1 and the logarithm to 0: np.log1p(u) computes log(1 + u) without this loss": lambda x: (
            np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)))
        ),
        "for x > 0, add the x that was pulled out: max(x, 0) + ...": lambda x: np.log1p(np.exp(-np.abs(x))),
        "x is pulled out where x > 0, and nothing where x < 0: max(x, 0), not |x|": lambda x: (
            np.abs(x) + np.log1p(np.exp(-np.abs(x)))
        ),
        "this is softplus(-x): the mirror image": lambda x: np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x))),
        "this is ReLU, which softplus approaches for large |x|; near 0 they differ": lambda x: np.maximum(x, 0),
    },
)
q2 = Formula(
    right=lambda s, t: (sigmoid(s) - t) / s.size,
    cases=[
        (_rng.standard_normal(N), _rng.integers(0, 2, N).astype(float)),
        (3 * _rng.standard_normal(N), _rng.random(N)),
    ],
    todo="differentiate softplus(s) - t s; the derivative of softplus is the sigmoid.",
    praise="an exponential family in its natural parameter always gives this: prediction minus truth.",
    mistakes={
        "this is the gradient in the probability p; multiply by dp/ds = p (1 - p), and p (1 - p) cancels": lambda s, t: (
            (sigmoid(s) - t) / (sigmoid(s) * (1 - sigmoid(s))) / s.size
        ),
        "p (1 - p) cancels in this loss; with it, this is the gradient of the squared error of p": lambda s, t: (
            (sigmoid(s) - t) * sigmoid(s) * (1 - sigmoid(s)) / s.size
        ),
        "the score itself is not a probability: sigmoid(s) - t": lambda s, t: (s - t) / s.size,
        "these are the gradients for t = 0; the truth t is missing": lambda s, t: sigmoid(s) / s.size,
        "keep one gradient for each score: backward takes the sum or mean over the batch": lambda s, t: np.mean(
            sigmoid(s) - t
        ),
    },
    sizes={"N": N},
)


def _hinge(
    r: np.ndarray,
    f: np.ndarray,
    real: Callable | None = None,
    fake: Callable | None = None,
    value: Callable | None = None,
) -> tuple[float, np.ndarray, np.ndarray]:
    """The loss, d_real, d_fake; `real`, `fake` and `value` replace one of them by a mistake."""
    d_real = np.where(r < 1, -1, 0) / r.size if real is None else real(r)
    d_fake = np.where(f > -1, 1, 0) / f.size if fake is None else fake(f)
    loss = np.maximum(1 - r, 0).mean() + np.maximum(1 + f, 0).mean() if value is None else value(r, f)
    return loss, d_real, d_fake


q3 = Formula(
    right=lambda r, f: _hinge(r, f),
    cases=[(1 + _rng.standard_normal(N), -1 + _rng.standard_normal(N)) for _ in range(2)],
    todo="inside the margin a score has the gradient -1/N (real) or 1/N (fake), outside it 0.",
    praise="D learns from the images it gets wrong and ignores those it gets right by a margin of 1; the gradients "
    "are never large.",
    mistakes={
        "d_real: the hinge opens on the wrong side; D has to learn where r < 1": lambda r, f: _hinge(
            r, f, real=lambda r: np.where(r > 1, -1, 0) / r.size
        ),
        "d_fake: the hinge opens on the wrong side; D has to learn where f > -1": lambda r, f: _hinge(
            r, f, fake=lambda f: np.where(f < -1, 1, 0) / f.size
        ),
        "d_fake: its margin is at f = -1, not at 1": lambda r, f: _hinge(
            r, f, fake=lambda f: np.where(f < 1, 1, 0) / f.size
        ),
        "the value is a mean, but the gradients lack the 1/N": lambda r, f: _hinge(
            r, f, lambda r: np.where(r < 1, -1, 0), lambda f: np.where(f > -1, 1, 0)
        ),
        "the value: the margin is missing; max(0, 1 - r), not max(0, -r)": lambda r, f: _hinge(
            r, f, value=lambda r, f: np.maximum(-r, 0).mean() + np.maximum(f, 0).mean()
        ),
        "the value: it is not clipped at 0; a score that is right by more than the margin adds nothing": lambda r, f: (
            _hinge(r, f, value=lambda r, f: (1 - r).mean() + (1 + f).mean())
        ),
        "the gradients: without a cut-off at the margin this is the Wasserstein loss": lambda r, f: _hinge(
            r, f, lambda r: np.full_like(r, -1 / r.size), lambda f: np.full_like(f, 1 / f.size)
        ),
    },
    sizes={"N": N},
    names=("value", "d_real", "d_fake"),
)
