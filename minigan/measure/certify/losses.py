"""Claims about losses: the gradients are those of the value, and both stay finite when D is very confident.

At scores of +-10,000, exp overflows and the probability is exactly 0 or 1; a loss computed from the probability returns inf or
NaN there.  The gradients are checked against differences there too, with step h = 1: central differences are exact for linear
and quadratic functions, and that far out each GAN loss is one or the other.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np

from minigan import losses
from minigan.gradcheck import ADJOINT, FIRST, Check, check_gradient, compare
from minigan.measure.certify.claim import Claim, holds, same

FAR, FLOAT32 = 1e4, 1e-4
PlainLoss = Callable[[np.ndarray], Sequence]  # x -> (value, gradient)


# The definitions for a single score, in terms of the probability p = sigmoid(s), as the papers write them.
def sigmoid(s: float) -> float:
    """1 / (1 + exp(-s)), of one number, without any care for overflow."""
    return 1 / (1 + math.exp(-s))


DEFINITIONS: dict[
    str, tuple[Callable, Callable]
] = {  # name -> (L_D(r, f), L_G(r, f)) of one pair; the loss is their mean
    "minimax": (lambda r, f: -math.log(sigmoid(r)) - math.log(1 - sigmoid(f)), lambda r, f: math.log(1 - sigmoid(f))),
    "non_saturating": (
        lambda r, f: -math.log(sigmoid(r)) - math.log(1 - sigmoid(f)),
        lambda r, f: -math.log(sigmoid(f)),
    ),
    "least_squares": (lambda r, f: ((r - 1) ** 2 + f**2) / 2, lambda r, f: (f - 1) ** 2 / 2),
    "hinge": (lambda r, f: max(0, 1 - r) + max(0, 1 + f), lambda r, f: -f),
    "wasserstein": (lambda r, f: f - r, lambda r, f: -f),
    "relativistic": (lambda r, f: -math.log(sigmoid(r - f)), lambda r, f: -math.log(sigmoid(f - r))),
}


def far(sign_r: int, sign_f: int) -> tuple[np.ndarray, np.ndarray]:
    """Large scores r, f with the given signs, far from each other and from any kink."""
    return sign_r * FAR * np.array([[1.0], [0.5], [0.3]]), sign_f * FAR * np.array([[0.9], [0.7], [0.1]])


def gradients(loss: losses.GANLoss, r: np.ndarray, f: np.ndarray, h: float) -> Iterator[Check]:
    """The gradients of L_D and of L_G in the scores r and f against central differences with step h."""
    r, f = r.copy(), f.copy()
    _, d_real, d_fake = loss.d(r, f)
    yield check_gradient("d: d_real", d_real, lambda _: loss.d(r, f)[0], r, FIRST, h)
    yield check_gradient("d: d_fake", d_fake, lambda _: loss.d(r, f)[0], f, FIRST, h)
    _, d_fake, *rest = loss.g(r, f)
    yield check_gradient("g: d_fake", d_fake, lambda _: loss.g(r, f)[0], f, FIRST, h)
    d_real = rest[0] if rest else np.zeros_like(r)
    yield check_gradient("g: d_real", d_real, lambda _: loss.g(r, f)[0], r, FIRST, h)


def moderate(loss: losses.GANLoss, definition: tuple[Callable, Callable]) -> Iterator[Check]:
    """Values against the definition and gradients against differences, at random scores."""
    rng = np.random.default_rng(0)
    for shape in ((5, 1), (1, 1), (2, 3, 2, 1)):  # last: a patch discriminator
        r, f = rng.standard_normal(shape), rng.standard_normal(shape)
        for player, formula in zip("dg", definition, strict=True):
            mean = sum(map(formula, r.flat, f.flat)) / r.size
            yield compare(f"{player}: value", getattr(loss, player)(r, f)[0], mean, ADJOINT)
        yield from gradients(loss, r, f, h=1e-5)
    if not loss.relativistic:  # a mean over each batch, whatever the size of the other one
        r, f = rng.standard_normal((5, 1)), rng.standard_normal((3, 1))
        for player, formula in zip("dg", definition, strict=True):
            mean = sum(formula(a, b) for a in r.flat for b in f.flat) / (r.size * f.size)
            yield compare(f"{player}: value, sizes 5 and 3", getattr(loss, player)(r, f)[0], mean, ADJOINT)
        yield from gradients(loss, r, f, h=1e-5)
        yield same("g without real scores", loss.g(None, f)[1], loss.g(r, f)[1])


def stable(loss: losses.GANLoss) -> Iterator[Check]:
    """Gradients against differences at scores of +-1e4; values and gradients are finite and keep their dtype."""
    for signs in ((1, -1), (-1, 1), (1, 1), (-1, -1)):
        yield from gradients(loss, *far(*signs), h=1.0)
        for dtype in (np.float32, np.float64):
            r, f = (a.astype(dtype) for a in far(*signs))
            for player, (value, *given) in (("d", loss.d(r, f)), ("g", loss.g(r, f))):
                finite = bool(np.isfinite(value)) and all(np.isfinite(a).all() for a in given)
                yield holds(f"{player}: finite", finite, f"value {value} at r = {r.ravel()}, f = {f.ravel()}")
                kept = all(a.dtype == dtype for a in given)
                yield holds(f"{player}: dtype kept", kept, f"{np.dtype(dtype)} in, {[str(a.dtype) for a in given]} out")


def _plain_losses() -> dict[str, tuple[PlainLoss, np.ndarray, float | None]]:
    """name -> (a loss as a function of one array, that array, its value by the definition or None)."""
    rng = np.random.default_rng(1)
    s, target = rng.standard_normal((4, 3)), rng.random((4, 3))
    labels, mu = np.array([2, 0, 1, 2]), rng.standard_normal((4, 3))
    wide = FAR * np.array([[1.0, -1.0, 0.3], [-1.0, 0.2, 0.5], [0.1, -0.4, 1.0], [0.7, -0.7, -1.0]])
    t = 0.9 * target + 0.05

    def mean(terms: Iterable[float]) -> float:
        return sum(terms) / s.size

    bce = mean(-t * math.log(sigmoid(s)) - (1 - t) * math.log(1 - sigmoid(s)) for s, t in zip(s.flat, t.flat))
    picked = [math.exp(row[label]) / sum(map(math.exp, row)) for row, label in zip(s.tolist(), labels)]
    kl = sum((m * m + math.exp(v) - 1 - v) / 2 for m, v in zip(mu.flat, s.flat)) / len(mu)
    return {
        "bce_with_logits": (lambda a: losses.bce_with_logits(a, target, smoothing=0.1), s, bce),
        "bce_with_logits, one target": (
            lambda a: losses.bce_with_logits(a, 1.0),
            s,
            mean(-math.log(sigmoid(a)) for a in s.flat),
        ),
        "bce_with_logits, far": (lambda a: losses.bce_with_logits(a, target), wide, None),
        "softmax_cross_entropy": (
            lambda a: losses.softmax_cross_entropy(a, labels),
            s,
            -sum(map(math.log, picked)) / len(picked),
        ),
        "softmax_cross_entropy, far": (lambda a: losses.softmax_cross_entropy(a, labels), wide, None),
        "mse": (lambda a: losses.mse(a, target), s, mean((a - b) ** 2 for a, b in zip(s.flat, target.flat))),
        "mse, far": (lambda a: losses.mse(a, target), wide, None),
        "l1": (lambda a: losses.l1(a, target), s, mean(abs(a - b) for a, b in zip(s.flat, target.flat))),
        "l1, far": (lambda a: losses.l1(a, target), wide, None),
        "gaussian_kl, mu": (lambda a: losses.gaussian_kl(a, s)[:2], mu, kl),
        "gaussian_kl, log_var": (lambda a: losses.gaussian_kl(mu, a)[::2], s, kl),
    }


def plain(loss: PlainLoss, x: np.ndarray, definition: float | None) -> Iterator[Check]:
    """The value against the definition, the gradient against differences."""
    value, gradient = loss(x)
    if definition is not None:
        yield compare("value", value, definition, ADJOINT)
    h = 1.0 if np.abs(x).max() > 1e3 else 1e-5
    yield check_gradient("gradient", gradient, lambda a: loss(a)[0], x.copy(), FIRST, h)


def float32(loss: PlainLoss, x: np.ndarray) -> Iterator[Check]:
    """float32 in, float32 out, near the float64 result."""
    value, gradient = loss(x)
    value32, gradient32 = loss(x.astype(np.float32))
    yield holds("dtype kept", gradient32.dtype == np.float32, f"float32 in, {gradient32.dtype} out")
    yield compare("value", value32, value, FLOAT32)
    yield compare("gradient", gradient32, gradient, FLOAT32)


def claims() -> list[Claim]:
    """All claims about losses."""
    made = []
    for name, loss in losses.GAN_LOSSES.items():
        made.append(Claim("losses", name, "first order", "random scores", partial(moderate, loss, DEFINITIONS[name])))
        made.append(Claim("losses", name, "stable", "scores of +-1e4", partial(stable, loss)))
    for name, (of_x, x, definition) in _plain_losses().items():
        subject, _, sample = name.partition(", ")
        made.append(Claim("losses", subject, "first order", sample or "random", partial(plain, of_x, x, definition)))
        made.append(Claim("losses", subject, "float32", sample or "random", partial(float32, of_x, x)))
    return made
