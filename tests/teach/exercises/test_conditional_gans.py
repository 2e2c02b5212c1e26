"""Lesson 19: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import conditional_gans


def kl(a, b):
    return sum(s * np.log(s / t) for s, t in zip(a, b, strict=True) if s > 0)


def careless(p, q):
    m = (p + q) / 2
    return (np.sum(p * np.log(p / m)) + np.sum(q * np.log(q / m))) / 2


def both(p, q):
    return kl(p, (p + q) / 2) + kl(q, (p + q) / 2)


def classes(share):
    return range(len(share))


def scattered(rows, label, K):
    return np.stack([rows[label == k].sum(axis=0) for k in range(K)])


def indexed(x, label, gamma, dy):
    dgamma, dbeta = np.zeros_like(gamma), np.zeros_like(gamma)
    dgamma[label] += dy * x
    dbeta[label] += dy
    return gamma[label] * dy, dgamma, dbeta


def assigned(x, label, gamma, dy):
    dgamma, dbeta = np.zeros_like(gamma), np.zeros_like(gamma)
    for n, k in enumerate(label):
        dgamma[k], dbeta[k] = dy[n] * x[n], dy[n]
    return gamma[label] * dy, dgamma, dbeta


def not_sorted(x, label, gamma, dy):
    return gamma[label] * dy, (dy * x).sum(axis=0), dy.sum(axis=0)


def averaged(x, label, gamma, dy):
    def mean(rows):
        return np.stack([rows[label == k].mean(axis=0) if k in label else 0 * rows[0] for k in range(len(gamma))])

    return gamma[label] * dy, mean(dy * x), mean(dy)


def with_gamma(x, label, gamma, dy):
    d = gamma[label] * dy
    return d, scattered(d * x, label, len(gamma)), scattered(dy, label, len(gamma))


def without_x(x, label, gamma, dy):
    return gamma[label] * dy, scattered(dy, label, len(gamma)), scattered(dy, label, len(gamma))


def shift_scaled(x, label, gamma, dy):
    return gamma[label] * dy, scattered(dy * x, label, len(gamma)), scattered(gamma[label] * dy, label, len(gamma))


def unscaled(x, label, gamma, dy):
    return dy, scattered(dy * x, label, len(gamma)), scattered(dy, label, len(gamma))


def log_softmax(phi, V):
    scores = phi @ V.T
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def own(table, label):
    return table[np.arange(len(label)), label]


WRONG = {
    "q1": {
        "what a D without labels sees": lambda share, p, q: both(share @ p, share @ q) / 2,
        "not equally": lambda share, p, q: sum(both(p[y], q[y]) / 2 for y in classes(share)) / len(share),
        "this is their sum": lambda share, p, q: sum(both(p[y], q[y]) / 2 for y in classes(share)),
        "compares both with their mixture": lambda share, p, q: sum(share[y] * kl(p[y], q[y]) for y in classes(share)),
        "KL(p || m) alone": lambda share, p, q: sum(share[y] * kl(p[y], (p[y] + q[y]) / 2) for y in classes(share)),
        "factor 1/2 is missing": lambda share, p, q: sum(share[y] * both(p[y], q[y]) for y in classes(share)),
        "the answer should be the distance": lambda share, p, q: sum(
            share[y] * (np.log(4) - both(p[y], q[y])) for y in classes(share)
        ),
        "too small by log 2": lambda share, p, q: sum(
            share[y] * (kl(p[y], p[y] + q[y]) + kl(q[y], p[y] + q[y])) / 2 for y in classes(share)
        ),
        "0 log 0": lambda share, p, q: sum(share[y] * careless(p[y], q[y]) for y in classes(share)),
    },
    "q2": {
        "keep only the last": indexed,
        "a repeated label": assigned,
        "dgamma: its shape is (3,)": not_sorted,
        "the gradients of a class add up": averaged,
        "without gamma": with_gamma,
        "gamma is multiplied by x": without_x,
        "its gradient does not contain gamma": shift_scaled,
        "dx: x is multiplied by gamma[label]": unscaled,
        "it should return 3 things": lambda x, label, gamma, dy: gamma[label] * dy,
    },
    "q3": {
        "the normalisers are missing": lambda phi, label, Vp, Vq, marginal: (
            np.einsum("ni,ni->n", phi, (Vp - Vq)[label]) + marginal
        ),
        "p and q are swapped": lambda phi, label, Vp, Vq, marginal: (
            own(log_softmax(phi, Vq) - log_softmax(phi, Vp), label) + marginal
        ),
        "log p(x)/q(x) is part of the score": lambda phi, label, Vp, Vq, marginal: own(
            log_softmax(phi, Vp) - log_softmax(phi, Vq), label
        ),
        "added, not subtracted": lambda phi, label, Vp, Vq, marginal: (
            own(log_softmax(phi, Vp) - log_softmax(phi, Vq), label) - marginal
        ),
        "the fakes' term": lambda phi, label, Vp, Vq, marginal: own(log_softmax(phi, Vp), label) + marginal,
        "ratios for all K classes": lambda phi, label, Vp, Vq, marginal: (
            log_softmax(phi, Vp) - log_softmax(phi, Vq) + marginal[:, None]
        ),
        "the logarithm of the ratio": lambda phi, label, Vp, Vq, marginal: np.exp(
            own(log_softmax(phi, Vp) - log_softmax(phi, Vq), label) + marginal
        ),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(conditional_gans, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
