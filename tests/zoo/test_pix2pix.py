"""The recipe pix2pix: its losses by hand, what it trains, what it translates, and what it refuses."""

import numpy as np
import pytest

from minigan.data import Epochs, Pairs, WithoutData
from minigan.losses import non_saturating, softplus
from minigan.optim import SGD
from minigan.running.build import load_source
from minigan.zoo import pix2pix
from minigan.zoo.pix2pix import pix2pix_step
from minigan.zoo.translation import jittered


def pairs(side=8, channels=3, n=12, smaller=1, aligned=True):
    """Random pictures x, and y, which are `smaller` times smaller; three more pairs are held out."""
    rng = np.random.default_rng(0)
    x = np.tanh(rng.standard_normal((n + 3, side, side, channels))).astype(np.float32)
    y = np.ascontiguousarray(x[:, ::smaller, ::smaller] * np.float32(-0.5))
    return Pairs(x[:n], y[:n], rng=rng, aligned=aligned, held_out=(x[n:], y[n:]))


def options(**changes):
    return pix2pix.Options(**{"width": 2, "steps": 3} | changes)


def test_the_reported_losses_are_those_of_the_paper():  # eq:pix2pix.l1 eq:pix2pix.d eq:pix2pix.g
    source = pairs()
    game = pix2pix.build(options(), source, np.random.default_rng(1))
    G, D = (game.networks[name] for name in "GD")
    x, y = source.batch(4)
    u, r = G(y), D((x, y))
    f = D((u, y))
    assert r.shape == (4, 2, 2, 1)
    row = pix2pix_step(G, D, non_saturating, [], {n: SGD(net, 0.0) for n, net in game.networks.items()}, x, y)
    assert row["loss_l1"] == pytest.approx(np.abs(u - x).mean(), rel=1e-5)
    assert row["loss_D"] == pytest.approx(softplus(-r).mean() + softplus(f).mean(), rel=1e-5)
    assert row["loss_G"] == pytest.approx(softplus(-f).mean(), rel=1e-5)


@pytest.mark.parametrize("changes", [{}, {"ema": 0.0, "r1": 0.0, "loss": "hinge", "jitter": 0}])
def test_it_trains_and_translates(changes):
    source, rng = pairs(), np.random.default_rng(1)
    game = pix2pix.build(options(**changes), source, rng)
    before = {name: net.theta.copy() for name, net in game.networks.items()}
    for _ in range(3):
        assert np.isfinite(list(game.step(lambda: source.batch(5), rng).values())).all()
    assert all((net.theta != before[name]).any() for name, net in game.networks.items())
    found = game.sample(7, rng)
    assert found.shape == (7, 8, 8, 3)
    assert np.abs(found).max() <= 1
    drawn = game.translate(source.held_out[1])
    assert all((image == drawn).all(axis=(1, 2, 3)).any() for image in found)  # of pictures that are held out
    for name, net, seen in game.inspect(*source.batch(2), rng):
        assert game.networks[name] is net
        net(seen)


def test_the_error_falls():
    source, rng = pairs(n=4), np.random.default_rng(1)
    game = pix2pix.build(options(width=8, steps=80, schedule="constant", jitter=0), source, rng)
    rows = [game.step(lambda: source.batch(4), rng)["loss_l1"] for _ in range(80)]
    assert np.mean(rows[-10:]) < 0.7 * np.mean(rows[:10])


def test_bytes_and_floats_are_translated_alike():
    game = pix2pix.build(options(), pairs(), np.random.default_rng(1))
    y = np.random.default_rng(0).integers(256, size=(3, 8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(game.translate(y), game.translate(y.astype(np.float32) / np.float32(127.5) - 1))


def test_a_pair_is_jittered_as_one():
    x = np.random.default_rng(0).standard_normal((40, 6, 6, 1))
    a, b = jittered(x, x + 9, 2, np.random.default_rng(1))
    np.testing.assert_array_equal(b, a + 9)
    shown = [np.isin(a[n], x[n]).all() for n in range(40)]
    assert all(shown)
    assert len({a[n].tobytes() == x[n].tobytes() for n in range(40)}) == 2  # some stay, most do not
    mirrored, _ = jittered(x, x, 0, np.random.default_rng(1))
    turned = (mirrored == x[:, :, ::-1]).all(axis=(1, 2, 3))
    assert 5 < turned.sum() < 35
    np.testing.assert_array_equal(mirrored[~turned], x[~turned])


def test_emoji_are_its_pairs_and_a_tenth_is_held_out():
    source = load_source(pix2pix.Options())
    assert (len(source.targets.x), len(source.held_out[0])) == (1453, 188)
    assert source.aligned
    assert source.given == source.shape == (32, 32, 3)


def test_without_pictures_there_is_nothing_to_draw_from():
    game = pix2pix.build(options(), WithoutData((8, 8, 3)), np.random.default_rng(0))
    with pytest.raises(ValueError, match="draws from a picture, and there is none: minigan translate RUN IMAGE"):
        game.sample(3, np.random.default_rng(0))
    assert game.translate(np.zeros((2, 8, 8, 3))).shape == (2, 8, 8, 3)


def test_what_is_refused():
    points = Epochs(np.zeros((9, 2), np.float32), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="pictures are drawn from pictures"):
        pix2pix.build(options(), points, np.random.default_rng(0))
    for given, why in (({"labels": False}, "see images alone"), ({"condition": "category"}, "see images alone")):
        with pytest.raises(ValueError, match=why):
            options(**given).check()
    with pytest.raises(ValueError, match="mnist10k has no second picture of each thing"):
        load_source(options(data="mnist10k"))
    with pytest.raises(ValueError, match="unknown loss 'relativistic'"):
        options(loss="relativistic")
