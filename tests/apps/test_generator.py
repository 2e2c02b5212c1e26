"""A trained game as a function that a search descends: VAE, VAE-GAN, conditional GAN; what has no codes is refused."""

import numpy as np
import pytest

from minigan.apps.generator import generator
from minigan.apps.invert import objective
from minigan.apps.measurement import Mask
from minigan.data import Epochs
from minigan.game import Game
from minigan.gradcheck import numerical_gradient
from minigan.zoo import gan, small, vae, vaegan

RNG = np.random.default_rng(0)
IMAGES = np.tanh(RNG.standard_normal((12, 8, 8, 3))).astype(np.float32)
KNOWN = np.ones((8, 8), bool)
KNOWN[2:6, 3:7] = False
GAMES = {
    "gan": (gan, {"model": "dcgan_up", "width": 2, "latent": 3, "data": "emoji"}, True),
    "relativistic": (gan, {"model": "mlp", "width": 4, "latent": 3, "loss": "relativistic", "data": "emoji"}, False),
    "small": (small, {"width": 2, "latent": 3, "data": "emoji"}, True),
    "bernoulli": (vae, {"width": 4, "latent": 3, "data": "emoji"}, False),
    "gaussian": (vae, {"width": 4, "latent": 3, "data": "emoji", "likelihood": "gaussian", "model": "conv"}, False),
    "vaegan": (vaegan, {"width": 2, "latent": 3, "data": "emoji", "level": 1}, False),
}


def trained(name):
    recipe, options, labels = GAMES[name]
    source = Epochs(IMAGES, np.arange(12) % 3 if labels else None, rng=np.random.default_rng(1))
    game = recipe.build(recipe.Options(**options), source, np.random.default_rng(2))
    for _ in range(3):
        game.step(lambda: source.batch(6), np.random.default_rng(3))
    return game


@pytest.mark.parametrize("name", GAMES)
def test_its_images_are_those_of_the_game(name):
    game = trained(name)
    G = generator(game)
    z = G.prior(4, G.latent, np.random.default_rng(4)).astype(np.float32)
    z = (z, np.array([0, 1, 2, 0])) if game.classes else z
    np.testing.assert_allclose(G.forward(z)[0], game.generate(z), atol=1e-6)
    assert G.shape == (8, 8, 3)
    assert G.dtype == np.float32


@pytest.mark.parametrize("name", GAMES)
def test_the_gradient_of_its_objective(name):  # eq:bernoulli.mean
    game = trained(name)
    for net in [*game.networks.values(), *(average.net for average in game.averages.values())]:
        net.theta *= 3  # away from the flat start
    G = generator(game)
    exact = type(G)(
        G.net.astype(np.float64), *list(vars(G).values())[1:-2], None if G.D is None else G.D.astype(np.float64), G.loss
    )
    A, rng = Mask(KNOWN), np.random.default_rng(5)
    z, labels = rng.standard_normal((2, 3)), np.array([2, 1]) if game.classes else None
    y = A(IMAGES[:2].astype(np.float64))
    prior = exact.critic(0.7)
    assert (prior is None) == (name in ("bernoulli", "gaussian"))
    _, dz, _ = objective(exact, A, y, z, labels, 0.3, prior)
    expected = numerical_gradient(lambda a: objective(exact, A, y, a, labels, 0.3, prior)[0].sum(), z.copy())
    np.testing.assert_allclose(dz, expected, rtol=1e-5, atol=1e-6)


def test_a_weight_of_0_needs_no_critic():
    assert generator(trained("gan")).critic(0) is None


def test_what_has_no_codes_is_refused():
    class Plain(Game):
        pass

    with pytest.raises(ValueError, match="Plain does not draw images from codes: search with a GAN"):
        generator(Plain())


def test_points_are_refused():
    points = Epochs(np.zeros((9, 2), np.float32), rng=np.random.default_rng(0))
    game = gan.build(gan.Options(data="ring", width=3), points, np.random.default_rng(0))
    with pytest.raises(ValueError, match="points in the plane"):
        generator(game)
