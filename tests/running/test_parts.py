"""Arguments that would train something else than was meant are refused where an object is built."""

import functools

import numpy as np
import pytest

from minigan import losses, models
from minigan.game import GAN
from minigan.layers import Dense
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam, RMSProp, cosine, linear
from minigan.penalties import R1, as_penalties, r1, wgan_gp
from minigan.trainer import Trainer
from minigan.zoo.vae import VAE
from minigan.zoo.vaegan import VAEGAN


def net():
    return Sequential(Dense(2, 3), rng=0)


def gan(loss=losses.hinge, penalties=(), ema=None, latent=3, same=False):
    G, D = models.toy(3, 4, rng=0)
    G = D if same else G
    return GAN(G, D, loss, penalties, Adam(G), Adam(D), latent, ema and ema(G, D))


@pytest.mark.parametrize("given", [[net(), net()], None, Dense(2, 3), np.zeros(3), "G"])
def test_an_optimizer_takes_one_network(given):
    name = type(given).__name__
    for build in (Adam, SGD, RMSProp, EMA):
        with pytest.raises(TypeError, match=rf"^{build.__name__} takes one network, Sequential\(\.\.\.\), got {name}"):
            build(given)


@pytest.mark.parametrize("eps", [-1e-8, float("nan"), float("inf"), "1e-8", None])
def test_an_epsilon_that_is_no_small_number(eps):
    for build in (Adam, RMSProp):
        with pytest.raises(ValueError, match=f"{build.__name__} needs a finite eps >= 0, got "):
            build(net(), eps=eps)


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan"), "0.9", None, [0.9]])
def test_a_decay_outside_its_range(decay):
    for build, name in ((Adam, "beta1"), (Adam, "beta2"), (SGD, "momentum"), (RMSProp, "rho")):
        with pytest.raises(ValueError, match=f"{build.__name__} needs 0 <= {name} < 1, got "):
            build(net(), **{name: decay})


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf"), None, "0.1"])
def test_a_schedule_that_returns_no_rate_is_refused_before_anything_moves(rate):
    G = net()
    optimizer, before = Adam(G, lambda t: rate if t == 1 else 0.1), G.theta.copy()
    G.grad[...] = 1
    optimizer.step()
    after = G.theta.copy()
    assert (after != before).all()
    G.grad[...] = 1
    with pytest.raises(
        ValueError, match="the learning rate of step 1 must be a number >= 0 or a function of the step, got "
    ):
        optimizer.step()
    np.testing.assert_array_equal(G.theta, after)
    assert optimizer.t == 1


@pytest.mark.parametrize("steps", [0, -5, float("nan"), "100", None])
def test_a_schedule_has_steps(steps):
    for schedule in (linear, cosine):
        with pytest.raises(ValueError, match=rf"^{schedule.__name__}\(lr, steps\) needs steps > 0, got "):
            schedule(0.1, steps)


@pytest.mark.parametrize("penalties", [r1, R1(2.0), "r1", functools.partial(wgan_gp, lam=1.0), lambda g: (0.0, g)])
def test_penalties_are_a_list(penalties):
    with pytest.raises(TypeError, match=r"penalties are a list, such as \[R1\(gamma=1\.0\)\], got "):
        gan(penalties=penalties)


@pytest.mark.parametrize("penalty", ["r1", R1, 1.0, None])
def test_a_penalty_is_a_value_or_a_function(penalty):
    with pytest.raises(TypeError, match=r"a penalty is a value or a function, such as R1\(gamma=1\.0\), got "):
        as_penalties([r1, penalty])


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf"), "1"])
def test_a_penalty_has_a_weight(weight):
    with pytest.raises(ValueError, match="R1 needs a finite gamma >= 0, got "):
        R1(weight)
    with pytest.raises(ValueError, match="a penalty needs a finite weight >= 0, got "):
        r1(np.ones((2, 3)), gamma=weight)
    with pytest.raises(ValueError, match="a penalty needs a finite weight >= 0, got "):
        wgan_gp(np.ones((2, 3)), lam=weight)


def test_the_parts_of_a_gan_belong_together():
    with pytest.raises(ValueError, match="G and D are the same network: build two"):
        gan(same=True)
    with pytest.raises(ValueError, match=r"ema averages another network, not G: build it as EMA\(G, \.\.\.\)"):
        gan(ema=lambda G, D: EMA(D))
    for loss in ("hinge", losses.Hinge, None):
        with pytest.raises(TypeError, match=r"loss must be a value such as losses\.hinge, got "):
            gan(loss=loss)
    with pytest.raises(ValueError, match=r"GAN needs a whole number latent >= 1, got latent=3\.0"):
        gan(latent=3.0)


X = np.zeros((8, 2), np.float32)


@pytest.mark.parametrize("place", ["theta", "grad", "W", "dW"])
def test_a_training_that_would_move_nothing_does_not_begin(place):
    game = gan()
    owner = game.D if place in ("theta", "grad") else game.D.layers[0]
    setattr(owner, place, getattr(owner, place).copy())
    with pytest.raises(
        ValueError, match=r"^D: d?W of Dense.* is not a part of D\.(theta|grad), .*write into the array"
    ):
        Trainer(game, X, batch=4, steps=1).run()


@pytest.mark.parametrize("ema", [0.9, True, "G", EMA])
def test_an_average_is_an_object(ema):
    with pytest.raises(
        (TypeError, ValueError), match=r"ema must be an average of G, EMA\(G, decay=0\.999\), or None, got "
    ):
        gan(ema=lambda G, D: ema)


@pytest.mark.parametrize("game", [None, GAN, 5, "gan"])
def test_a_trainer_trains_a_game(game):
    with pytest.raises(TypeError, match=r"Trainer trains a game, such as GAN\(\.\.\.\), got "):
        Trainer(game, np.zeros((8, 2), np.float32), batch=2)


@pytest.mark.parametrize("name", ["picture", "evaluate"])
def test_a_trainer_calls_functions(name):
    with pytest.raises(TypeError, match=f"Trainer needs a function as {name}, or None, got 3"):
        Trainer(gan(), np.zeros((8, 2), np.float32), batch=2, **{name: 3})


def test_the_prior_is_a_function():
    G, D = models.toy(3, 4, rng=0)
    with pytest.raises(TypeError, match="prior must be a function"):
        GAN(G, D, losses.hinge, [], Adam(G), Adam(D), 3, prior=3)


def test_the_parts_of_a_vae_gan_belong_together():
    E, G = models.vae.vae_conv((8, 8, 1), 3, 2, rng=0, tanh=True)
    D = models.vae.critic((8, 8, 1), 2, 1, rng=0)
    opts = {name: Adam(net) for name, net in (("E", E), ("G", G), ("D", D))}
    with pytest.raises(ValueError, match="opt_D updates another network, not D"):
        VAEGAN(E, G, D, losses.hinge, [], {**opts, "D": Adam(G)}, 3)
    with pytest.raises(ValueError, match="opt_E updates another network, not E"):
        VAEGAN(E, G, D, losses.hinge, [], {**opts, "E": Adam(G)}, 3)
    with pytest.raises(TypeError, match=r"loss must be a value such as losses\.hinge"):
        VAEGAN(E, G, D, losses.Hinge, [], opts, 3)
    with pytest.raises(TypeError, match="penalties are a list"):
        VAEGAN(E, G, D, losses.hinge, r1, opts, 3)
    with pytest.raises(ValueError, match="VAEGAN needs a finite gamma >= 0"):
        VAEGAN(E, G, D, losses.hinge, [], opts, 3, gamma=-1)
    with pytest.raises(TypeError, match=r"VAE needs a likelihood, Bernoulli\(\) or Gaussian\(s\), got 'gaussian'"):
        VAE(E, G, "gaussian", opts["E"], opts["G"], 3)
