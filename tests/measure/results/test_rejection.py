"""Rejection sampling with a known D: two point masses with known odds."""

import math

import numpy as np
import pytest

from minigan.data import Stream
from minigan.game import GAN
from minigan.layers import Dense, LeakyReLU
from minigan.losses import non_saturating
from minigan.measure.results.rejection import acceptance, calibrate, rejection_sample
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.penalties import r1

pytestmark = pytest.mark.slow


def test_without_gamma_the_acceptance_is_the_ratio_to_the_best():  # eq:rejection.acceptance
    score = np.array([-2.0, 0.0, 1.0])
    np.testing.assert_allclose(acceptance(score, 1.0, 0.0), np.exp(score - 1.0), atol=1e-7)


def test_a_larger_gamma_keeps_fewer():
    score = np.linspace(-3, 2, 7)
    assert (acceptance(score, 2.0, 1.0) < acceptance(score, 2.0, 0.0)).all()


class Odds:
    """D(x) = log(p_real / p_G) for points x in {0, 1}: equally likely under G; in the data, 1 is three times as likely as 0."""

    def __call__(self, x):
        return np.where(x == 1, math.log(1.5), math.log(0.5))


def test_what_is_kept_has_the_odds_of_the_data():  # eq:rejection.acceptance
    rng = np.random.default_rng(0)

    def draw(n):
        return rng.integers(2, size=(n, 1)).astype(float)

    x = draw(40_000)
    kept = x[rng.random(len(x)) < acceptance(Odds()(x)[:, 0], math.log(1.5), 0.0)]
    assert kept.mean() == pytest.approx(0.75, abs=0.01)
    assert len(kept) / len(x) == pytest.approx(1 / 1.5, abs=0.01)
    points, share = rejection_sample(Odds(), draw, 5000, rng)
    assert points.shape == (5000, 1)
    assert points.mean() > 0.7
    assert 0 < share < 1


def test_it_gives_up_with_a_clear_error():
    rng = np.random.default_rng(0)
    with pytest.raises(RuntimeError, match="5000 were requested"):
        rejection_sample(Odds(), lambda n: np.zeros((n, 1)), 5000, rng, percentile=100, limit=1)


def test_calibrate_learns_the_logit_and_leaves_g_alone():
    rng = np.random.default_rng(0)
    G, D = Sequential(Dense(1, 1), rng=0), Sequential(Dense(1, 16), LeakyReLU(0.2), Dense(16, 1, gain=1.0), rng=1)
    G.theta[...] = 1.0, -0.5  # G(z) = z - 1/2
    game = GAN(G, D, non_saturating, [r1], Adam(G), Adam(D), latent=1)
    source = Stream(lambda n, rng: (0.5 + rng.standard_normal((n, 1))).astype(np.float32), rng, (1,))
    calibrate(game, source, rng, steps=600)
    x = np.array([[-1.0], [0.0], [1.0]], np.float32)
    np.testing.assert_allclose(D(x), x, atol=0.3)  # log N(x; 1/2) / N(x; -1/2) = x
    np.testing.assert_array_equal(G.theta, [1.0, -0.5])
    assert game.opt_D.t == 0  # with an optimizer of its own
