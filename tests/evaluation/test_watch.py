"""The cheap evaluation during a training: it looks, and changes nothing."""

import importlib

import numpy as np
import pytest

from minigan import data, evaluation
from minigan.evaluation import watch
from minigan.running.build import build
from minigan.zoo import gan

pytestmark = pytest.mark.slow

module = importlib.import_module("minigan.evaluation.watch")
DATA = data.load("digits8")


class Real:
    """A game that draws real images: the best generator there is."""

    def __init__(self, images=DATA.images):
        self.images, self.asked = images, None

    def sample(self, n, rng, labels=None):
        self.asked = labels
        return self.images[rng.permutation(len(self.images))[:n]]


class Noise(Real):
    def sample(self, n, rng, labels=None):
        return rng.uniform(-1, 1, (n, 8, 8, 1)).astype(np.float32)


def test_real_images_reach_the_floor_and_noise_does_not():
    mine = watch(DATA.images, None, "digits8", seed=0)
    names = {"frechet_pixels_8x8", "precision", "recall"}
    real, noise = mine(Real()), mine(Noise())
    assert real.keys() == noise.keys() == mine.floor.keys() == names
    assert real["frechet_pixels_8x8"] < 1.5 * mine.floor["frechet_pixels_8x8"] < noise["frechet_pixels_8x8"] / 10
    assert min(real["precision"], real["recall"], mine.floor["precision"], mine.floor["recall"]) > 0.7
    assert noise["precision"] == 0
    assert len(mine.real) == 1797 // 2


def test_the_same_noise_each_time():
    mine, game = watch(DATA.images, DATA.labels, "digits8", seed=5), Real()
    assert mine(game) == mine(game)
    assert mine(game) == watch(DATA.images, DATA.labels, "digits8", seed=5)(game)
    assert mine(game) != watch(DATA.images, DATA.labels, "digits8", seed=6)(game)


def test_labels_are_asked_for_as_often_as_they_occur():
    game, labels = Real(), np.repeat([4, 7], [1500, 297])
    watch(DATA.images, labels, "digits8", seed=0)(game)
    assert len(game.asked) == 898
    assert np.bincount(game.asked, minlength=8)[4] / 898 == pytest.approx(1500 / 1797, abs=0.05)
    watch(DATA.images, None, "digits8", seed=0)(game)
    assert game.asked is None  # Game.sample need not know labels


def test_the_real_images_are_described_once(monkeypatch):
    described = []
    right = evaluation.describe
    monkeypatch.setattr(module, "describe", lambda x, features: described.append(len(x)) or right(x, features))
    monkeypatch.setattr(module, "IMAGES", 50)
    mine = watch(DATA.images, None, "digits8", seed=0)
    assert described == []  # building a run costs nothing
    for _ in range(3):
        mine(Real())
    assert described == [50, 50, 50, 50]  # three times G's and once the reference


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_points_of_the_plane(name):
    points = getattr(data, name)(3000, np.random.default_rng(0))
    mine = watch(points, None, name, seed=0)
    assert mine(Real(points)).keys() == {"modes_found", "high_quality", "reverse_kl"}
    assert mine.floor["modes_found"] == 1
    assert mine.floor["high_quality"] > 0.98
    assert mine(Real(points[:1].repeat(9, axis=0)))["modes_found"] == {"ring": 1 / 8, "grid": 1 / 25}[name]


def test_too_few_images_are_not_measured():
    assert watch(DATA.images[:99], None, "digits8", seed=0) is None
    assert len(watch(DATA.images[:100], None, "digits8", seed=0).real) == 50


def test_a_sentence():
    mine = watch(DATA.images, None, "digits8", seed=0)
    mine.floor = {"frechet_pixels_8x8": 0.5, "recall": 0.987654}
    row = {"step": 3, "frechet_pixels_8x8": 1.5, "recall": 0.25}
    assert mine.sentence([]) == mine.sentence([{"step": 1}]) == ""
    assert mine.sentence([row | {"recall": 0.1}, row, {"step": 4}]) == (
        "frechet pixels 8x8 1.5 (0.5), recall 0.25 (0.9877) with 898 samples (in brackets: real samples)"
    )


@pytest.mark.parametrize("name", ["mnist10k", "digits8", "ring", "grid"])
def test_every_measure_has_a_panel_and_one_is_in_the_bar(name):
    model = {} if name in ("ring", "grid") else {"model": "mlp"}
    mine = build(gan, gan.Options(**model, data=name, width=2, latent=3)).evaluate
    assert len(mine.real) == {"digits8": 898, "ring": 2500, "grid": 2500}.get(name, 2000)
    distances, shares = mine.panels
    assert (distances.scale, shares.scale) == ("log", "share")
    assert {*distances.names, *shares.names} == mine.floor.keys()
    (label,) = (distances.short | shares.short).values()
    assert label == ("modes" if name in ("ring", "grid") else "Frechet")


@pytest.mark.parametrize("labels", [True, False])
def test_looking_does_not_change_a_training(labels):
    options = {"model": "mlp", "data": "digits8", "labels": labels, "width": 2, "latent": 3, "batch": 64, "steps": 44}
    watched, blind = (build(gan, gan.Options(**options)) for _ in range(2))
    blind.evaluate = None
    rows = watched.run()
    blind.run()
    assert [row["step"] for row in rows if "recall" in row] == [28, 44]
    for name, array in blind.arrays().items():
        assert array.tobytes() == watched.arrays()[name].tobytes(), name
    assert blind.rng.bit_generator.state == watched.rng.bit_generator.state
