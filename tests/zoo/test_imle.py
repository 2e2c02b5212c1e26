"""The recipe imle: its loss by hand and against differences, and what it trains."""

import numpy as np
import pytest

from minigan import data
from minigan.data import Epochs
from minigan.gradcheck import FIRST, compare, numerical_gradient, require
from minigan.layers import Dense, Tanh
from minigan.network import Sequential
from minigan.zoo import imle
from minigan.zoo.imle import DataToSamples, SamplesToData, imle_step


def test_by_hand():  # eq:imle
    x, s = np.array([[0.0], [1.0], [10.0]]), np.array([[2.0], [20.0]])
    value, ds = DataToSamples().g(x, s)
    assert value == pytest.approx((4 + 1 + 64) / 3)  # all three take the sample at 2
    np.testing.assert_allclose(ds, [[2 / 3 * (2 + 1 - 8)], [0]])  # the one at 20 gets no gradient
    value, ds = SamplesToData().g(x, s)
    assert value == pytest.approx((1 + 100) / 2)
    np.testing.assert_allclose(ds, [[1.0], [10.0]])


@pytest.mark.parametrize("loss", [DataToSamples(), SamplesToData()])
def test_gradients_against_differences(loss):
    rng = np.random.default_rng(0)
    x, s = rng.standard_normal((6, 2, 2)), rng.standard_normal((9, 2, 2))
    require([compare("ds", loss.g(x, s)[1], numerical_gradient(lambda s: loss.g(x, s)[0], s), FIRST)])


def test_a_step_of_g_against_differences():
    rng = np.random.default_rng(1)
    G = Sequential(Dense(2, 4), Tanh(), Dense(4, 2), rng=0, dtype="float64")
    x, z = rng.standard_normal((5, 2)), rng.standard_normal((8, 2))

    class Keeping:
        def step(self):
            self.seen = G.grad.copy()
            G.zero_grad()

    opt = Keeping()
    row = imle_step(G, opt, x, z)
    loss = DataToSamples()
    assert row["loss"] == loss.g(x, G(z))[0]
    require([compare("dtheta", opt.seen, numerical_gradient(lambda _: loss.g(x, G(z))[0], G.theta), FIRST)])


@pytest.mark.parametrize(
    ("name", "changes"), [("ring", {"latent": 2}), ("digits8", {}), ("digits8", {"model": "mlp", "ema": 0.0})]
)
def test_it_trains_and_samples(name, changes):
    rng = np.random.default_rng(0)
    x = data.ring(500, rng) if name == "ring" else data.load(name).images
    source = Epochs(x, rng=rng)
    game = imle.build(imle.Options(**{"data": name, "width": 8, "latent": 3, "steps": 3} | changes), source, rng)
    before = game.G.theta.copy()
    for _ in range(3):
        assert np.isfinite(game.step(lambda: source.batch(5), rng)["loss"])
    assert (game.G.theta != before).any()
    assert game.sample(7, rng).shape == next(game.walk(3, 7, rng)).shape == (7, *source.shape)


def test_no_star_of_the_ring_is_left_out():
    rng = np.random.default_rng(0)
    source = Epochs(data.ring(5000, rng), rng=rng)
    chosen = imle.Options(data="ring", latent=2, width=32, steps=300, lr=3e-3, ema=0.0)
    game = imle.build(chosen, source, rng)
    for _ in range(300):
        game.step(lambda: source.batch(64), rng)
    near = np.linalg.norm(data.RING_MODES[:, None] - game.sample(2000, rng), axis=2).min(axis=1)
    assert len(near) == 8
    assert near.max() < 0.1


def test_what_would_be_ignored():
    with pytest.raises(ValueError, match="labels = False would have no effect"):
        imle.Options(labels=False).check()
    with pytest.raises(ValueError, match="the points of ring always have the network toy"):
        imle.Options(data="ring", model="mlp").check()
