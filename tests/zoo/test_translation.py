"""What the recipes of pictures from pictures share, and that a checkpoint holds all that their next step depends on."""

import numpy as np
import pytest

from minigan import data
from minigan.data import Epochs
from minigan.trainer import Trainer
from minigan.zoo import cyclegan, icp, imle, pix2pix, superres
from minigan.zoo.translation import levels_of
from zoo.test_pix2pix import pairs


def trainer(recipe, steps, out):
    small = {"width": 2, "steps": 4}
    options, source = {
        pix2pix: ({"loss": "hinge"} | small, lambda: pairs()),
        cyclegan: (small, lambda: pairs(aligned=False)),
        superres: ({"features": 0.0} | small, lambda: pairs(smaller=2)),
        imle: ({"data": "ring", "latent": 2} | small, lambda: points()),
        icp: ({"points": 50, "steps": 4}, lambda: points()),
    }[recipe]
    source = source()
    game = recipe.build(recipe.Options(**options), source, np.random.default_rng(3))
    return Trainer(game, source, batch=5, steps=steps, out=out)


def points():
    rng = np.random.default_rng(0)
    return Epochs(data.ring(60, rng), rng=rng)


@pytest.mark.parametrize("recipe", [pix2pix, cyclegan, superres, imle, icp], ids=lambda recipe: recipe.__name__[13:])
def test_a_resumed_run_has_the_bits_of_one_that_was_never_stopped(recipe, tmp_path):
    straight = trainer(recipe, 4, tmp_path / "straight")
    straight.run()
    trainer(recipe, 2, tmp_path / "parts").run()
    parts = trainer(recipe, 4, tmp_path / "parts").restore()
    assert parts.t == 2
    parts.run()
    expected = straight.arrays()
    for name, array in parts.arrays().items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)
    rng = np.random.default_rng(1)
    np.testing.assert_array_equal(parts.game.sample(5, rng), straight.game.sample(5, np.random.default_rng(1)))


@pytest.mark.parametrize(("side", "levels"), [(8, 2), (16, 3), (32, 4), (64, 5)])
def test_a_unet_goes_down_to_four_pixels(side, levels):
    assert levels_of((side, side, 3)) == levels
