"""Networks, optimizers and games survive pickle, copy and deepcopy: the copy has the same bits, and trains as the original does.

After a step the last bits may differ, since BLAS sums in another order where an array starts at another place in a cache line.
"""

import copy
import pickle
from functools import partial

import numpy as np
import pytest

from minigan import losses, models
from minigan.game import GAN, normal, uniform
from minigan.layers import BatchNorm, Conv2d, Dense, Dropout, Flatten, Residual, SpectralNorm, Tanh
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam, RMSProp, constant, cosine, linear
from minigan.penalties import R1

COPIES = {"pickle": lambda a: pickle.loads(pickle.dumps(a)), "copy": copy.copy, "deepcopy": copy.deepcopy}
each_copy = pytest.mark.parametrize("made", COPIES.values(), ids=COPIES)


def network():
    body = Residual(Dense(12, 12), BatchNorm(12), Tanh()), Dropout(0.3), SpectralNorm(Dense(12, 1))
    return Sequential(Conv2d(1, 3, 2, stride=2), Flatten(), *body, rng=0, dtype=np.float64)


def one_step(net, opt, x):
    y, caches = net.forward(x)
    net.backward(y, caches)
    opt.step()
    return net.theta.copy()


@each_copy
def test_a_network_trains_after_it_was_copied(made):
    net, x = network(), np.random.default_rng(1).standard_normal((4, 4, 4, 1)).astype(np.float32)
    twin = made(net)
    assert all(np.shares_memory(layer.W, twin.theta) for layer in twin.layers[:1])
    before, state = twin.theta.copy(), net.state.copy()
    moved = one_step(twin, SGD(twin, 0.1), x)
    assert (moved != before).any()
    if made is not copy.copy:  # which shares everything, as a shallow copy does
        assert net.theta.tobytes() == before.tobytes()
        assert net.state.tobytes() == state.tobytes()
        np.testing.assert_allclose(one_step(net, SGD(net, 0.1), x), moved, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("optimizer", [SGD, RMSProp, Adam])
@pytest.mark.parametrize("rate", [0.1, constant(0.1), linear(0.1, 10), cosine(0.1, 10)])
def test_an_optimizer_moves_the_network_it_was_copied_with(optimizer, rate):
    net = Sequential(Dense(3, 4), Tanh(), Dense(4, 1), rng=0, dtype=np.float64)
    x = np.random.default_rng(5).standard_normal((4, 3))
    opt = optimizer(net, rate)
    one_step(net, opt, x)
    twin = pickle.loads(pickle.dumps(opt))
    assert twin.t == opt.t == 1
    assert twin.net.theta.tobytes() == net.theta.tobytes()
    np.testing.assert_allclose(one_step(twin.net, twin, x), one_step(net, opt, x), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("made", [COPIES["pickle"], copy.deepcopy], ids=["pickle", "deepcopy"])
@pytest.mark.parametrize("prior", [normal, uniform(2.0)])
def test_a_game_goes_on_after_it_was_copied(made, prior):
    G, D = models.toy(latent=2, width=8, rng=0, dtype="float64")
    adam = partial(Adam, lr=cosine(1e-2, 10))
    game = GAN(G, D, losses.relativistic, [R1(0.1)], adam(G), adam(D), 2, EMA(G, 0.9), prior=prior)
    points = np.random.default_rng(2).standard_normal((8, 2))

    def step(game):
        game.step(lambda: (points, None), np.random.default_rng(3))
        return np.concatenate([game.G.theta, game.D.theta, game.ema.theta])

    step(game)
    twin, before = made(game), game.G.theta.copy()
    np.testing.assert_allclose(step(twin), step(game), rtol=1e-8, atol=1e-12)
    assert (twin.G.theta != before).any()
    ours, theirs = (g.sample(5, np.random.default_rng(4)) for g in (game, twin))
    np.testing.assert_allclose(theirs, ours, rtol=1e-8, atol=1e-12)


def test_a_layer_of_its_own_keeps_its_views():
    layer = Dense(3, 2).init(0)
    for made in COPIES.values():
        twin = made(layer)
        assert np.shares_memory(twin.W, twin.theta)
        assert np.shares_memory(twin.dW, twin.grad)
