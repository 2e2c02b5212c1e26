"""The data of a run have the shape of what its game draws."""

import numpy as np
import pytest

from minigan import models
from minigan.data import Epochs
from minigan.game import GAN
from minigan.losses import non_saturating
from minigan.optim import SGD
from minigan.trainer import Trainer


def train(shape, x):
    G, D = models.mlp(shape, latent=3, width=2, rng=0)
    game = GAN(G, D, non_saturating, [], SGD(G), SGD(D), latent=3)
    before = G.theta.copy()
    Trainer(game, x, batch=4, steps=1).run()
    return (G.theta != before).any()


def images(*shape):
    return np.random.default_rng(0).integers(256, size=(8, *shape), dtype=np.uint8)


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        (images(3, 4, 5), r"put the channels last, x\.transpose\(0, 2, 3, 1\)"),
        (images(60).astype(np.float32) / 255, r"use x\.reshape\(-1, 4, 5, 3\)"),
        (images(5, 4, 3), "build the networks for the shape of the data"),
    ],
)
def test_samples_of_another_shape_are_refused_with_the_way_to_convert_them(given, fix):
    with pytest.raises(ValueError, match=rf"but the game draws samples of shape \(4, 5, 3\): {fix}"):
        train((4, 5, 3), given)


def test_samples_that_fit_are_trained_on():
    assert train((4, 5, 3), images(4, 5, 3))
    assert train((4, 5, 3), Epochs(images(4, 5, 3), rng=np.random.default_rng(0)))
