"""What is measured, on networks and samples whose answer is known."""

import numpy as np
import pytest

from minigan.data import Epochs
from minigan.game import Game
from minigan.measure.results import faults
from minigan.optim import Adam, cosine
from minigan.running.doctor import diagnose, examine


class Fixed(Game):
    """Draws what it is given."""

    def __init__(self, samples):
        self.samples = samples

    def sample(self, n, rng, labels=None):
        return self.samples[:n]


def samples_of(real, fake):
    rng = np.random.default_rng(0)
    return examine.of_samples(Fixed(fake.astype(np.float32)), Epochs(real.astype(np.float32), rng=rng), rng)


def test_samples_of_the_data_are_like_it():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(0, 0.2, (2, 300, 8, 8, 1)).clip(-1, 1)
    found = samples_of(real, fake)
    assert found["diversity"] == pytest.approx(1, abs=0.05)
    assert found["twins"] == pytest.approx(1, abs=0.1)
    assert found["copies"] == pytest.approx(1, abs=0.1)
    assert found["told_apart"] == pytest.approx(0.5, abs=0.15)
    assert found["outside"] == 0


def test_copies_twins_and_values_outside():
    rng = np.random.default_rng(0)
    real = rng.normal(0, 0.2, (300, 8, 8, 1)).clip(-1, 1)
    assert samples_of(real, real + 0.001)["copies"] < 0.05
    one = np.repeat(real[:1], 300, axis=0) + rng.normal(0, 0.01, real.shape)
    found = samples_of(real, one)
    assert found["diversity"] < 0.1
    assert found["twins"] < 0.1
    assert samples_of(real, 9 * real)["outside"] == pytest.approx((np.abs(9 * real) > 1.02).mean(), abs=0.05)


def test_images_that_occur_twice_are_counted_once():
    images = np.random.default_rng(0).integers(256, size=(5, 4, 4, 1), dtype=np.uint8)
    assert examine.distinct(images.repeat(3, axis=0)).shape == (5, 16)
    assert examine.distinct(np.zeros((9, 2), dtype=np.float32)).shape == (1, 2)


def test_labels_and_chance():
    rng = np.random.default_rng(0)
    y = rng.integers(4, size=400)
    x = rng.normal(0, 0.1, (400, 4, 4, 1)) + 0.2 * y[:, None, None, None]
    fits = examine.of_labels(Epochs(x.clip(-1, 1).astype(np.float32), y, rng=rng), rng)
    mixed = examine.of_labels(Epochs(x.clip(-1, 1).astype(np.float32), rng.permutation(y), rng=rng), rng)
    assert fits["labelled"] > 0.5
    assert abs(mixed["labelled"]) < 0.08
    assert examine.of_labels(Epochs(x.clip(-1, 1).astype(np.float32), rng=rng), rng) == {}


def test_a_gradient_along_the_mean_of_others():
    rng = np.random.default_rng(0)
    g = np.array([3.0, 4.0, 0.0])
    batches = [g + rng.normal(0, 0.1, 3) for _ in range(20)]
    for factor in (1.0, -1.0, 7.0):
        along, noise = examine.along(factor * g, batches)
        assert along == pytest.approx(factor, abs=0.05 * abs(factor))
        assert noise < 0.05
    assert examine.along(g, [rng.normal(0, 1, 3) for _ in range(20)])[1] > 1  # nothing but noise
    assert np.isnan(examine.along(g, [0 * g, 0 * g])).all()


def test_batches_that_agree_and_noise():
    rng = np.random.default_rng(0)
    noise = [rng.normal(0, 1, 5) for _ in range(60)]
    assert examine.agreement([np.ones(5) + 0.1 * each for each in noise]) == 1
    assert examine.agreement(noise) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("name", ["as it is", "constant rate"])
def test_the_last_step_is_undone(name):
    """One step more, and undone: the weights before it, up to the rounding of float32."""
    trainer, _ = faults.run("digits8", name, 0, 6)
    game = trainer.game
    weights = {name: net.theta.copy() for name, net in game.networks.items()}
    game.step(lambda: trainer.source.batch(64), np.random.default_rng(0))
    for name, optimizer in game.optimizers.items():
        before = examine.before_last_step(game.networks[name], optimizer)
        np.testing.assert_allclose(before.theta, weights[name], atol=1e-6)
        assert before.theta is not game.networks[name].theta


@pytest.mark.slow
def test_a_balanced_ring_does_not_go_uphill():
    """Near the equilibrium the gradients of batches are mostly noise, and at a constant rate they turn round with each step."""
    for name in ("half of gamma", "constant rate"):
        trainer, start = faults.run("ring", name, 10)
        assert "uphill_G" not in [finding.name for finding in diagnose(trainer, start)]


def test_steps_of_a_sound_game_and_of_one_with_a_wrong_sign():
    sound, _ = faults.run("digits8", "as it is", 0, 20)
    rng = np.random.default_rng(0)
    weights, grad = sound.game.D.theta.copy(), sound.game.D.grad.copy()
    found = examine.of_steps(sound.game, sound.source, sound.batch, rng)
    np.testing.assert_array_equal(sound.game.D.theta, weights)
    np.testing.assert_array_equal(sound.game.D.grad, grad)
    assert 0.5 <= found["separation"] <= 1
    assert 0 < found["received"] <= 1
    wrong, _ = faults.run("digits8", "wrong sign in G", 0, 20)
    other = examine.of_steps(wrong.game, wrong.source, wrong.batch, rng)
    assert other["follows"]["G"] < 0 < found["follows"]["G"]


def test_pixels_that_never_change():
    trainer = faults.trainer("digits8", "constant border", 0, 1)
    rng = np.random.default_rng(0)
    found = examine.of_constants(trainer.game, trainer.source, rng)
    assert found["constant"] == pytest.approx(28 / 64)
    D = trainer.game.D
    assert set(found) == {"constant", "given_away"} or D.theta.size


def test_the_largest_rate_of_a_schedule():
    from minigan.layers import Dense
    from minigan.network import Sequential

    optimizer = Adam(Sequential(Dense(2, 2), rng=0), cosine(0.1, 100))
    optimizer.t = 100
    assert examine.largest_rate(optimizer) == 0.1
    optimizer.lr = 0.3
    assert examine.largest_rate(optimizer) == 0.3
