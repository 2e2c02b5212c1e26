"""A trained game is measured and looked at; what is found lies in the folder of its run."""

import importlib
import json

import numpy as np
import pytest

from minigan import data, plots
from minigan.data import Stream
from minigan.evaluation import VGG16, report, table
from minigan.evaluation.report import scores
from minigan.game import Game
from minigan.running.build import build
from minigan.trainer import Trainer
from minigan.zoo import gan

pytestmark = pytest.mark.slow

module = importlib.import_module("minigan.evaluation.report")
TINY = {"width": 3, "latent": 4, "batch": 16, "steps": 3}


def trained(out, **options):
    trainer = build(gan, gan.Options(**TINY | options), out)
    for _ in range(3):
        trainer.step()
    return trainer


@pytest.fixture
def drawn(monkeypatch):
    """What the two pictures were given, and one of points."""
    given = {}
    for name in ("scored", "pairs", "scatter2d"):
        monkeypatch.setattr(plots, name, lambda *a, name=name, **k: given.update({name: a}))
    return given


@pytest.mark.parametrize("labels", [True, False])
def test_images(tmp_path, drawn, labels, monkeypatch):
    monkeypatch.setattr(module, "SCORED", 110)
    trainer = trained(tmp_path / "run", model="mlp", data="digits8", labels=labels)
    kept = trainer.arrays()["G.theta"].copy(), trainer.rng.bit_generator.state
    result, written = report(trainer, "digits8", n=120, seed=4)
    assert {name: path.name for name, path in written.items()} == {
        "table": "evaluation.md", "json": "evaluation.json", "scores": "scores.png", "nearest": "nearest.png",
    }  # fmt: skip
    assert json.loads(written["json"].read_text()) == result
    assert written["table"].read_text() == f"# run, step 3\n\n{table(result)}\n"
    assert (result["run"], result["step"], result["seed"], result["features"]) == ("run", 3, 4, VGG16)
    assert result["samples"] == {"generated": 120, "real": 120, "floor": 120}

    real, fake, real_scores, fake_scores, path = drawn["scored"]
    assert (len(real), len(fake), path) == (110, 110, written["scores"])
    samples, nearest, distance, own, others, path = drawn["pairs"]
    assert (len(nearest), len(own), len(others), path) == (120, 120, 120, written["nearest"])
    np.testing.assert_array_equal(fake, samples[:110])
    assert samples.dtype == np.uint8
    gaps = np.linalg.norm((nearest / 127.5 - samples / 127.5).reshape(120, -1), axis=1)
    np.testing.assert_allclose(distance, gaps, atol=1e-4)
    memory = {"value": float(np.median(distance)), "floor": float(np.median(others))}
    assert result["measures"]["nearest_training_image"] == memory

    position = {
        x.tobytes(): i for i, x in enumerate(trainer.source.x)
    }  # beside each sample stands a real image of the label it asked for
    asked = np.array([trainer.source.y[position[x.tobytes()]] for x in real]) if labels else None
    for images, found in ((real, real_scores), (fake, fake_scores)):
        x = images.astype(np.float32) / 127.5 - 1
        np.testing.assert_allclose(found, trainer.game.D((x, asked) if labels else x).ravel(), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(kept[0], trainer.game.G.theta)
    assert kept[1] == trainer.rng.bit_generator.state

    again, _ = report(trainer, "digits8", n=120, seed=4)
    other, _ = report(trainer, "digits8", n=120, seed=5)
    assert result == again
    assert result["measures"] != other["measures"]


def test_what_was_asked_for_is_compared_with_what_is_read(tmp_path, drawn):
    trainer = trained(tmp_path, model="mlp", data="mnist10k")
    trainer.source.x, trainer.source.y = trainer.source.x[::40], trainer.source.y[::40]
    trainer.game.sample = lambda n, rng, labels=(0,): trainer.source.x[
        [int(np.flatnonzero(trainer.source.y == k)[0]) for k in labels]
    ]
    measures = report(trainer, "mnist10k", n=100)[0]["measures"]  # G draws a right digit, the same one each time
    assert measures["as_asked"]["value"] > 0.85
    assert measures["recall"]["value"] < 0.5


def test_portraits_are_read_and_copies_are_compared_with_held_out_ones(tmp_path, drawn):
    trainer = trained(tmp_path, model="mlp", data="portraits", condition="hair_color")
    x, y = trainer.source.x[::10], trainer.source.y[::10]
    trainer.source.x, trainer.source.y = x, y
    trainer.game.sample = lambda n, rng, labels=(0,): x[[int(np.flatnonzero(y == k)[0]) for k in labels]]  # five copies
    held_out = data.load("portraits").images[5:2005:10]
    measures = report(trainer, "portraits", n=100, condition="hair_color", held_out=held_out)[0]["measures"]
    assert measures["nearest_training_image"]["value"] == 0
    memory = module.memorised(held_out, x, np.random.default_rng(0))["distance"]
    assert measures["nearest_training_image"]["floor"] == pytest.approx(np.median(memory))
    assert measures["as_asked"]["value"] == 1
    assert (measures["new_combinations"]["value"], measures["attributes_apart"]["value"]) == (0, 0)
    assert measures["new_combinations"]["floor"] > 0.9
    assert measures["pairs_made"]["value"] < 0.3 < 0.8 < measures["pairs_made"]["floor"]
    assert "| share of the pairs of values that occur" in (tmp_path / "evaluation.md").read_text()


def test_points(tmp_path, drawn):
    result, written = report(trained(tmp_path, data="ring"), "ring")
    assert result["measures"].keys() == {"modes", "high_quality", "reverse_kl"}
    assert set(written) == {"table", "json", "scores"}
    real, points, path = drawn["scatter2d"]
    assert real.shape == points.shape == (2500, 2)
    assert path == written["scores"]


def test_ten_thousand_images_by_default(tmp_path, monkeypatch):
    asked = []
    trainer = trained(tmp_path, model="mlp", data="digits8")
    trainer.game.sample = lambda n, rng, labels: asked.append(n) or np.zeros((99, 8, 8, 1), np.float32)
    with pytest.raises(ValueError, match="at least 100 generated"):
        report(trainer, "digits8")
    assert asked == [10_000]
    assert list(tmp_path.iterdir()) == []


def test_scores_in_blocks():
    trainer = build(gan, gan.Options(model="dcgan", data="emoji", **TINY))
    x, y = trainer.source.x[:7], trainer.source.y[:7]
    together = trainer.game.D((x / np.float32(127.5) - np.float32(1), y)).ravel()
    np.testing.assert_allclose(scores(trainer.game, x, y, block=3), together, rtol=1e-4, atol=1e-5)
    assert scores(trainer.game, x, y).dtype == np.float32


class Plain(Game):
    """A game without scores: it draws the images of its training set."""

    def __init__(self, images):
        self.images = images

    def sample(self, n, rng, labels=None):
        return self.images[rng.integers(len(self.images), size=n)]


@pytest.mark.parametrize("name", ["digits8", "ring"])
def test_a_game_without_scores_has_no_picture_of_them(tmp_path, drawn, name):
    x = data.ring(500, np.random.default_rng(0)) if name == "ring" else data.load(name).images[:300]
    trainer = Trainer(Plain(x), x, batch=10, out=tmp_path)
    result, written = report(trainer, name, n=120)
    assert "scores" not in written
    assert set(drawn) == (set() if name == "ring" else {"pairs"})
    assert json.loads(written["json"].read_text()) == result


def test_a_stream_is_measured_against_samples_of_its_own(tmp_path, drawn):
    stream = Stream(data.ring, np.random.default_rng(0), (2,))
    before = stream.state()
    result, _ = report(Trainer(Plain(data.ring(900, np.random.default_rng(1))), stream, batch=10, out=tmp_path), "ring")
    assert result["measures"]["modes"] == {"value": 8.0, "floor": 8.0}
    assert stream.state() == before


def test_a_run_in_memory_has_no_place_for_a_report():
    with pytest.raises(ValueError, match="this run is only in memory"):
        report(Trainer(Plain(None), np.zeros((300, 2)), batch=10), "ring")
