"""The recipe wgan: RMSProp for both networks, and a critic whose weights stay in [-c, c]."""

import numpy as np
import pytest

from minigan.optim import RMSProp
from minigan.running.build import build
from minigan.zoo import gan, wgan

TINY = {"data": "digits8", "width": 2, "latent": 4, "batch": 4, "steps": 3, "seed": 1}


def test_one_step_is_five_of_rmsprop_for_d_each_clipped_and_one_for_g():
    trainer = build(wgan, wgan.Options(**TINY))
    game, plain = trainer.game, build(wgan, wgan.Options(**TINY, clip=1e6)).game
    before = {name: net.theta.copy() for name, net in game.networks.items()}
    assert [type(opt) for opt in (game.opt_G, game.opt_D)] == [RMSProp, wgan.ClippedRMSProp]
    assert np.abs(before["D"]).max() > 0.01
    trainer.step()
    assert (game.opt_D.t, game.opt_G.t) == (5, 1)
    assert np.abs(game.D.theta).max() == np.float32(0.01)
    assert np.abs(game.G.theta).max() > 0.01
    np.testing.assert_array_equal(before["D"], plain.D.theta)  # c is the only difference
    np.testing.assert_array_equal(before["G"], plain.G.theta)


def test_with_a_large_c_it_is_the_recipe_gan_with_rmsprop():
    trainer = build(wgan, wgan.Options(**TINY, clip=1e6))
    same = {"model": "dcgan", "loss": "wasserstein", "penalty": "none", "d_steps": 5}
    plain = build(gan, gan.Options(**TINY, **same))
    game = plain.game
    game.opt_G, game.opt_D = (RMSProp(net, 5e-5) for net in (game.G, game.D))
    for one in (trainer, plain):
        one.step()
    np.testing.assert_array_equal(trainer.game.G.theta, game.G.theta)
    np.testing.assert_array_equal(trainer.game.D.theta, game.D.theta)


def test_options_that_would_have_no_effect():
    with pytest.raises(ValueError, match=r"beta1 = 0\.5 would have no effect: both optimizers are RMSProp"):
        wgan.Options(beta1=0.5).check()
    with pytest.raises(ValueError, match=r"clip must be finite and at least 1e-06, got 0"):
        wgan.Options(clip=0.0)
