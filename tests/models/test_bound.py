"""The bounds of log p(x): by hand, in their order, and where the truth is known exactly."""

import math

import numpy as np
import pytest

from minigan.gradcheck import numerical_gradient
from minigan.layers import Dense
from minigan.models.bound import elbo, log_likelihood, log_mean_exp, log_weights
from minigan.models.likelihood import Gaussian
from minigan.network import Sequential

W, B, S = np.array([[1.5, -0.5, 0.7]]), np.array([0.2, -0.1, 0.3]), 0.8


class Encoder:
    """q(z|x) = N(mu, exp(log_var)), the same for every image."""

    def __init__(self, mu, log_var):
        self.mu, self.log_var = mu, log_var

    def __call__(self, x):
        return np.full((len(x), 1), self.mu), np.full((len(x), 1), self.log_var)


def model():
    """x = z W + b + s noise: log p(x) is that of a normal distribution, and so is the posterior of z."""
    G = Sequential(Dense(1, 3), rng=0, dtype=np.float64)
    G.layers[0].W[...], G.layers[0].b[...] = W, B
    x = np.array([[0.9, 0.4, -0.3]])
    cov = S**2 * np.eye(3) + W.T @ W
    u = (x - B)[0]
    truth = -0.5 * (u @ np.linalg.solve(cov, u) + np.linalg.slogdet(cov)[1] + 3 * math.log(2 * math.pi))
    var = 1 / (1 + float((W @ W.T)[0, 0]) / S**2)
    return G, x, truth, float(var * (W @ u)[0] / S**2), math.log(var)


def test_log_mean_exp_by_hand():  # eq:iwae eq:iwae.gradient
    value, share = log_mean_exp(np.log([[1.0, 5.0], [3.0, 5.0]]))
    np.testing.assert_allclose(value, np.log([2, 5]))
    np.testing.assert_allclose(share, [[1 / 4, 1 / 2], [3 / 4, 1 / 2]])
    value, share = log_mean_exp(np.array([[-1e5], [-1e5 - 800]]))  # exp underflows here
    np.testing.assert_allclose(value, [-1e5 - math.log(2)])
    np.testing.assert_allclose(share, [[1], [0]], atol=1e-300)
    a = np.random.default_rng(0).standard_normal((3, 4))
    d = np.random.default_rng(1).standard_normal(4)
    expected = numerical_gradient(lambda b: float(d @ log_mean_exp(b)[0]), a.copy())
    np.testing.assert_allclose(d * log_mean_exp(a)[1], expected, rtol=1e-7, atol=1e-9)


def test_weights_are_the_ratio_of_the_densities():  # eq:iwae.weights
    rng = np.random.default_rng(2)
    mu, log_var = rng.standard_normal((2, 3, 2))
    eps, log_p = rng.standard_normal((4, 3, 2)), rng.standard_normal((4, 3))
    s = np.exp(log_var / 2)
    z = mu + s * eps

    def log_normal(z, mu, s):
        return (-0.5 * ((z - mu) / s) ** 2 - np.log(s) - 0.5 * math.log(2 * math.pi)).sum(axis=2)

    expected = log_p + log_normal(z, 0, np.ones_like(s)) - log_normal(z, mu, s)
    np.testing.assert_allclose(log_weights(log_p, z, eps, log_var), expected, rtol=1e-12, atol=1e-12)


def test_with_the_true_posterior_one_code_is_enough():
    G, x, truth, mu, log_var = model()
    for k in (1, 7):
        found = log_likelihood(Encoder(mu, log_var), G, Gaussian(S), x, k, np.random.default_rng(k))
        np.testing.assert_allclose(found, truth, rtol=1e-6)  # the noise is drawn in float32


def test_the_bound_rises_to_the_truth_with_k():
    G, x, truth, mu, log_var = model()
    far, many = Encoder(mu + 0.5, log_var + 0.7), np.repeat(x, 400, axis=0)
    rng = np.random.default_rng(3)
    means = [log_likelihood(far, G, Gaussian(S), many, k, rng).mean() for k in (1, 5, 50, 2000)]
    assert means == sorted(means)
    assert means[0] < truth - 0.3
    assert abs(means[-1] - truth) < 2e-3


def test_parts_and_chunks_are_all_counted():
    G, x, truth, mu, log_var = model()
    far = Encoder(mu + 0.3, log_var)
    found = log_likelihood(far, G, Gaussian(S), np.repeat(x, 5, axis=0), 20000, np.random.default_rng(4), rows=3000)
    np.testing.assert_allclose(found, truth, atol=0.02)
    found = log_likelihood(far, G, Gaussian(S), np.repeat(x, 2000, axis=0), 2, np.random.default_rng(4), rows=7)
    apart = log_likelihood(far, G, Gaussian(S), np.repeat(x, 2000, axis=0), 2, np.random.default_rng(5))
    assert abs(found.mean() - apart.mean()) < 0.03


def test_the_elbo_is_short_of_log_p_by_the_divergence_from_the_true_posterior():
    G, x, truth, mu, log_var = model()
    m, v = mu + 0.5, log_var + 0.7
    both = np.array([[1.0], [-1.0]])  # the mean over these two is exact for a quadratic function of eps
    fit, kl = elbo(Encoder(m, v), G, Gaussian(S), np.repeat(x, 2, axis=0), both)
    short = 0.5 * (math.exp(v - log_var) + 0.5**2 / math.exp(log_var) - 1 - (v - log_var))
    np.testing.assert_allclose(fit - kl, truth - short, rtol=1e-12)


def test_no_code_is_refused():
    G, x, _, mu, log_var = model()
    with pytest.raises(ValueError, match="k >= 1"):
        log_likelihood(Encoder(mu, log_var), G, Gaussian(S), x, 0, np.random.default_rng(0))
