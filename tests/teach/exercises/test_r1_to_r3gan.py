"""Lesson 17: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.losses import non_saturating, relativistic
from minigan.penalties import R1, R2, add_penalty
from minigan.teach.exercises import r1_to_r3gan


def sig(t):
    return 0.5 * (1 + np.tanh(t / 2))


def table(r, f):
    """softplus and sigmoid of every difference, from nested lists."""
    t = np.array([[b - a for b in f] for a in r])
    return np.logaddexp(0, t), sig(t)


def upside_down(r, f):
    value, derivative = table(f, r)  # (M, N), of r - f
    n = derivative.size
    return value.sum() / n, derivative.sum(axis=0) / n, -derivative.sum(axis=1) / n


def both_up(r, f):
    value, derivative = table(r, f)
    return value.mean(), derivative.sum(1) / derivative.size, derivative.sum(0) / derivative.size


def signs_swapped(r, f):
    value, derivative = table(r, f)
    return value.mean(), derivative.sum(1) / derivative.size, -derivative.sum(0) / derivative.size


def means(r, f):
    value, derivative = table(r, f)
    return value.mean(), -derivative.mean(1), derivative.mean(0)


def sums(r, f):
    value, derivative = table(r, f)
    return value.mean(), -derivative.sum(1), derivative.sum(0)


def plain(r, f):
    value, d_real, d_fake = non_saturating.d(r, f)
    return value, d_real, d_fake


def against_the_mean(r, f):
    t = np.mean(f) - r
    return np.mean(np.log(1 + np.exp(t))), -sig(t) / r.size, np.repeat(np.mean(sig(t)) / f.size, f.size)


def other_sigmoid(r, f):
    value, derivative = table(r, f)
    return value.mean(), -(1 - derivative).sum(1) / derivative.size, (1 - derivative).sum(0) / derivative.size


def d_step(D, x, fake, loss, *penalties):
    """loss: (r, f) -> d_real, d_fake; penalties: (batch, penalty)."""
    (r, a), (f, b) = D.forward(x), D.forward(fake)
    for dy, caches in zip(loss(r, f), (a, b), strict=True):
        if dy is not None:
            D.backward(dy, caches)
    for batch, penalty in penalties:
        add_penalty(D, *D.forward(batch), penalty)
    return D.grad


def pair(r, f):
    return relativistic.d(r, f)[1:]


def r3(loss=pair, weigh=lambda c: c, at_real="x", at_fake="fake", first=True, second=True):
    def answer(D, x, fake, gamma):
        batches = {"x": x, "fake": fake}
        penalties = [(batches[at_real], R1(gamma=weigh(gamma)))] if first else []
        penalties += [(batches[at_fake], R2(gamma=weigh(gamma)))] if second else []
        return d_step(D, x, fake, loss, *penalties)

    return answer


def twice(D, x, fake, gamma):
    (r, a), (f, b) = D.forward(x), D.forward(fake)
    _, d_real, d_fake = relativistic.d(r, f)
    for _ in range(2):
        D.backward(d_real, a)
        D.backward(d_fake, b)
    add_penalty(D, r, a, R1(gamma=gamma))
    add_penalty(D, f, b, R2(gamma=gamma))
    return D.grad


def wrong_order(D, x, fake, gamma):
    (r, a), (f, b) = D.forward(x), D.forward(fake)
    _, d_real, d_fake = relativistic.d(f, r)
    D.backward(d_real, b)
    D.backward(d_fake, a)
    add_penalty(D, r, a, R1(gamma=gamma))
    add_penalty(D, f, b, R2(gamma=gamma))
    return D.grad


def no_loss(D, x, fake, gamma):
    return d_step(D, x, fake, lambda r, f: (None, None), (x, R1(gamma=gamma)), (fake, R2(gamma=gamma)))


WRONG = {
    "q1": {
        "the pair is upside down": upside_down,
        "d_real has a minus": both_up,
        "signs of both gradients are swapped": signs_swapped,
        "not a mean over the partners": means,
        "divide by N M": sums,
        "no pairs": plain,
        "another loss (RaGAN)": against_the_mean,
        "sigmoid of the same argument": other_sigmoid,
        "not the sum": lambda r, f: (table(r, f)[0].sum(), -both_up(r, f)[1], both_up(r, f)[2]),
        "it should return 3 things": lambda r, f: table(r, f)[0].mean(),
    },
    "q2": {
        "there are two penalties": lambda t, n, a, b: 0.5 * a**2 * (b / a) ** (2 * t / n),
        "the answer should be gamma": lambda t, n, a, b: np.exp(np.log(a) + t / n * np.log(b / a)),
        "the square of the resolution": lambda t, n, a, b: np.exp(np.log(a) + t / n * np.log(b / a)) / 4,
        "not by the same amount": lambda t, n, a, b: (a * (1 - t / n) + b * t / n) ** 2 / 4,
        "falls linearly": lambda t, n, a, b: a**2 / 4 * (1 - t / n) + b**2 / 4 * t / n,
        "it runs backward": lambda t, n, a, b: b**2 * (a / b) ** (2 * t / n) / 4,
        "the exponent is t / n": lambda t, n, a, b: a**2 * (b / a) ** (2 * t) / 4,
        "so divide by 4": lambda t, n, a, b: 4 * a**2 * (b / a) ** (2 * t / n),
    },
    "q3": {
        "R2 is missing": r3(second=False),
        "R1 is missing": r3(first=False),
        "both penalties are missing": r3(first=False, second=False),
        "R2 is computed at the reals": r3(at_fake="x"),
        "R1 is computed at the fakes": r3(at_real="fake"),
        "this is the plain loss": r3(lambda r, f: non_saturating.d(r, f)[1:]),
        "takes the reals' scores first": wrong_order,
        "gamma is not passed on": r3(weigh=lambda c: 1.0),
        "already in the penalty": r3(weigh=lambda c: c / 2),
        "the penalties alone": no_loss,
        "the loss is counted twice": twice,
        "backward pass for the reals is missing": r3(lambda r, f: (None, pair(r, f)[1])),
        "backward pass for the fakes is missing": r3(lambda r, f: (pair(r, f)[0], None)),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(r1_to_r3gan, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
