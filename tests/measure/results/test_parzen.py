"""The Parzen table: no method trains on the images that judge it, pixels are in [0, 1], and each method runs."""

import numpy as np
import pytest

from minigan import data
from minigan.data import Dataset
from minigan.game import normal
from minigan.measure.results import parzen
from minigan.measure.results.table import Cell

pytestmark = pytest.mark.slow

TINY = {"data": "mnist10k", "samples": 40, "test": 30, "steps": 2}


def measured(method, **changes):
    s = parzen.METHODS[method]
    return parzen.run_cell(Cell(method, 0, {name: TINY.get(name, value) for name, value in s.items()} | changes), True)


def rows_of(images):
    return {image.tobytes() for image in images}


def test_the_parts_of_mnist10k_share_no_image():
    x, y, validation, test = parzen.split("mnist10k", 1000)
    assert (x.shape, validation.shape, test.shape) == ((8000, 28, 28, 1), (1000, 28, 28, 1), (1000, 28, 28, 1))
    assert len(y) == 8000
    assert np.bincount(y).min() > 600  # the file is sorted by digit, the parts are not
    assert not rows_of(x) & (rows_of(validation) | rows_of(test))
    assert not rows_of(validation) & rows_of(test)
    again = parzen.split("mnist10k", 1000)
    np.testing.assert_array_equal(x, again[0])


def test_mnist_holds_out_its_last_thousand_images_and_tests_on_its_test_set(monkeypatch):
    def load(name, split="train"):
        assert name == "mnist"
        start, n = (0, 1500) if split == "train" else (5000, 300)
        images = (
            np.arange(start, start + n, dtype=np.uint16).view(np.uint8).reshape(n, 1, 2, 1)
        )  # each image encodes its index
        return Dataset(images, np.arange(n, dtype=np.int64) % 10, name)

    monkeypatch.setattr(data, "load", load)
    x, y, validation, test = parzen.split("mnist", 200)

    def found(images):
        return images.reshape(len(images), 2).copy().view(np.uint16).ravel()

    np.testing.assert_array_equal(found(x), np.arange(500))
    np.testing.assert_array_equal(y, np.arange(500) % 10)
    np.testing.assert_array_equal(found(validation), np.arange(500, 1500))
    np.testing.assert_array_equal(found(test), np.arange(5000, 5200))


def test_pixels_are_in_0_to_1_without_the_padding():
    digits = np.random.default_rng(0).integers(256, size=(3, 28, 28, 1), dtype=np.uint8)
    framed = np.full((3, 32, 32, 1), -1, np.float32)
    framed[:, 2:30, 2:30] = digits / np.float32(127.5) - 1
    np.testing.assert_allclose(parzen.pixels(framed), digits.reshape(3, 784) / 255, atol=1e-6)
    np.testing.assert_array_equal(parzen.pixels(digits), digits.reshape(3, 784) / 255)


@pytest.mark.parametrize("method", parzen.METHODS)
def test_each_method_runs(method):
    found = measured(method)
    assert list(found) == ["nats", "sigma", "test_error"]
    assert 0.1 <= found["sigma"] <= 1
    assert np.isfinite(found["nats"])
    assert found["test_error"] > 0


def test_training_images_do_better_than_an_untrained_generator():
    real = measured("training images as samples", samples=400)
    assert real["nats"] > measured("mlp")["nats"] + 100


class Listener:
    classes, latent, prior = 10, 3, staticmethod(normal)

    def generate(self, z):
        self.z, self.labels = z if isinstance(z, tuple) else (z, None)
        return np.zeros((len(self.z), 28, 28, 1))


def test_labels_are_drawn_as_often_as_they_occur():
    game = Listener()
    parzen.drawn(game, 400, np.repeat([3, 7], [100, 300]), np.random.default_rng(0))
    assert set(game.labels) == {3, 7}
    assert 70 < np.sum(game.labels == 3) < 130


def test_shrink_scales_z_and_nothing_else():
    full, shrunk = Listener(), Listener()
    for game, factor in ((full, 1.0), (shrunk, 0.5)):
        parzen.drawn(game, 50, np.arange(10), np.random.default_rng(0), factor)
    np.testing.assert_array_equal(shrunk.z, full.z / 2)
    np.testing.assert_array_equal(shrunk.labels, full.labels)
    assert full.z.std() == pytest.approx(1, abs=0.1)


def test_blurred_images_score_above_sharp_ones():
    sharp, blurred = (measured(f"training images{how}", samples=400) for how in (" as samples", ", blurred"))
    assert blurred["nats"] > sharp["nats"] + 20
