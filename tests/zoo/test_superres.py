"""The recipe superres: its losses by hand, what each weight brings along, and what it refuses."""

import numpy as np
import pytest

from minigan.losses import non_saturating, softplus
from minigan.models.perceptual import perceptual, shipped
from minigan.optim import SGD
from minigan.running.build import load_source
from minigan.zoo import superres
from minigan.zoo.superres import STAGE, superres_step
from zoo.test_pix2pix import pairs


def options(**changes):
    return superres.Options(**{"width": 2, "blocks": 1, "steps": 3} | changes)


def test_the_reported_losses_are_those_of_the_paper():  # eq:superres.features eq:superres.g
    source = pairs(smaller=2)
    game = superres.build(options(), source, np.random.default_rng(1))
    G, D = (game.networks[name] for name in "GD")
    x, y = source.batch(4)
    u, r = G(y), D(x)
    f = D(u)
    opts = {name: SGD(net, 0.0) for name, net in game.networks.items()}
    row = superres_step(G, D, shipped(), non_saturating, [], opts, x, y)
    assert row["loss_l1"] == pytest.approx(np.abs(u - x).mean(), rel=1e-5)
    assert row["loss_features"] == pytest.approx(perceptual(shipped(), u, x, [STAGE])[0], rel=1e-4)
    assert row["loss_D"] == pytest.approx(softplus(-r).mean() + softplus(f).mean(), rel=1e-5)
    assert row["loss_G"] == pytest.approx(softplus(-f).mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "channels", "names"),
    [
        ({}, 3, {"G", "D"}),
        ({"adv": 0.0}, 3, {"G"}),
        ({"features": 0.0, "factor": 4}, 1, {"G", "D"}),
        ({"features": 0.0, "adv": 0.0}, 1, {"G"}),
    ],
)
def test_it_trains_and_enlarges(changes, channels, names):
    factor = changes.get("factor", 2)
    source, rng = pairs(channels=channels, smaller=factor), np.random.default_rng(1)
    game = superres.build(options(**changes), source, rng)
    assert set(game.networks) == names
    assert game.given == (8 // factor, 8 // factor, channels)
    before = {name: net.theta.copy() for name, net in game.networks.items()}
    for _ in range(3):
        assert np.isfinite(list(game.step(lambda: source.batch(5), rng).values())).all()
    assert all((net.theta != before[name]).any() for name, net in game.networks.items())
    assert game.sample(4, rng).shape == (4, 8, 8, channels)
    assert {name for name, *_ in game.inspect(*source.batch(2), rng)} == names


def test_its_pairs_are_images_and_their_means():  # eq:shrink
    source = load_source(superres.Options())
    assert (source.shape, source.given) == ((32, 32, 3), (16, 16, 3))
    x, y = (part.astype(float) for part in (source.targets.x[:50], source.inputs.x[:50]))
    np.testing.assert_allclose(y, x.reshape(50, 16, 2, 16, 2, 3).mean(axis=(2, 4)), atol=0.5)
    assert 350 < len(source.held_out[0]) < 450


def test_what_is_refused():
    with pytest.raises(
        ValueError, match="the perceptual loss looks at RGB images, digits8 has 1 channel: set features to 0"
    ):
        superres.build(options(data="digits8"), pairs(channels=1, smaller=2), np.random.default_rng(0))
    with pytest.raises(
        ValueError, match=r"r1 = 0\.5 would have no effect: it belongs to the GAN, whose weight adv is 0"
    ):
        options(adv=0.0, r1=0.5).check()
    with pytest.raises(ValueError, match=r"enlarged 2, 4, 8, \.\.\. times, got factor=3"):
        superres.build(options(factor=3), pairs(smaller=2), np.random.default_rng(0))
