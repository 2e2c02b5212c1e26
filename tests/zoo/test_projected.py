"""The projected GAN: who moves, what G's gradient is, and that it trains."""

import numpy as np
import pytest

from minigan import models
from minigan.data.source import Epochs
from minigan.losses import hinge
from minigan.models.projection import Projection, heads
from minigan.zoo import projected
from minigan.zoo.projected import Options, ProjectedGAN, build


def images(n, channels=3):
    return np.random.default_rng(1).integers(256, size=(n, 8, 8, channels), dtype=np.uint8)


@pytest.fixture(scope="module")
def game():
    rng = np.random.default_rng(0)
    G, _ = models.dcgan_up((8, 8, 3), 3, 2, rng=rng, dtype="float64")
    P = Projection(models.vgg(16, weights="conv3_3", dtype="float64"), 2, rng)
    return ProjectedGAN(G, heads(8, 2, rng, "float64"), P, Options(data="emoji", lr=0.01, latent=3))


def test_each_step_moves_its_own_network(game):
    rng = np.random.default_rng(2)
    x, z = rng.uniform(-1, 1, (4, 8, 8, 3)), rng.standard_normal((4, 3))
    frozen = game.P.net.features.theta.copy()
    for move, still, step in ((game.D, game.G, lambda: game.d_step(x, z)), (game.G, game.D, lambda: game.g_step(z))):
        before = move.theta.copy(), still.theta.copy()
        step()
        assert not np.array_equal(move.theta, before[0])
        np.testing.assert_array_equal(still.theta, before[1])
        assert not still.grad.any()
    np.testing.assert_array_equal(game.P.net.features.theta, frozen)
    assert game.D.theta.size < 2000  # only the heads


def test_gs_gradient_passes_through_the_frozen_features(game, monkeypatch):
    z, G = np.random.default_rng(3).standard_normal((4, 3)), game.G
    monkeypatch.setattr(game.opt_G, "step", lambda: None)
    G.zero_grad()
    game.g_step(z)
    grad, theta, v = G.grad.copy(), G.theta.copy(), np.random.default_rng(4).standard_normal(G.theta.size)

    def loss(t):
        G.theta[...] = theta + t * v
        value = hinge.g(None, game.D.forward(game.P(G.forward(z)[0]))[0])[0]
        G.theta[...] = theta
        return value

    h = 1e-7
    np.testing.assert_allclose(grad @ v, (loss(h) - loss(-h)) / (2 * h), rtol=1e-5)
    G.zero_grad()


@pytest.mark.parametrize("channels", [1, 3])
def test_it_trains(channels):
    source = Epochs(images(16, channels), rng=np.random.default_rng(0))
    game = build(Options(data="emoji", batch=8, width=2, latent=4, mixed=4), source, np.random.default_rng(0))
    rows = [game.step(lambda: source.batch(8), np.random.default_rng(i)) for i in range(3)]
    assert all(np.isfinite(list(row.values())).all() for row in rows)
    x = game.sample(5, np.random.default_rng(0))
    assert x.shape == (5, 8, 8, channels)
    assert game.score(x).shape == (5,)


def test_points_are_refused():
    source = Epochs(np.zeros((9, 2), np.float32), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"looks at images, .* use the recipe gan"):
        build(Options(data="ring"), source, np.random.default_rng(0))
    assert projected.__doc__


def test_options_without_an_effect_and_sizes_that_do_not_fit_are_refused():
    for labels in (True, False):
        with pytest.raises(ValueError, match=r"labels = .* would have no effect: the networks see images alone"):
            Options(labels=labels).check(given=["labels"])
    for model in models.MODELS:  # D's heads halve the images, whatever G is
        with pytest.raises(ValueError, match=r"side of 8, 16, 32, 64, \.\.\. pixels, got size 31: choose 16 or 32"):
            Options(data="folder:x", size=31, model=model).check()
        Options(data="folder:x", size=32, model=model).check(given=["size"])
    Options().check()


def test_a_call_that_cannot_be_meant(game):
    rng = np.random.default_rng(0)
    for n in (0, 2.0, True):
        with pytest.raises(ValueError, match=f"sample needs n >= 1 images, got {n}"):
            game.sample(n, rng)
    with pytest.raises(
        TypeError, match=r"rng must be a numpy\.random\.Generator, got int: use np\.random\.default_rng\(5\)"
    ):
        game.sample(2, 5)
    for call in (lambda: game.sample(2, rng, [0, 1]), lambda: game.score(images(2), [0, 1])):
        with pytest.raises(ValueError, match="this game has no classes"):
            call()
    with pytest.raises(ValueError, match=r"float images must be in \[-1, 1\], got values from 0 to 255"):
        game.score(np.linspace(0, 255, 192).reshape(1, 8, 8, 3))
    np.testing.assert_allclose(game.score(images(2)), game.score(images(2) / 127.5 - 1), atol=1e-6)
