"""Lesson 7: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import the_gan_game


def parts(p, q):
    """The two halves of D's loss, by loops."""
    real = sum(-a * np.log(a / (a + b)) for a, b in zip(p, q, strict=True) if a > 0)
    fake = sum(-b * np.log(b / (a + b)) for a, b in zip(p, q, strict=True) if b > 0)
    return real, fake


def cost(r):
    return np.log(1 + np.exp(r))


def squares(s, p, q):
    return np.sum(0.5 * p * (s - 1) ** 2 + 0.5 * q * s**2)


WRONG = {
    "q1": {
        "NaN: leave out": lambda p, q: -np.sum(p * np.log(p / (p + q)) + q * np.log(q / (p + q))),
        "value of the game": lambda p, q: -sum(parts(p, q)),
        "not half of it": lambda p, q: sum(parts(p, q)) - 2 * np.log(2),
        "this is JSD": lambda p, q: np.log(2) - np.mean(parts(p, q)),
        "this is 2 JSD": lambda p, q: 2 * np.log(2) - sum(parts(p, q)),
        "natural logarithm": lambda p, q: sum(parts(p, q)) / np.log(2),
        "not their mean": lambda p, q: np.mean(parts(p, q)),
        "half from the reals": lambda p, q: parts(p, q)[0],
        "is a sum or a mean": lambda p, q: p / (p + q),
    },
    "q2": {
        "logistic": lambda p, q: (np.log(p / q), squares(np.log(p / q), p, q)),
        "p goes in the numerator": lambda p, q: (q / (p + q), squares(q / (p + q), p, q)),
        "s occurs in it twice": lambda p, q: (p / q, squares(p / q, p, q)),
        "the factors 1/2": lambda p, q: (p / (p + q), 2 * squares(p / (p + q), p, q)),
        "it is one number": lambda p, q: (p / (p + q), p * q / (p + q) / 2),
        "targets are swapped": lambda p, q: (p / (p + q), squares(p / (p + q), q, p)),
        "it should return 2 things": lambda p, q: p / (p + q),
    },
    "q3": {
        "contains it twice": lambda r, f: np.log(4) - cost(-r).mean() - cost(f).mean(),
        "smaller loss means a larger divergence": lambda r, f: (cost(-r).mean() + cost(f).mean()) / 2 - np.log(2),
        "real and fake are swapped": lambda r, f: np.log(2) - (cost(r).mean() + cost(-f).mean()) / 2,
        "two means": lambda r, f: np.log(2) - (cost(-r).sum() + cost(f).sum()) / (r.size + f.size),
        "this is D's loss": lambda r, f: cost(-r).mean() + cost(f).mean(),
        "half of log 4": lambda r, f: np.log(4) - (cost(-r).mean() + cost(f).mean()) / 2,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(the_gan_game, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
