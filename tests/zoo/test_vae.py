"""The recipe vae: its steps by hand, every model and likelihood on images, and what it refuses."""

import numpy as np
import pytest

from minigan.data import Epochs
from minigan.layers import Copy, Dense, Parallel
from minigan.models.likelihood import Gaussian
from minigan.network import Sequential
from minigan.optim import SGD
from minigan.zoo import vae
from minigan.zoo.vae import elbo_step, iwae_step


def linear_pair():
    """E: x -> (2 x, 0), so s = 1;  G: z -> 3 z."""
    E = Sequential(Copy(2), Parallel([Dense(1, 1)], [Dense(1, 1)]), rng=0, dtype=np.float64)
    G = Sequential(Dense(1, 1), rng=0, dtype=np.float64)
    E.theta[...], G.theta[...] = [2, 0, 0, 0], [3, 0]
    return E, G


def test_the_elbo_step_by_hand():  # eq:vae.z eq:vae.d_mu eq:vae.d_log_var
    E, G = linear_pair()
    row = elbo_step(E, G, Gaussian(1.0), SGD(E, 1.0), SGD(G, 1.0), np.array([[1.0]]), np.array([[-1.0]]), beta=2.0)
    # mu = 2, log_var = 0, z = 2 - 1 = 1, y = 3;  log p = -(1 - 3)^2 / 2 - c;  KL = 2^2 / 2
    assert row["kl"] == 2
    assert row["log_p"] == pytest.approx(-2 - 0.5 * np.log(2 * np.pi))
    assert row["loss"] == pytest.approx(2 * 2 - row["log_p"])
    # dy = 2;  dW = z dy = 2, db = 2;  dz = 3 dy = 6;  dmu = 6 + 2 mu = 10;  dlog_var = 6 (-1) / 2 + 0 = -3
    np.testing.assert_allclose(G.theta, [3 - 2, -2])
    np.testing.assert_allclose(E.theta, [2 - 10, -10, 3, 3])


def test_the_iwae_step_by_hand():  # eq:iwae.dz eq:iwae.d_log_var
    E, G = linear_pair()
    eps = np.array([[[-1.0]], [[-2.0]]])
    row = iwae_step(E, G, Gaussian(1.0), SGD(E, 1.0), SGD(G, 1.0), np.array([[1.0]]), eps)
    # z = 1, 0;  y = 3, 0;  log w = -(1-3)^2/2 + (1 - 1)/2 = -2,  -(1-0)^2/2 + (4 - 0)/2 = 3/2, both less c
    a, b = np.exp(-2.0), np.exp(1.5)
    assert row["loss"] == pytest.approx(-np.log((a + b) / 2) + 0.5 * np.log(2 * np.pi))
    a, b = a / (a + b), b / (a + b)
    # dy = 2 a, -b;  dW = 1 (2 a) + 0 (-b), db = 2 a - b;  dz = 3 (2 a) + a 1, 3 (-b) + b 0
    np.testing.assert_allclose(G.theta, [3 - 2 * a, b - 2 * a])
    d_mu, d_log_var = 7 * a - 3 * b, (7 * a) * -1 / 2 + (-3 * b) * -2 / 2 - 1 / 2
    np.testing.assert_allclose(E.theta, [2 - d_mu, -d_mu, -d_log_var, -d_log_var])


def images(side=8, channels=1, n=12):
    rng = np.random.default_rng(0)
    return Epochs(np.tanh(rng.standard_normal((n, side, side, channels))).astype(np.float32), rng=rng)


@pytest.mark.parametrize("likelihood", vae.LIKELIHOODS)
@pytest.mark.parametrize(("model", "k"), [("mlp", 1), ("mlp", 3), ("conv", 1), ("conv", 2)])
def test_every_model_and_likelihood_trains_and_samples(model, likelihood, k):
    source, rng = images(channels=3), np.random.default_rng(1)
    options = vae.Options(data="emoji", model=model, likelihood=likelihood, k=k, latent=3, width=4, steps=3)
    game = vae.build(options, source, rng)
    rows = [game.step(lambda: source.batch(5), rng) for _ in range(3)]
    assert all(np.isfinite(list(row.values())).all() for row in rows)
    x, _ = source.batch(7)
    for found in (game.sample(7, rng), game.reconstruct(x), next(game.walk(4, 7, rng))):
        assert found.shape == (7, 8, 8, 3)
        assert np.abs(found).max() <= 1
    assert game.encode(x).shape == (7, 3)


def test_the_bound_rises():
    source, rng = images(n=8), np.random.default_rng(1)
    game = vae.build(vae.Options(latent=4, width=32, steps=300, schedule="constant", lr=3e-3), source, rng)
    rows = [game.step(lambda: source.batch(8), rng)["loss"] for _ in range(300)]
    assert np.mean(rows[-20:]) < 0.9 * np.mean(rows[:20])


def test_points_are_refused():
    points = Epochs(np.zeros((9, 2), np.float32), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="learns images"):
        vae.build(vae.Options(data="ring"), points, np.random.default_rng(0))


def test_bytes_are_encoded_as_floats_are_and_images_of_another_size_are_refused():
    options = vae.Options(data="digits8", latent=3, width=4, steps=2)
    game = vae.build(options, images(), np.random.default_rng(1))
    x = np.random.default_rng(2).integers(256, size=(5, 8, 8, 1), dtype=np.uint8)
    np.testing.assert_array_equal(game.encode(x), game.encode(x / np.float32(127.5) - np.float32(1)))
    np.testing.assert_array_equal(game.generate(game.encode(x)), game.reconstruct(x))
    for refused in (game.encode, game.reconstruct):
        with pytest.raises(
            ValueError, match=r"draws samples of shape \(8, 8, 1\), got .* \(6, 6, 1\): put a black frame"
        ):
            refused(x[:, :6, :6])


def test_no_image_is_refused():
    options = vae.Options(data="digits8", latent=3, width=4, steps=2)
    game = vae.build(options, images(), np.random.default_rng(1))
    for refused in (game.encode, game.reconstruct):
        with pytest.raises(ValueError, match=r"at least one sample of shape \(8, 8, 1\), got none"):
            refused(np.zeros((0, 8, 8, 1), np.float32))


def test_no_sample_is_refused():
    game = vae.build(vae.Options(latent=2, width=3), images(), np.random.default_rng(0))
    with pytest.raises(ValueError, match="n >= 1"):
        game.sample(0, np.random.default_rng(0))


def test_the_mlp_starts_at_the_mean_of_the_data():
    images = np.random.default_rng(0).integers(0, 255, (20, 5, 4, 1), dtype=np.uint8)
    game = vae.build(
        vae.Options(batch=2, latent=3, width=6), Epochs(images, rng=np.random.default_rng(1)), np.random.default_rng(2)
    )
    mean = images.mean(axis=0) / 127.5 - 1
    np.testing.assert_allclose(game.likelihood.mean(game.G.layers[-2].b), mean.ravel(), atol=1e-5)
    np.testing.assert_allclose(game.E.layers[1](mean.reshape(1, -1).astype(np.float32)), 0, atol=1e-5)
