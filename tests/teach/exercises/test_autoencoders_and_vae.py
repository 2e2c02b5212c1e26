"""Lesson 23: typical wrong answers, each with a part of the message that it has to get."""

import numpy as np
import pytest

from minigan.teach.exercises import autoencoders_and_vae


def kl(u, v, r, n, extra=0.0):
    """Half the sum of u^2 / r + v / r - 1 - log(v / r), over n."""
    return 0.5 * np.sum(u**2 / r + v / r - 1 - np.log(v / r) + extra) / n


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


class Bytes:
    """The right answer, in pieces that can be replaced."""

    s, half, ends, sign = 0.1, 1 / 255, True, 1.0

    def log_p(self, x, y):
        return self(x, y)[0]

    def __call__(self, x, y):
        a, b = (x + self.half - y) / self.s, (x - self.half - y) / self.s
        top, bottom = (x > 0.999) & self.ends, (x < -0.999) & self.ends
        inside = np.log1p(-np.exp(-2 * self.half / self.s))
        parts = np.where(top, 0, np.logaddexp(0, -a)) + np.where(bottom, 0, np.logaddexp(0, b))
        log_p = np.where(top | bottom, 0, inside) - parts
        dy = np.where(bottom, 0, sigmoid(b)) - np.where(top, 0, sigmoid(-a))
        return log_p.reshape(len(x), -1).sum(axis=1), self.sign * dy / self.s


class NoEnds(Bytes):
    ends = False


class WrongEdges(Bytes):
    half = 1 / 127.5


class Uphill(Bytes):
    sign = -1.0


class Averaged(Bytes):
    def __call__(self, x, y):
        log_p, dy = super().__call__(x, y)
        return log_p / x[0].size, dy / x[0].size


class Flat(Bytes):
    def __call__(self, x, y):
        return np.full(len(x), -np.log(256.0) * x[0].size), np.zeros_like(y)


class Scalar(Bytes):
    def log_p(self, x, y):
        return self(x, y)[0].sum()


class Vanishes(Bytes):
    """The difference of two sigmoids, as it is written down first."""

    s = 0.02

    def __call__(self, x, y):
        with np.errstate(all="ignore"):
            below = np.where(x < -0.999, 0, sigmoid((x - self.half - y) / self.s))
            p = np.where(x > 0.999, 1, sigmoid((x + self.half - y) / self.s)) - below
            return np.log(p).reshape(len(x), -1).sum(axis=1), np.zeros_like(y)


WRONG = {
    "q1": {
        "this is the divergence from N(0, 1)": lambda mu, log_var, m, log_r2: (
            kl(mu, np.exp(log_var), 1.0, len(mu)),
            mu / len(mu),
            (np.exp(log_var) - 1) / 2 / len(mu),
        ),
        "value: log r^2 is missing": lambda mu, log_var, m, log_r2: (
            kl(mu - m, np.exp(log_var), np.exp(log_r2), len(mu), -log_r2),
            (mu - m) / np.exp(log_r2) / len(mu),
            (np.exp(log_var - log_r2) - 1) / 2 / len(mu),
        ),
        "d_mu: divide by r^2": lambda mu, log_var, m, log_r2: (
            kl(mu - m, np.exp(log_var), np.exp(log_r2), len(mu)),
            (mu - m) / len(mu),
            (np.exp(log_var - log_r2) - 1) / 2 / len(mu),
        ),
        "d_log_var: s^2 has to be divided by r^2": lambda mu, log_var, m, log_r2: (
            kl(mu - m, np.exp(log_var), np.exp(log_r2), len(mu)),
            (mu - m) / np.exp(log_r2) / len(mu),
            (np.exp(log_var) - 1) / 2 / len(mu),
        ),
        "log_r2 is the logarithm of the variance": lambda mu, log_var, m, log_r2: (
            kl(mu - m, np.exp(log_var), np.exp(2 * log_r2), len(mu)),
            (mu - m) / np.exp(2 * log_r2) / len(mu),
            (np.exp(log_var - 2 * log_r2) - 1) / 2 / len(mu),
        ),
        "sum over the numbers of a code": lambda mu, log_var, m, log_r2: (
            kl(mu - m, np.exp(log_var), np.exp(log_r2), mu.size),
            (mu - m) / np.exp(log_r2) / mu.size,
            (np.exp(log_var - log_r2) - 1) / 2 / mu.size,
        ),
        "this is the sum over the batch": lambda mu, log_var, m, log_r2: (
            kl(mu - m, np.exp(log_var), np.exp(log_r2), 1),
            (mu - m) / np.exp(log_r2),
            (np.exp(log_var - log_r2) - 1) / 2,
        ),
        "this is KL(p || q)": lambda mu, log_var, m, log_r2: (
            kl(mu - m, np.exp(log_r2), np.exp(log_var), len(mu)),
            (mu - m) / np.exp(log_var) / len(mu),
            (1 - ((mu - m) ** 2 + np.exp(log_r2)) / np.exp(log_var)) / 2 / len(mu),
        ),
    },
    "q2": {
        "s: this is the variance": lambda x, y: (
            ((x - y) ** 2).mean(),
            (0.5 + np.log(((x - y) ** 2).mean()) + 0.5 * np.log(2 * np.pi)) / np.log(2),
        ),
        "bits: these are nats": lambda x, y: (
            ((x - y) ** 2).mean() ** 0.5,
            0.5 + 0.5 * np.log(2 * np.pi * ((x - y) ** 2).mean()),
        ),
        "bits: this is log p": lambda x, y: (
            ((x - y) ** 2).mean() ** 0.5,
            -0.5 * np.log2(2 * np.pi * np.e * ((x - y) ** 2).mean()),
        ),
        "at the best s the squared error still costs": lambda x, y: (
            ((x - y) ** 2).mean() ** 0.5,
            0.5 * np.log2(2 * np.pi * ((x - y) ** 2).mean()),
        ),
        "bits: of one value": lambda x, y: (
            ((x - y) ** 2).mean() ** 0.5,
            0.5 * np.log2(2 * np.pi * np.e * ((x - y) ** 2).mean()) * x[0].size,
        ),
        "should return 2 things": lambda x, y: ((x - y) ** 2).mean() ** 0.5,
    },
    "q3": {
        "Do the bytes 0 and 255 get everything beyond them?": NoEnds,
        "the probabilities of the 256 bytes sum to": WrongEdges,
        "the gradient differs from the differences": Uphill,
        "log_p has to return one number for each image": Scalar,
        "has to make its byte more probable": Flat,
        "the difference of two nearly equal numbers is 0": Vanishes,
        "the sum of those of its pixels": Averaged,
    },
}


@pytest.mark.parametrize(("q", "message"), [(q, message) for q in WRONG for message in WRONG[q]])
def test_the_mistake_is_named(q, message, verdict):
    said = verdict(getattr(autoencoders_and_vae, q), WRONG[q][message])
    assert said.startswith("✗ not yet: ")
    assert message in said


def test_a_density_of_bytes_is_right(verdict):
    assert verdict(autoencoders_and_vae.q3, Bytes).startswith("✓")


def test_a_density_that_is_not_written(verdict):
    class Stub:
        def log_p(self, x, y):
            return ...

        def __call__(self, x, y):
            return ..., ...

    assert verdict(autoencoders_and_vae.q3, Stub).startswith("· not written yet")
