"""The recipe vaegan: its losses by hand, what it trains and what it refuses."""

import numpy as np
import pytest

from minigan.data import Epochs
from minigan.losses import non_saturating, softplus
from minigan.optim import SGD
from minigan.zoo import vaegan
from minigan.zoo.vaegan import vaegan_step


def images(side=16, channels=3, n=12):
    rng = np.random.default_rng(0)
    return Epochs(np.tanh(rng.standard_normal((n, side, side, channels))).astype(np.float32), rng=rng)


def options(**changes):
    return vaegan.Options(**{"data": "emoji", "latent": 3, "width": 2, "level": 1, "steps": 3} | changes)


def test_the_reported_losses_are_those_of_the_paper():  # eq:vaegan.prior eq:vaegan.like eq:vaegan.d eq:vaegan.g
    source, rng = images(), np.random.default_rng(1)
    game = vaegan.build(options(r1=0.0), source, rng)
    E, G, D = (game.networks[name] for name in "EGD")
    x, eps, z_p = source.batch(4)[0], *rng.standard_normal((2, 4, 3)).astype(np.float32)
    state = G.state.copy()
    mu, log_var = E(x)
    y, y_p = G.forward(mu + np.exp(log_var / 2) * eps)[0], G.forward(z_p)[0]
    G.state[...] = state
    (f_x, r), (f_y, a), (_, b) = D(x), D(y), D(y_p)
    row = vaegan_step(E, G, D, non_saturating, [], {n: SGD(net, 0.0) for n, net in game.networks.items()}, x, eps, z_p)
    prior = 0.5 * (mu**2 + np.exp(log_var) - 1 - log_var).sum(axis=1).mean()
    assert row["kl"] == pytest.approx(prior, rel=1e-5)
    assert row["like"] == pytest.approx(0.5 * ((f_x - f_y) ** 2).sum(axis=(1, 2, 3)).mean(), rel=1e-5)
    assert row["loss_D"] == pytest.approx(softplus(-r).mean() + (softplus(a).mean() + softplus(b).mean()) / 2, rel=1e-5)
    assert row["loss_G"] == pytest.approx((softplus(-a).mean() + softplus(-b).mean()) / 2, rel=1e-5)


@pytest.mark.parametrize(("side", "changes"), [(16, {}), (8, {"ema": 0.0, "r1": 0.0}), (32, {"level": 3})])
def test_it_trains_and_samples(side, changes):
    source, rng = images(side), np.random.default_rng(1)
    game = vaegan.build(options(**changes), source, rng)
    before = {name: net.theta.copy() for name, net in game.networks.items()}
    for _ in range(3):
        assert np.isfinite(list(game.step(lambda: source.batch(5), rng).values())).all()
    assert all((net.theta != before[name]).any() for name, net in game.networks.items())
    x, _ = source.batch(7)
    for found in (game.sample(7, rng), game.reconstruct(x), next(game.walk(4, 7, rng))):
        assert found.shape == (7, side, side, 3)
        assert np.abs(found).max() <= 1
    assert game.score(x).shape == (7,)


def test_a_level_that_d_does_not_have():
    with pytest.raises(ValueError, match="levels 1 to 1 for images of 8 pixels"):
        vaegan.build(options(level=2), images(8), np.random.default_rng(0))


def test_points_are_refused():
    points = Epochs(np.zeros((9, 2), np.float32), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="learns images"):
        vaegan.build(options(data="ring"), points, np.random.default_rng(0))
