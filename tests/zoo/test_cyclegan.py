"""The recipe cyclegan: its losses by hand, four networks that move, both directions, and data without pairs."""

import numpy as np
import pytest

from minigan.losses import non_saturating, softplus
from minigan.optim import SGD
from minigan.running.build import load_source
from minigan.zoo import cyclegan
from minigan.zoo.cyclegan import cyclegan_step
from zoo.test_pix2pix import pairs


def options(**changes):
    return cyclegan.Options(**{"width": 2, "steps": 3} | changes)


def test_the_reported_losses_are_those_of_the_paper():  # eq:cyclegan.cycle eq:cyclegan.d eq:cyclegan.g eq:cyclegan.same
    source = pairs(aligned=False)
    game = cyclegan.build(options(), source, np.random.default_rng(1))
    G, F, D_X, D_Y = nets = [game.networks[name] for name in ("G", "F", "D_X", "D_Y")]
    x, y = source.batch(4)
    u, v = G(y), F(x)
    opts = {name: SGD(net, 0.0) for name, net in game.networks.items()}
    row = cyclegan_step(*nets, non_saturating, [], opts, x, y, same=1.0)
    assert row["loss_cycle"] == pytest.approx(np.abs(F(u) - y).mean() + np.abs(G(v) - x).mean(), rel=1e-5)
    assert row["loss_same"] == pytest.approx(np.abs(G(x) - x).mean() + np.abs(F(y) - y).mean(), rel=1e-5)
    scores = [D_X(x), D_X(u), D_Y(y), D_Y(v)]
    signs = [-1, 1, -1, 1]
    d = sum(softplus(sign * s).mean() for sign, s in zip(signs, scores, strict=True))
    assert row["loss_D"] == pytest.approx(d, rel=1e-5)
    assert row["loss_G"] == pytest.approx(softplus(-scores[1]).mean() + softplus(-scores[3]).mean(), rel=1e-5)


@pytest.mark.parametrize("changes", [{}, {"same": 0.0, "ema": 0.0, "r1": 0.0}])
def test_it_trains_and_translates_both_ways(changes):
    source, rng = pairs(aligned=False), np.random.default_rng(1)
    game = cyclegan.build(options(**changes), source, rng)
    before = {name: net.theta.copy() for name, net in game.networks.items()}
    for _ in range(3):
        assert np.isfinite(list(game.step(lambda: source.batch(5), rng).values())).all()
    assert all((net.theta != before[name]).any() for name, net in game.networks.items())
    assert set(game.averages) == (set() if changes else {"G", "F"})
    x, y = source.held_out
    assert game.translate(y).shape == game.translate(x, name="F").shape == x.shape
    assert (game.translate(x, name="F") != game.translate(x)).any()
    assert game.sample(4, rng).shape == (4, 8, 8, 3)
    for name, net, seen in game.inspect(*source.batch(2), rng):
        assert game.networks[name] is net
        net(seen)


def test_its_emoji_are_not_pairs():
    source = load_source(cyclegan.Options())
    assert not source.aligned
    assert len(source.held_out[0]) == 188
