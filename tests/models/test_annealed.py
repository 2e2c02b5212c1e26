"""Annealed importance sampling: on a linear generator log p(x) is known, and the two bounds have to enclose it."""

import math

import numpy as np
import pytest

from minigan.layers import Dense, Tanh
from minigan.layers.more.frozen import freeze
from minigan.models.annealed import State, log_likelihood, log_weights, move, schedule
from minigan.models.bound import log_mean_exp
from minigan.models.likelihood import Bernoulli, Gaussian
from minigan.network import Sequential

S = 0.6


def linear(latent=3, n=5):
    """x = z W + b + s noise, so x ~ N(b, W'W + s^2)."""
    G = Sequential(Dense(latent, n), rng=0, dtype=np.float64)
    rng = np.random.default_rng(1)
    G.layers[0].W[...], G.layers[0].b[...] = rng.standard_normal((latent, n)), rng.standard_normal(n)
    return G


def truth(G, x):
    W, b = G.layers[0].W, G.layers[0].b
    cov, u = S**2 * np.eye(len(b)) + W.T @ W, x - b
    return -0.5 * (
        (u @ np.linalg.inv(cov) * u).sum(axis=1) + np.linalg.slogdet(cov)[1] + len(b) * math.log(2 * math.pi)
    )


def test_the_schedule_goes_from_0_to_1():
    b = schedule(10)
    assert len(b) == 11
    assert (b[0], b[-1]) == (0, 1)
    assert (np.diff(b) > 0).all()
    assert np.diff(b)[0] < np.diff(b)[5] / 4  # slow at the ends
    with pytest.raises(ValueError, match="at least 1 step, got 0"):
        schedule(0)


def test_both_bounds_enclose_the_known_likelihood():  # eq:ais.weights eq:ais.accept
    G = linear()
    x = G(np.random.default_rng(2).standard_normal((4, 3))) + S * np.random.default_rng(3).standard_normal((4, 5))
    found = log_likelihood(freeze(G), Gaussian(S), x, 3, steps=500, chains=100, rng=np.random.default_rng(4))
    np.testing.assert_allclose(found.log_p, truth(G, x), atol=0.1)
    assert 0 <= found.gap < 0.1
    assert found.below.shape == found.above.shape == (4,)


def test_few_steps_are_below_and_backwards_above():
    """With one step the moves do nothing for the weights: log w is log p(x|z) at a code of the prior, or of the posterior."""
    G = linear()
    frozen, like, rng = freeze(G), Gaussian(S), np.random.default_rng(5)
    z = rng.standard_normal((200, 3))
    x = like.sample(G(z), rng)
    known = truth(G, x)
    forwards = log_weights(frozen, like, x, 3, schedule(2), 4, np.random.default_rng(6))
    backwards = log_weights(frozen, like, x, 3, schedule(2), 4, np.random.default_rng(7), posterior=z)
    assert forwards.shape == backwards.shape == (4, 200)
    assert (log_mean_exp(forwards)[0] - known).mean() < -0.3
    assert (-log_mean_exp(-backwards)[0] - known).mean() > 0.3


def test_the_mean_weight_is_p_and_backwards_its_inverse():
    """E[w] = p(x) and E[1/w] = 1/p(x) for any schedule; here with few steps and many chains."""
    G = linear(latent=1, n=2)
    frozen, like, rng = freeze(G), Gaussian(S), np.random.default_rng(8)
    x = like.sample(G(np.array([[0.4]])), rng)
    forwards = log_weights(frozen, like, x, 1, schedule(4), 40_000, np.random.default_rng(9))
    ratio = np.exp(forwards - truth(G, x))
    assert abs(ratio.mean() - 1) < 4 * ratio.std() / math.sqrt(40_000)
    assert ratio.std() / math.sqrt(40_000) < 0.02
    W, b = G.layers[0].W[0], G.layers[0].b
    var = 1 / (1 + W @ W / S**2)  # of the exact posterior
    posterior = var * (W @ (x[0] - b)) / S**2 + math.sqrt(var) * rng.standard_normal((40_000, 1))
    backwards = log_weights(frozen, like, np.repeat(x, 40_000, axis=0), 1, schedule(4), 1, rng, posterior=posterior)
    ratio = np.exp(truth(G, x) - backwards)
    assert abs(ratio.mean() - 1) < 4 * ratio.std() / math.sqrt(40_000)


def test_a_move_leaves_its_density_as_it_is():
    """z starts as N(0, var), the density at b; after moves its variance is the same, though every chain has moved."""
    b, s = 0.7, 0.5  # log p(x|z) = -(z / s)^2 / 2: the density at b is N(0, 1 / (1 + b / s^2))
    rng = np.random.default_rng(10)
    var = 1 / (1 + b / s**2)
    start = math.sqrt(var) * rng.standard_normal((20_000, 1))

    def at(z):
        return State(z, -0.5 * (z[:, 0] / s) ** 2, -z / s**2)

    state, size = at(start), np.full(len(start), 0.3)
    for _ in range(3):
        state, size = move(at, state, b, size, 3, rng)
    assert abs(state.z.var() / var - 1) < 0.05
    assert (state.z != start).all(axis=1).mean() > 0.9
    assert abs(np.corrcoef(state.z[:, 0], start[:, 0])[0, 1]) < 0.5
    rejected = (state.z == start).all(axis=1)
    assert size[~rejected].max() > 0.3  # an accepted move makes the next one larger


def test_a_move_that_overflows_is_rejected():
    def at(z):
        with np.errstate(all="ignore"):
            return State(z, np.where(abs(z[:, 0]) > 2, np.nan, -(z[:, 0] ** 2)), -2 * z)

    state = at(np.zeros((50, 1)))
    moved, size = move(at, state, 1.0, np.full(50, 100.0), 3, np.random.default_rng(0))
    assert (moved.z == 0).all()
    assert (size < 100).all()


def test_a_deep_bernoulli_decoder_in_float32():
    G = Sequential(Dense(2, 8), Tanh(), Dense(8, 6), rng=3, dtype=np.float32)
    x = Bernoulli().sample(
        G(np.random.default_rng(1).standard_normal((3, 2)).astype(np.float32)), np.random.default_rng(2)
    )
    found = log_likelihood(freeze(G), Bernoulli(), x, 2, steps=50, chains=8, rng=np.random.default_rng(3))
    z = np.random.default_rng(4).standard_normal((200_000, 2)).astype(np.float32)  # the integral by brute force
    y = G(z)
    exact = [np.log(np.exp(Bernoulli().log_p(np.broadcast_to(image, y.shape), y)).mean()) for image in x]
    np.testing.assert_allclose(found.log_p, exact, atol=0.15)


@pytest.mark.parametrize(
    ("likelihood", "mean"), [(Bernoulli(), lambda y: np.tanh(y / 2)), (Gaussian(0.4), lambda y: y)]
)
def test_samples_have_the_mean_of_their_density(likelihood, mean):
    y = np.broadcast_to(np.array([-1.0, 0.3, 2.0]), (40_000, 3))
    x = likelihood.sample(y, np.random.default_rng(0))
    np.testing.assert_allclose(x.mean(axis=0), mean(y[0]), atol=0.02)
    assert (set(np.unique(x)) == {-1, 1}) == isinstance(likelihood, Bernoulli)
    if isinstance(likelihood, Gaussian):
        np.testing.assert_allclose(x.std(axis=0), 0.4, rtol=0.02)
