"""Real and fake in one batch: the same step wherever it is allowed, and d_step itself wherever it is not."""

import numpy as np
import pytest

from minigan import game
from minigan.fast_step import fast_d_step, join, on_halves
from minigan.game import d_step
from minigan.gradcheck import check_step
from minigan.layers import BatchNorm, Concat, Dense, Layer, LeakyReLU, MinibatchStd, Residual, SpectralNorm, Tanh
from minigan.layers.layer import ShapeError
from minigan.layers.parameters import constant
from minigan.losses import GAN_LOSSES, non_saturating, relativistic
from minigan.network import Sequential
from minigan.optim import SGD
from minigan.penalties import R1, R2, dragan, r1, r2, wgan_gp

PENALTIES = {
    "none": (),
    "r1 + r2": (R1(gamma=0.7), R2(gamma=0.3)),
    "three at two halves": (R1(gamma=0.7), R1(gamma=0.1), R2(gamma=0.3)),
    "wgan_gp": (wgan_gp,),
    "all but one half": (R1(gamma=0.7), R2(gamma=0.3), wgan_gp, dragan),
}


class Count(SGD):
    """Keeps the gradient, and moves nothing."""

    def update(self, lr):
        self.seen = self.net.grad.copy()


def setting(*norm, activation=LeakyReLU):  # new layers at each call
    G = Sequential(Dense(3, 4), Tanh(), Dense(4, 5), rng=0, dtype=np.float64)
    D = Sequential(Dense(5, 6), *norm, activation(), Dense(6, 1), rng=1, dtype=np.float64)
    rng = np.random.default_rng(2)
    for net in (G, D):
        net.theta += 0.2 * rng.standard_normal(net.theta.size)
    return G, D, rng.standard_normal((4, 5)), rng.standard_normal((4, 3))


def gradient(step, G, D, x, z, loss, penalties, passes=None):
    opt, forward = Count(D), D.forward
    if passes is not None:
        D.forward = lambda x: passes.append(len(x)) or forward(x)
    row = step(G, D, loss, penalties, opt, x, z, np.random.default_rng(3))
    return opt.seen, row


@pytest.mark.parametrize("activation", [LeakyReLU, Tanh])
@pytest.mark.parametrize("loss", GAN_LOSSES.values(), ids=GAN_LOSSES)
@pytest.mark.parametrize("name", PENALTIES)
def test_it_is_the_same_step_with_one_pass_for_two(name, loss, activation):
    passes = []
    expected, row = gradient(d_step, *setting(activation=activation), loss, PENALTIES[name])
    got, joined = gradient(fast_d_step, *setting(activation=activation), loss, PENALTIES[name], passes)
    assert passes[0] == 8
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)
    assert joined == pytest.approx(row, rel=1e-12)


def test_batches_of_unequal_size():
    G, D, x, z = setting()
    expected, row = gradient(d_step, G, D, x[:3], z, non_saturating, PENALTIES["r1 + r2"])
    got, joined = gradient(fast_d_step, G, D, x[:3], z, non_saturating, PENALTIES["r1 + r2"])
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    assert joined == pytest.approx(row, rel=1e-12)
    assert gradient(fast_d_step, G, D, x[:1], z[:1], relativistic, ())[1]["loss_D"] > 0


@pytest.mark.parametrize(
    ("norm", "penalties"),
    [
        (lambda: [BatchNorm(6)], ()),  # samples mix
        (lambda: [MinibatchStd(), Dense(7, 6)], ()),
        (lambda: [SpectralNorm(Dense(6, 6))], ()),  # u moves at each pass
        (list, (r1,)),  # a penalty at one half only
        (list, (r2, wgan_gp)),
    ],
    ids=["BatchNorm", "MinibatchStd", "SpectralNorm", "r1 alone", "r2 and wgan_gp"],
)
def test_where_batches_cannot_be_joined_d_sees_them_one_after_the_other(norm, penalties):
    same, row = gradient(d_step, *setting(*norm()), non_saturating, penalties)
    passes = []
    got, joined = gradient(fast_d_step, *setting(*norm()), non_saturating, penalties, passes)
    assert passes[:2] == [4, 4]
    np.testing.assert_allclose(got, same, rtol=1e-12, atol=1e-14)
    assert joined == pytest.approx(row, rel=1e-12)


def test_only_d_moves():
    G, D, x, z = setting()
    before, theta = G.theta.copy(), D.theta.copy()
    fast_d_step(G, D, non_saturating, (), SGD(D, 0.1), x, z)
    assert G.theta.tobytes() == before.tobytes()
    assert not G.grad.any()
    assert (D.theta != theta).any()
    assert not D.grad.any()


def test_a_gan_steps_with_it():
    G, D, _, _ = setting()
    calls, forward = [], D.forward
    D.forward = lambda x: calls.append(len(x)) or forward(x)
    played = game.GAN(G, D, non_saturating, [], SGD(G, 0.1), SGD(D, 0.1), latent=3)
    played.step(lambda: (np.zeros((4, 5)), None), np.random.default_rng(0))
    assert calls == [8, 4]


def test_images_of_another_shape_are_refused_by_name():
    G, D, _, z = setting()
    with pytest.raises(ShapeError, match=r"images of the data's shape, got \(4, 5\) for \(4, 7\)"):
        fast_d_step(G, D, non_saturating, (), SGD(D, 0.1), np.zeros((4, 7)), z)


def test_pairs_are_joined_item_by_item():
    image, label = join((np.zeros((2, 3)), np.array([1, 2])), (np.ones((1, 3)), np.array([0])))
    assert image.tolist() == [[0, 0, 0], [0, 0, 0], [1, 1, 1]]
    assert label.tolist() == [1, 2, 0]


def test_each_penalty_sees_its_own_half():
    g = np.arange(6.0).reshape(3, 2)
    value, v = on_halves(g, 2, [r1], [R2(gamma=2.0)])
    assert value == pytest.approx(0.5 * (0 + 1 + 4 + 9) / 2 + (16 + 25))
    np.testing.assert_allclose(v, np.concatenate([g[:2] / 2, 2 * g[2:]]))


class Gain(Layer):
    """y = g x: a layer of one's own, with the verbs a penalty needs but without blend."""

    def __init__(self, n):
        self.parameters = {"g": ((n,), constant(1.0))}

    def forward(self, x):
        return x * self.g, x

    def backward(self, dy, x):
        return dy * self.g

    def accumulate(self, dy, x):
        self.dg += (dy * x).sum(axis=0)

    def tangent(self, v, x):
        return v * self.g, v


@pytest.mark.parametrize("layer", [lambda: Gain(6), lambda: Residual(Gain(6))], ids=["alone", "inside"])
def test_a_layer_without_blend_gets_the_same_gradient(layer):
    expected, _ = gradient(d_step, *setting(layer()), non_saturating, PENALTIES["r1 + r2"])
    got, _ = gradient(fast_d_step, *setting(layer()), non_saturating, PENALTIES["r1 + r2"])
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", PENALTIES)
def test_d_may_judge_an_image_given_another(name):
    def networks():
        _, _, x, z = setting()
        D = Sequential(Concat([Dense(5, 4)], [Dense(3, 2), LeakyReLU()]), Dense(6, 1), rng=1, dtype=np.float64)
        G = Sequential(Concat(), Dense(6, 5), rng=0, dtype=np.float64)
        return G, D, (x, z + 1), (z, z)

    expected, _ = gradient(d_step, *networks(), non_saturating, PENALTIES[name])
    got, _ = gradient(fast_d_step, *networks(), non_saturating, PENALTIES[name])
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)
    check_step(*networks()[:2], non_saturating, *networks()[2:], PENALTIES[name])
