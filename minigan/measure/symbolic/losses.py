"""Claims about losses: the value is its definition, and the gradients are SymPy's derivatives of that value.

The definitions are written with log and exp, as the papers have them, and without any care for overflow.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from minigan import losses
from minigan.measure.symbolic.claim import Claim, Equation
from minigan.measure.symbolic.number import gradient, symbols
from minigan.measure.symbolic.tower import Tower

N = 2  # a power of two: 1 / N is then the same number in floats and in fractions


def softplus(s: Any) -> Any:
    """log(1 + exp(s))"""
    return (1 + s.exp()).log()


def positive_part(s: Any) -> Any:
    """max(0, s)"""
    return s if s > 0 else 0


# name -> L_D(r, f) and L_G(r, f) of one pair of scores; the loss is their mean
DEFINITIONS: dict[str, tuple[Callable, Callable]] = {
    "minimax": (lambda r, f: softplus(-r) + softplus(f), lambda r, f: -softplus(f)),
    "non_saturating": (lambda r, f: softplus(-r) + softplus(f), lambda r, f: softplus(-f)),
    "least_squares": (lambda r, f: ((r - 1) ** 2 + f**2) / 2, lambda r, f: (f - 1) ** 2 / 2),
    "hinge": (lambda r, f: positive_part(1 - r) + positive_part(1 + f), lambda r, f: -f),
    "wasserstein": (lambda r, f: f - r, lambda r, f: -f),
    "relativistic": (lambda r, f: softplus(f - r), lambda r, f: softplus(r - f)),
}


def gan_loss(name: str, tower: Tower) -> Iterator[Equation]:
    """Both losses of one kind, and all their gradients."""
    r, f = (symbols(tower, label, (N, 1)) for label in "rf")
    for player, definition in zip("dg", DEFINITIONS[name], strict=True):
        value, *found = getattr(losses.GAN_LOSSES[name], player)(r, f)
        expected = sum(definition(a, b) for a, b in zip(r.flat, f.flat)) / N
        yield Equation(f"{player}: value", value, expected)
        x = (r, f) if player == "d" else (f, r)[: len(found)]
        for label, got, scores in zip(("first gradient", "second gradient"), found, x):
            yield Equation(f"{player}: {label}", got, gradient(value, scores))


PLAIN: dict[str, Callable[[Tower], tuple[Sequence, Sequence[np.ndarray], Any]]] = {}


def _plain(make: Callable) -> Callable:
    PLAIN[make.__name__] = make
    return make


@_plain
def bce_with_logits(tower: Tower) -> tuple:
    """With smoothing."""
    s, t, a = symbols(tower, "s", (N, 1)), symbols(tower, "t", (N, 1)), 0.25
    smooth = t * (1 - a) + a / 2
    expected = sum(softplus(x) - y * x for x, y in zip(s.flat, smooth.flat)) / N
    return losses.bce_with_logits(s, t, a), (s,), expected


@_plain
def softmax_cross_entropy(tower: Tower) -> tuple:
    """Three classes; the largest score, which is subtracted, may be any of them."""
    s, labels = symbols(tower, "s", (N, 3)), np.array([2, 0])
    expected = sum(sum(x.exp() for x in row).log() - row[label] for row, label in zip(s, labels)) / N
    return losses.softmax_cross_entropy(s, labels), (s,), expected


@_plain
def mse(tower: Tower) -> tuple:
    """Two arrays of symbols."""
    y, t = symbols(tower, "y", (N, 2)), symbols(tower, "t", (N, 2))
    return losses.mse(y, t), (y,), sum((a - b) ** 2 for a, b in zip(y.flat, t.flat)) / y.size


@_plain
def l1(tower: Tower) -> tuple:
    """Every sign of y - t is a region."""
    y, t = symbols(tower, "y", (N, 1)), symbols(tower, "t", (N, 1))
    return losses.l1(y, t), (y,), sum((a - b if a > b else b - a) for a, b in zip(y.flat, t.flat)) / y.size


@_plain
def gaussian_kl(tower: Tower) -> tuple:
    """Both gradients."""
    mu, v = symbols(tower, "mu", (N, 2)), symbols(tower, "log_var", (N, 2))
    expected = sum((m * m + a.exp() - 1 - a) / 2 for m, a in zip(mu.flat, v.flat)) / N
    return losses.gaussian_kl(mu, v), (mu, v), expected


def plain_loss(name: str, tower: Tower) -> Iterator[Equation]:
    """The value and each gradient."""
    (value, *found), inputs, expected = PLAIN[name](tower)
    yield Equation("value", value, expected)
    for i, (got, x) in enumerate(zip(found, inputs, strict=True)):
        yield Equation(f"gradient {i}", got, gradient(value, x))


def claims() -> list[Claim]:
    """All losses."""
    made = [
        Claim("losses", name, "value, gradients", f"{N} scores each", partial(gan_loss, name))
        for name in losses.GAN_LOSSES
    ]
    return made + [
        Claim("losses", name, "value, gradient", f"a batch of {N}", partial(plain_loss, name)) for name in PLAIN
    ]
