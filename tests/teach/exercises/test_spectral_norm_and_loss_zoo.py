"""Lesson 18: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import spectral_norm_and_loss_zoo


def direction(M, v, n, unit=True):
    for _ in range(n):
        v = (M.T @ M) @ v
        v = v / np.sqrt(v @ v) if unit else v
    return v


def stretched(M, v):
    w = M @ v
    return np.sqrt(w @ w)


def overwritten(M, v, n):
    for _ in range(n):
        v[...] = M.T @ (M @ v)
        v /= np.linalg.norm(v)
    return stretched(M, v)


def parts(G, W, u, v):
    s = u @ (W @ v)
    return s, (G * W / s).sum(), u[:, None] * v[None]


def constant_sigma(G, W, u, v):
    return G / parts(G, W, u, v)[0]


def undivided(G, W, u, v):
    _, inner, outer = parts(G, W, u, v)
    return G - inner * outer


def with_w(G, W, u, v):
    s, inner, outer = parts(G, W, u, v)
    return G / s - inner * outer


def added(G, W, u, v):
    s, inner, outer = parts(G, W, u, v)
    return (G + inner * outer) / s


def its_share(G, W, u, v):
    s, _, outer = parts(G, W, u, v)
    return (G - (G * outer).sum() * outer) / s


def off_w(G, W, u, v):
    s, inner, _ = parts(G, W, u, v)
    return (G - inner * W / s) / s


def twice(G, W, u, v):
    s, inner, outer = parts(G, W, u, v)
    return (G - inner * outer) / s / s


def transposed_outer(G, W, u, v):
    s, inner, outer = parts(G, W, u, v)
    return ((G - inner * outer) / s).T


def best(p, q):
    return -(q / p)


def kl(p, q):
    return np.sum(q * (np.log(q) - np.log(p)))


def reached(p, q, T, dual):
    return T, p @ T - q @ dual(T)


WRONG = {
    "q1": {
        "this is the exact singular value": lambda M, v, n: np.sqrt(np.linalg.eigvalsh(M.T @ M)[-1]),
        "never normalised to a unit vector": lambda M, v, n: stretched(M, direction(M, v, n, unit=False)),
        "this is the square": lambda M, v, n: stretched(M, direction(M, v, n)) ** 2,
        "tends to the square of sigma": lambda M, v, n: np.linalg.norm(M.T @ M @ direction(M, v, n)),
        "one step too few": lambda M, v, n: stretched(M, direction(M, v / np.linalg.norm(v), n - 1)),
        "one step too many": lambda M, v, n: stretched(M, direction(M, v, n + 1)),
        "no step is taken": lambda M, v, n: stretched(M, v) / np.sqrt(v @ v),
        "the sum of the entries": lambda M, v, n: (M @ direction(M, v, n)).sum(),
        "norm of all entries": lambda M, v, n: np.sqrt(np.sum(M**2)),
        "changes its argument": overwritten,
    },
    "q2": {
        "the second term is missing": constant_sigma,
        "a factor 1/sigma is missing": undivided,
        "not with W": with_w,
        "the wrong sign": added,
        "the component of dW_bar along u v'": its_share,
        "removes the component along W itself": off_w,
        "divide by sigma once": twice,
        "it is transposed": transposed_outer,
    },
    "q3": {
        "scores have the wrong sign": lambda p, q: (q / p, 2 + kl(p, q)),
        "the -1 is missing": lambda p, q: reached(p, q, best(p, q), lambda T: np.log(-1 / T)),
        "the 1 has the wrong sign": lambda p, q: reached(p, q, best(p, q), lambda T: 1 + np.log(-1 / T)),
        "upside down": lambda p, q: reached(p, q, best(q, p), lambda T: np.log(-1 / T) - 1),
        "not its derivative": lambda p, q: (-np.log(p / q), kl(p, q)),
        "this is D's loss": lambda p, q: (best(p, q), -kl(p, q)),
        "averaged over the fakes": lambda p, q: (best(p, q), -1 + p @ (1 + np.log(q / p))),
        "subtracted, not added": lambda p, q: (best(p, q), -2 - kl(p, q)),
        "it should return 2 things": kl,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(spectral_norm_and_loss_zoo, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
