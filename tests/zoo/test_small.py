"""The recipe small: augmentation in front of D, with a fixed or an adapted probability."""

import importlib

import numpy as np
import pytest

from minigan.layers import Beside, Color, Cutout, LabelScore, Mirror, Translation
from minigan.running.build import build
from minigan.zoo import gan, small
from minigan.zoo.small import Options, adapted

TINY = {"width": 2, "latent": 4, "batch": 4, "steps": 5}


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    monkeypatch.setattr(importlib.import_module("minigan.evaluation.watch"), "IMAGES", 50)


def kinds(layers):
    return [type(layer) for layer in layers]


def test_d_begins_with_the_augmentations_and_g_has_none():
    game = build(small, Options(**TINY, mirror=True)).game
    assert kinds(game.D.layers[:4]) == [Mirror, Color, Translation, Cutout]
    assert [float(layer.p[0]) for layer in game.D.layers[:4]] == [0.5, 1, 1, 1]
    plain = build(gan, gan.Options(**TINY, data="portraits")).game
    assert kinds(game.D.layers[4:]) == kinds(plain.D.layers)
    assert kinds(game.G.layers) == kinds(plain.G.layers)
    np.testing.assert_array_equal(game.G.theta, plain.G.theta)


@pytest.mark.parametrize(
    "options", [{"condition": "hair_color"}, {"data": "emoji"}, {"data": "emoji", "ada": True, "model": "mlp"}]
)
def test_a_conditional_d_augments_the_image_and_not_the_label(options):
    trainer = build(small, Options(**TINY, **options))
    assert isinstance(trainer.game.D.layers[0], Beside)
    assert kinds(trainer.game.D.layers[0].branches[0].layers) == [Color, Translation, Cutout]
    assert isinstance(trainer.game.D.layers[-1], LabelScore)
    assert trainer.run()[-1]["step"] == 5


def test_without_augmentation_it_is_the_recipe_gan():
    plain, same = (
        build(gan, gan.Options(**TINY, data="emoji")),
        build(small, Options(**TINY, data="emoji", augment="none")),
    )
    for trainer in (plain, same):
        trainer.run()
    np.testing.assert_array_equal(plain.game.D.theta, same.game.D.theta)


def test_p_rises_while_d_is_sure_of_the_real_images():  # eq:ada
    p = np.array([0.5])
    assert adapted(p, 0.7, 0.6, 0.1) == pytest.approx(0.6)
    assert adapted(p, 0.5, 0.6, 0.1) == pytest.approx(0.4)
    assert adapted(np.array([0.95]), 1, 0.6, 0.1) == 1
    assert adapted(np.array([0.05]), -1, 0.6, 0.1) == 0


def test_ada_adapts_all_but_the_mirror_and_logs_p():
    trainer = build(small, Options(**TINY, ada=True, mirror=True, target=-1, ada_images=160))
    layers = trainer.game.D.layers[:4]
    assert [float(layer.p[0]) for layer in layers] == [0.5, 0, 0, 0]
    rows = (
        trainer.run()
    )  # at step 4 every sign is at least the target -1: p rises by 4 steps * 4 images / 160, if above it
    assert layers[0].p[0] == 0.5
    assert rows[-1]["augment_p"] == float(layers[1].p[0]) in (0, pytest.approx(0.1))
    assert trainer.game.panels[-1].names == ("augment_p",)


def test_a_resumed_run_ends_in_the_same_bits(tmp_path):
    options = Options(**TINY | {"steps": 9}, data="emoji", ada=True, target=-0.99, ada_images=160)
    whole = build(small, options)
    whole.run()
    first = build(small, options, tmp_path)
    for _ in range(6):
        first.step()
    first.save()
    second = build(small, options, tmp_path).restore()
    assert second.t == 6
    second.run()
    assert float(whole.game.D.layers[0].branches[0].layers[0].p[0]) > 0
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(array, second.arrays()[name], err_msg=name)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"augment": "colour"}, "unknown augmentation 'colour': did you mean 'color'"),
        ({"augment": "none", "ada": True}, "ada decides how often to augment: name an augmentation"),
        ({"data": "ring"}, "ring consists of points, and only pictures are augmented: use the recipe gan"),
        (
            {"condition": "hair_colour"},
            "portraits has no attribute 'hair_colour': did you mean 'hair_color'\\? Choose from skin, hair, rear_hair",
        ),
        ({"condition": "hair", "labels": False}, "condition 'hair' is a label, and labels are switched off"),
        ({"data": "digits8", "condition": "hair"}, "digits8 has no attribute 'hair': it has none"),
        ({"target": 0.5}, "target = 0.5 would have no effect: it belongs to ada; leave it out"),
        ({"data": "ring", "condition": "hair"}, "ring has no attribute 'hair'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        build(small, Options(**TINY, **options))
