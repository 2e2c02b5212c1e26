"""Lesson 12: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import normalisation


def batchnorm(dy, x, gamma, eps, keep=lambda u, xhat: u - u.mean(0) - xhat * (xhat * u).mean(0), s=None):
    s = np.sqrt(((x - x.mean(0)) ** 2).mean(0) + eps) if s is None else s
    xhat = (x - x.mean(0)) / s
    return keep(gamma * dy, xhat) / s, (dy * xhat).sum(0), dy.sum(0)


def folded(W, b, gamma, beta, mean, var, eps):
    s = np.sqrt(var + eps)
    return W * gamma / s, gamma * (b - mean) / s + beta


def groupnorm(dy, x, groups, eps, axes=(1, 2, 4)):
    cut = (*x.shape[:3], groups, -1)
    u, du = x.reshape(cut), dy.reshape(cut)
    u = u - u.mean(axes, keepdims=True)
    s = np.sqrt((u**2).mean(axes, keepdims=True) + eps)
    u = u / s
    dx = du - du.mean(axes, keepdims=True) - u * (u * du).mean(axes, keepdims=True)
    return (dx / s).reshape(x.shape)


WRONG = {
    "q1": {
        "the mean and the standard deviation are held constant": lambda dy, x, g, e: batchnorm(
            dy, x, g, e, lambda u, xhat: u
        ),
        "the standard deviation is held constant": lambda dy, x, g, e: batchnorm(
            dy, x, g, e, lambda u, xhat: u - u.mean(0)
        ),
        "the mean is held constant": lambda dy, x, g, e: batchnorm(
            dy, x, g, e, lambda u, xhat: u - xhat * (xhat * u).mean(0)
        ),
        "divide the sums by M": lambda dy, x, g, e: batchnorm(
            dy, x, g, e, lambda u, xhat: u - u.sum(0) - xhat * (xhat * u).sum(0)
        ),
        "gamma is missing": lambda dy, x, g, e: batchnorm(dy, x, 1, e),
        "not x": lambda dy, x, g, e: (batchnorm(dy, x, g, e)[0], np.sum(dy * x, 0), dy.sum(0)),
        "eps is missing": lambda dy, x, g, e: batchnorm(dy, x, g, 0),
        "added to the root": lambda dy, x, g, e: batchnorm(dy, x, g, e, s=x.std(0) + e),
        "for the running statistics": lambda dy, x, g, e: batchnorm(
            dy, x, g, e, s=np.sqrt(x.var(0, ddof=1) + e), keep=lambda u, h: u - u.mean(0) - h * (h * u).mean(0)
        ),
        "dbeta: it is M = 7 times too small": lambda dy, x, g, e: (*batchnorm(dy, x, g, e)[:2], dy.mean(0)),
        "dx: the numbers differ": lambda dy, x, g, e: batchnorm(
            dy, x, g, e, lambda u, h: u - u.mean(0) + h * (h * u).mean(0)
        ),
    },
    "q2": {
        "b and mean are scaled too": lambda W, b, g, beta, mean, var, eps: (
            folded(W, b, g, beta, mean, var, eps)[0],
            b + beta - mean,
        ),
        "b is not scaled": lambda W, b, g, beta, mean, var, eps: (
            folded(W, b, g, beta, mean, var, eps)[0],
            b + beta - g * mean / np.sqrt(var + eps),
        ),
        "beta is scaled too": lambda W, b, g, beta, mean, var, eps: (
            folded(W, b, g, beta, mean, var, eps)[0],
            g * (b + beta - mean) / np.sqrt(var + eps),
        ),
        "subtracts its mean": lambda W, b, g, beta, mean, var, eps: folded(W, b, g, beta, -mean, var, eps),
        "its rows are scaled": lambda W, b, g, beta, mean, var, eps: (
            (W.T * g / np.sqrt(var + eps)).T,
            folded(W, b, g, beta, mean, var, eps)[1],
        ),
        "divide by its square root": lambda W, b, g, beta, mean, var, eps: folded(
            W, b, g, beta, mean, (var + eps) ** 2 - eps, eps
        ),
        "eps is missing": lambda W, b, g, beta, mean, var, eps: folded(W, b, g, beta, mean, var, 0.0),
    },
    "q3": {
        "the mean should run over all pixels too": lambda dy, x, g, e: groupnorm(dy, x, g, e, (4,)),
        "which is InstanceNorm": lambda dy, x, g, e: groupnorm(dy, x, x.shape[3], e),
        "so they are mixed": lambda dy, x, g, e: groupnorm(dy, x, g, e, (0, 1, 2, 4)),
        "all groups share one mean": lambda dy, x, g, e: groupnorm(dy, x, 1, e),
        "neighbouring channels": lambda dy, x, g, e: (
            groupnorm(
                dy.reshape(*x.shape[:3], -1, g).swapaxes(3, 4).reshape(x.shape),
                x.reshape(*x.shape[:3], -1, g).swapaxes(3, 4).reshape(x.shape),
                g,
                e,
            )
            .reshape(*x.shape[:3], g, -1)
            .swapaxes(3, 4)
            .reshape(x.shape)
        ),
        "its shape is": lambda dy, x, g, e: groupnorm(dy, x, g, e).reshape(*x.shape[:3], g, -1),
        "the sign is wrong": lambda dy, x, g, e: -groupnorm(dy, x, g, e),
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(normalisation, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said
