"""The recipe gan: every model on every kind of data, and its options in the game that is built."""

import importlib

import numpy as np
import pytest
from PIL import Image

from minigan import data, models
from minigan.penalties import R1, R2, Dragan, WganGp
from minigan.running.build import build
from minigan.zoo import gan
from minigan.zoo.gan import Options


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("data", ["digits8", "mnist10k", "emoji"])
@pytest.mark.parametrize("model", ["mlp", "dcgan", "dcgan_up"])
def test_every_model_trains_on_every_data_set(model, data, labels, monkeypatch):
    monkeypatch.setattr(importlib.import_module("minigan.evaluation.watch"), "IMAGES", 50)
    options = Options(model=model, data=data, labels=labels, width=2, latent=4, batch=4, steps=2, penalty="r1,r2")
    trainer = build(gan, options)
    side, channels = {"digits8": (8, 1), "mnist10k": (28 if model == "mlp" else 32, 1), "emoji": (32, 3)}[data]
    assert trainer.source.shape == (side, side, channels)
    assert trainer.game.classes == labels * {"digits8": 10, "mnist10k": 10, "emoji": trainer.source.classes}[data]
    rows = trainer.run()
    assert [row["step"] for row in rows] == [1, 2]
    frechet = "frechet_digitnet" if data == "mnist10k" else "frechet_pixels_8x8"
    assert rows[-1].keys() - rows[0].keys() == {frechet, "precision", "recall"}
    images = trainer.game.sample(3, np.random.default_rng(0))
    assert images.shape == (3, side, side, channels)
    assert np.abs(images).max() <= 1


def pictures(folder, *classes):
    """A folder of coloured noise, one subfolder a class."""
    rng = np.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(5):
            Image.fromarray(rng.integers(256, size=(9 + i, 12, 3), dtype=np.uint8)).save(folder / name / f"{i}.png")
    return f"folder:{folder}"


@pytest.mark.parametrize("model", ["mlp", "dcgan", "dcgan_up"])
@pytest.mark.parametrize(("classes", "known"), [(("",), 0), (("cats", "dogs"), 2)])
def test_every_model_trains_on_a_folder(tmp_path, model, classes, known):
    data = pictures(tmp_path, *classes)
    for size, channels in ((8, 3), (11 if model == "mlp" else 16, 1)):
        options = Options(model=model, data=data, size=size, channels=channels, width=2, latent=4, batch=3, steps=2)
        trainer = build(gan, options)
        assert trainer.game.classes == known
        assert trainer.run()[-1]["step"] == 2
        assert trainer.game.sample(2, np.random.default_rng(0)).shape == (2, size, size, channels)


def test_points_of_the_plane():
    assert build(gan, Options(data="ring", width=4, steps=2)).run()[-1]["step"] == 2


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_both_learning_rates_end_with_the_run(schedule):
    options = Options(model="mlp", data="digits8", width=2, batch=4, steps=10, d_steps=5, lr=0.1, schedule=schedule)
    game = build(gan, options).game
    game.opt_G.t, game.opt_D.t = 5, 25  # in the middle of the run
    middle = {"constant": 0.1, "linear": 0.05, "cosine": 0.05}[schedule]
    assert game.opt_G.rate() == pytest.approx(middle)
    assert game.opt_D.rate() == pytest.approx(middle)


def test_none_and_a_penalty_contradict_each_other():
    with pytest.raises(ValueError, match="either none or penalties, got 'none,r1'"):
        Options(penalty="none,r1")


def test_penalties_ema_and_loss_are_those_of_the_options():
    given = {"model": "mlp", "data": "digits8", "width": 2, "batch": 4}
    options = Options(
        **given, penalty="r1, r2,wgan_gp,dragan", gamma=3, lam=4, ema=0, loss="hinge", d_steps=2, latent=6
    )
    game = build(gan, options).game
    assert game.penalties == [R1(gamma=3), R2(gamma=3), WganGp(lam=4), Dragan(lam=4)]
    assert (game.ema, repr(game.loss), game.d_steps, game.latent) == (None, "Hinge", 2, 6)
    game = build(gan, Options(**given, penalty="none", ema=0.5)).game
    assert game.penalties == []
    assert game.ema.decay == 0.5


def test_the_streams_of_a_run_are_not_each_others():
    """The first weights, the points, the order and the noise are drawn from four streams, none of them twice."""
    trainer = build(gan, Options(data="ring", width=4, seed=3))
    states = {trainer.rng.bit_generator.state["state"]["state"]}
    for child in np.random.SeedSequence(3).spawn(4):
        states.add(np.random.default_rng(child).bit_generator.state["state"]["state"])
    assert len(states) == 4  # the noise stream, not drawn from yet, is one of them
    _, _, init, draw = np.random.SeedSequence(3).spawn(4)
    np.testing.assert_array_equal(trainer.source.x, data.ring(100_000, np.random.default_rng(draw)))
    G, _ = models.toy(trainer.game.latent, 4, rng=np.random.default_rng(init))
    np.testing.assert_array_equal(trainer.game.G.theta, G.theta)


def test_labels_of_samples_are_checked():
    given = {"model": "mlp", "data": "digits8", "width": 2, "latent": 3, "batch": 4, "steps": 1}
    rng, x = np.random.default_rng(0), np.zeros((2, 8, 8, 1), np.float32)
    game = build(gan, Options(**given)).game
    assert game.sample(2, rng, labels=[3, 7]).shape == (2, 8, 8, 1)
    for labels, message in (
        ([3], "got 2 images and 1 labels"),
        ([3, 10], "from 0 to 9, got 3 to 10"),
        (np.eye(2), "one-hot"),
    ):
        for call in (lambda: game.sample(2, rng, labels=labels), lambda: game.score(x, labels)):  # noqa: B023
            with pytest.raises(ValueError, match=message):
                call()
    blind = build(gan, Options(**given, labels=False)).game
    for call in (lambda: blind.sample(2, rng, labels=[3, 7]), lambda: blind.score(x, [3, 7])):
        with pytest.raises(ValueError, match="labels were given, but this game has no classes"):
            call()
