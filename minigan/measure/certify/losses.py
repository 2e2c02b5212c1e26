"""What is claimed of every loss: its slopes are the slopes of its value, and both stay finite where D is very sure.

At scores of +-10,000 exp overflows and a probability is exactly 0 or 1; a loss written through the probability returns inf or
NaN there.  The slopes are checked against differences there too, with the step h = 1, which is exact for a straight line
and for a parabola, and every GAN loss is one or the other that far out.
"""

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from minigan import losses
from minigan.gradcheck import ADJOINT, FIRST, Check, compare, numerical_gradient
from minigan.measure.certify.claim import Claim, holds

FAR, FLOAT32 = 1e4, 1e-4


# The definitions, one score at a time and through the probability p = sigmoid(s), as the papers write them.
def _p(s):
    return 1 / (1 + math.exp(-s))


DEFINITIONS = {  # name -> (D's loss of a pair r, f; G's loss of it); all are sums over scores, so pairs will do
    "minimax": (lambda r, f: -math.log(_p(r)) - math.log(1 - _p(f)), lambda r, f: math.log(1 - _p(f))),
    "non_saturating": (lambda r, f: -math.log(_p(r)) - math.log(1 - _p(f)), lambda r, f: -math.log(_p(f))),
    "least_squares": (lambda r, f: ((r - 1) ** 2 + f**2) / 2, lambda r, f: (f - 1) ** 2 / 2),
    "hinge": (lambda r, f: max(0, 1 - r) + max(0, 1 + f), lambda r, f: -f),
    "wasserstein": (lambda r, f: f - r, lambda r, f: -f),
    "relativistic": (lambda r, f: -math.log(_p(r - f)), lambda r, f: -math.log(_p(f - r))),
}


def scores(rng, shape=(5, 1)):
    return rng.standard_normal(shape), rng.standard_normal(shape)


def far(sign_r, sign_f):
    """Large scores of the given signs, far from each other and from every kink."""
    return sign_r * FAR * np.array([[1.0], [0.5], [0.3]]), sign_f * FAR * np.array([[0.9], [0.7], [0.1]])


def slopes(loss, r, f, h) -> Iterator[Check]:
    """Both faces of a GAN loss against central differences."""
    r, f = r.copy(), f.copy()
    _, d_real, d_fake = loss.d(r, f)
    yield compare("d: d_real", d_real, numerical_gradient(lambda _: loss.d(r, f)[0], r, h), FIRST)
    yield compare("d: d_fake", d_fake, numerical_gradient(lambda _: loss.d(r, f)[0], f, h), FIRST)
    _, d_fake, *rest = loss.g(r, f)
    yield compare("g: d_fake", d_fake, numerical_gradient(lambda _: loss.g(r, f)[0], f, h), FIRST)
    d_real = rest[0] if rest else np.zeros_like(r)
    yield compare("g: d_real", d_real, numerical_gradient(lambda _: loss.g(r, f)[0], r, h), FIRST)


def near(loss, definition) -> Iterator[Check]:
    rng = np.random.default_rng(0)
    for shape in ((5, 1), (1, 1), (2, 3, 2, 1)):  # the last: a patch discriminator
        r, f = scores(rng, shape)
        for face, formula in zip("dg", definition, strict=True):
            mean = sum(map(formula, r.flat, f.flat)) / r.size
            yield compare(f"{face}: value", getattr(loss, face)(r, f)[0], mean, ADJOINT)
        yield from slopes(loss, r, f, h=1e-5)


def stable(loss) -> Iterator[Check]:
    for signs in ((1, -1), (-1, 1), (1, 1), (-1, -1)):
        yield from slopes(loss, *far(*signs), h=1.0)
        for dtype in (np.float32, np.float64):
            r, f = (a.astype(dtype) for a in far(*signs))
            for face, (value, *given) in (("d", loss.d(r, f)), ("g", loss.g(r, f))):
                finite = np.isfinite(value) and all(np.isfinite(a).all() for a in given)
                yield holds(f"{face}: finite", finite, f"value {value} at {r.ravel()} against {f.ravel()}")
                kept = all(a.dtype == dtype for a in given)
                yield holds(f"{face}: dtype kept", kept, f"{np.dtype(dtype)} in, {[str(a.dtype) for a in given]} out")


def _plain_losses():
    """name -> (loss of one array, that array, its definition or None), for losses of a prediction."""
    rng = np.random.default_rng(1)
    s, target = rng.standard_normal((4, 3)), rng.random((4, 3))
    labels, mu = np.array([2, 0, 1, 2]), rng.standard_normal((4, 3))
    wide = FAR * np.array([[1.0, -1.0, 0.3], [-1.0, 0.2, 0.5], [0.1, -0.4, 1.0], [0.7, -0.7, -1.0]])
    t = 0.9 * target + 0.05

    def mean(terms):
        return sum(terms) / s.size

    bce = mean(-t * math.log(_p(s)) - (1 - t) * math.log(1 - _p(s)) for s, t in zip(s.flat, t.flat))
    picked = [math.exp(row[label]) / sum(map(math.exp, row)) for row, label in zip(s.tolist(), labels)]
    kl = sum((m * m + math.exp(v) - 1 - v) / 2 for m, v in zip(mu.flat, s.flat)) / len(mu)
    return {
        "bce_with_logits": (lambda a: losses.bce_with_logits(a, target, smoothing=0.1), s, bce),
        "bce_with_logits, one target": (
            lambda a: losses.bce_with_logits(a, 1.0),
            s,
            mean(-math.log(_p(a)) for a in s.flat),
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


def plain(loss, x, definition) -> Iterator[Check]:
    value, slope = loss(x)
    if definition is not None:
        yield compare("value", value, definition, ADJOINT)
    h = 1.0 if np.abs(x).max() > 1e3 else 1e-5
    yield compare("slope", slope, numerical_gradient(lambda a: loss(a)[0], x.copy(), h), FIRST)


def single(loss, x) -> Iterator[Check]:
    value, slope = loss(x)
    value32, slope32 = loss(x.astype(np.float32))
    yield holds("dtype kept", slope32.dtype == np.float32, f"float32 in, {slope32.dtype} out")
    yield compare("value", value32, value, FLOAT32)
    yield compare("slope", slope32, slope, FLOAT32)


def claims() -> list[Claim]:
    made = []
    for name, loss in losses.GAN_LOSSES.items():
        made.append(Claim("losses", name, "first order", "random scores", partial(near, loss, DEFINITIONS[name])))
        made.append(Claim("losses", name, "stable", "scores of +-1e4", partial(stable, loss)))
    for name, (loss, x, definition) in _plain_losses().items():
        subject, _, sample = name.partition(", ")
        made.append(Claim("losses", subject, "first order", sample or "random", partial(plain, loss, x, definition)))
        made.append(Claim("losses", subject, "float32", sample or "random", partial(single, loss, x)))
    return made
