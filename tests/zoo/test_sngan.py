"""The recipe sngan: spectral normalisation of every convolution and dense layer of D, and of nothing else."""

import numpy as np
import pytest

from minigan.layers import Beside, Conv2d, Dense, LabelScore, SpectralNorm
from minigan.layers.parameters import all_layers
from minigan.running.build import build
from minigan.zoo import gan, sngan

TINY = {"width": 2, "latent": 4, "batch": 4, "steps": 3, "seed": 1}


@pytest.mark.parametrize(
    ("data", "labels"), [("digits8", True), ("digits8", False), ("portraits", True), ("ring", True)]
)
def test_d_is_normalised_and_g_is_not(data, labels):
    trainer = build(sngan, sngan.Options(**TINY, data=data, labels=labels))
    model = {} if data == "ring" else {"model": "dcgan"}
    D, plain = trainer.game.D, build(gan, gan.Options(**TINY, **model, data=data, labels=labels)).game
    layers = list(all_layers(D.layers))
    wrapped = [layer.layer for layer in layers if isinstance(layer, SpectralNorm)]
    bare = [layer for layer in layers if isinstance(layer, Conv2d | Dense) and layer not in wrapped]
    assert wrapped
    assert not bare
    assert len(wrapped) == sum(isinstance(layer, Conv2d | Dense) for layer in all_layers(plain.D.layers))
    assert isinstance(D.layers[0], Beside) == isinstance(D.layers[-1], LabelScore) == (data == "digits8" and labels)
    np.testing.assert_array_equal(trainer.game.G.theta, plain.G.theta)
    trainer.run()
    for layer in layers:
        if isinstance(layer, SpectralNorm):
            sigma = layer._estimate(1000)[2]
            assert sigma == pytest.approx(np.linalg.svd(layer._matrix())[1][0], rel=1e-4)


def test_each_network_moves_and_the_losses_are_hinge():
    trainer = build(sngan, sngan.Options(**TINY, data="digits8"))
    before = {name: net.theta.copy() for name, net in trainer.game.networks.items()}
    row = trainer.step()
    assert all((net.theta != before[name]).any() for name, net in trainer.game.networks.items())
    assert 0 < row["loss_D"] < 4
    assert "penalty" not in row or row["penalty"] == 0
