"""The recipe context: its losses by hand, what it trains, what it keeps, and what it refuses."""

import numpy as np
import pytest

from minigan.data import Epochs, WithoutData
from minigan.losses import non_saturating, softplus
from minigan.optim import SGD
from minigan.zoo import context
from minigan.zoo.context import context_step, with_hole


def images(side=16, channels=3, n=12):
    rng = np.random.default_rng(0)
    return Epochs(np.tanh(rng.standard_normal((n, side, side, channels))).astype(np.float32), rng=rng)


def options(**changes):
    return context.Options(**{"data": "emoji", "latent": 5, "width": 2, "steps": 3} | changes)


def test_what_g_sees():
    x = np.array([[[[1.0, 2.0]], [[3.0, 4.0]]]], np.float32)  # (1, 2, 1, 2)
    seen = with_hole(x, np.array([[[True], [False]]]))
    np.testing.assert_array_equal(seen[0, :, 0], [[0, 0, 1], [3, 4, 0]])
    assert seen.dtype == np.float32


def test_the_reported_losses_are_those_of_the_paper():  # eq:context.rec eq:context.d eq:context.g
    source, rng = images(), np.random.default_rng(1)
    game = context.build(options(r1=0.0), source, rng)
    G, D = game.G, game.D
    x, hidden = source.batch(4)[0], game.masks(4, rng)
    u = G.forward(with_hole(x, hidden))[0]
    m = hidden[..., None]
    row = context_step(G, D, non_saturating, [], {n: SGD(net, 0.0) for n, net in game.networks.items()}, x, hidden)
    assert row["loss_rec"] == pytest.approx(((u - x)[hidden] ** 2).mean(), rel=1e-5)
    r, f = D(m * x), D(m * u)
    assert row["loss_D"] == pytest.approx(softplus(-r).mean() + softplus(f).mean(), rel=1e-5)
    assert row["loss_G"] == pytest.approx(softplus(-f).mean(), rel=1e-5)


@pytest.mark.parametrize(("side", "changes"), [(16, {}), (8, {"ema": 0.0, "r1": 0.0, "mask": "centre"})])
def test_it_trains_and_fills(side, changes):
    source, rng = images(side), np.random.default_rng(1)
    game = context.build(options(**changes), source, rng)
    before = {name: net.theta.copy() for name, net in game.networks.items()}
    for _ in range(3):
        assert np.isfinite(list(game.step(lambda: source.batch(5), rng).values())).all()
    assert all((net.theta != before[name]).any() for name, net in game.networks.items())
    found = game.sample(7, rng)
    assert found.shape == (7, side, side, 3)
    assert np.abs(found).max() <= 1


def test_samples_keep_the_known_pixels_and_hidden_ones_are_not_seen():
    source, rng = images(8, n=1), np.random.default_rng(1)
    game = context.build(options(mask="centre"), source, rng)
    x = source.reference()[0]
    hidden = game.masks(1, rng)
    found = game.sample(1, rng)
    np.testing.assert_array_equal(found[~hidden], x[~hidden])
    assert (found[hidden] != x[hidden]).any()
    other = np.where(hidden[..., None], 0.5, x)
    np.testing.assert_array_equal(game.fill(x, hidden), game.fill(other, hidden))


def test_every_kind_of_mask_is_drawn():
    game, rng = context.build(options(), images(), np.random.default_rng(0)), np.random.default_rng(1)
    shares = game.masks(60, rng).mean(axis=(1, 2))
    assert (shares == 0.25).any()  # the centre
    assert (shares == 0.5).any()  # a half
    assert (shares > 0.6).any()  # 80 %
    assert len(np.unique(game.masks(9, rng).reshape(9, -1), axis=0)) > 4
    game.mask = "centre"
    assert (game.masks(9, rng).mean(axis=(1, 2)) == 0.25).all()


def test_the_error_falls():
    source, rng = images(8, 1, n=8), np.random.default_rng(1)
    chosen = options(width=8, latent=32, steps=150, schedule="constant", mask="half")
    game = context.build(chosen, source, rng)
    rows = [game.step(lambda: source.batch(8), rng)["loss_rec"] for _ in range(150)]
    assert np.mean(rows[-20:]) < 0.7 * np.mean(rows[:20])


def test_without_images_there_is_nothing_to_fill():
    game = context.build(options(), WithoutData((8, 8, 3)), np.random.default_rng(0))
    with pytest.raises(ValueError, match="fills holes and draws nothing without an image: minigan inpaint"):
        game.sample(3, np.random.default_rng(0))
    assert game.fill(np.zeros((2, 8, 8, 3)), np.ones((2, 8, 8), bool)).shape == (2, 8, 8, 3)


def test_points_and_empty_samples_are_refused():
    points = Epochs(np.zeros((9, 2), np.float32), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="fills images"):
        context.build(options(data="ring"), points, np.random.default_rng(0))
    game = context.build(options(), images(8), np.random.default_rng(0))
    with pytest.raises(ValueError, match="n >= 1"):
        game.sample(0, np.random.default_rng(0))
