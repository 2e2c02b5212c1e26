"""The networks of the autoencoders: shapes, gradients and errors."""

import numpy as np
import pytest

from minigan.gradcheck import check_network
from minigan.models.vae import critic, start_at, vae_conv, vae_mlp


@pytest.mark.parametrize(("build", "shape"), [(vae_mlp, (5, 3, 2)), (vae_conv, (16, 16, 3))])
def test_shapes(build, shape):
    E, G = build(shape, 4, 3, rng=0)
    mu, log_var = E(np.zeros((2, *shape)))
    assert mu.shape == log_var.shape == (2, 4)
    assert G(mu).shape == (2, *shape)
    assert E.dtype == G.dtype == np.float32


def test_the_network_of_the_paper():
    E, G = vae_mlp(rng=0)
    assert E.theta.size == 784 * 200 + 200 + 200 * 200 + 200 + 2 * (200 * 50 + 50)
    assert G.theta.size == 50 * 200 + 200 + 200 * 200 + 200 + 200 * 784 + 784


def test_tanh_keeps_images_in_range():
    G = vae_conv((8, 8, 1), 2, 2, rng=0, tanh=True)[1]
    assert np.abs(G(100 * np.ones((3, 2)))).max() <= 1


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_critic_returns_features_and_scores(level):
    features, scores = critic((32, 32, 3), 2, level, rng=0)(np.zeros((4, 32, 32, 3)))
    side = 32 // 2**level
    assert features.shape == (4, side, side, 2**level)
    assert scores.shape == (4, 1)


@pytest.mark.parametrize("level", [0, 4])
def test_a_level_that_is_not_there(level):
    with pytest.raises(ValueError, match=f"levels 1 to 3 for images of 32 pixels, got level={level}"):
        critic((32, 32, 3), 2, level, rng=0)


def test_gradients():
    rng = np.random.default_rng(0)
    check_network(vae_mlp((3, 5, 1), 2, 4, rng=0, dtype=np.float64)[0], rng.standard_normal((2, 3, 5, 1)), rng=rng)
    check_network(critic((8, 8, 2), 2, 1, rng=0, dtype=np.float64), rng.standard_normal((1, 8, 8, 2)), rng=rng)


def test_the_networks_start_at_the_mean():
    E, G = vae_mlp((5, 3, 2), latent=4, width=6, rng=0, dtype="float64")
    mean, y = np.random.default_rng(1).uniform(-1, 1, (2, 5, 3, 2))
    start_at(mean, y, E, G)
    seen = E.layers[1].forward(mean.reshape(1, -1))[0]
    np.testing.assert_allclose(seen, 0, atol=1e-14)
    last = G.layers[-2]
    np.testing.assert_array_equal(last.b, y.ravel())
