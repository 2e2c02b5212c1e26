import copy
from functools import partial
from math import log

import numpy as np
import pytest

from minigan.fast_step import backward_with_penalties
from minigan.layers import (
    AvgPool2d,
    BatchNorm,
    Beside,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LabelScore,
    LeakyReLU,
    MaxPool2d,
    MinibatchStd,
    MixedSamplesError,
    ReLU,
    Reshape,
    Residual,
    SpectralNorm,
    Tanh,
    UpConv2d,
    Upsample2x,
)
from minigan.network import Sequential
from minigan.penalties import (
    PENALTIES,
    R1,
    Custom,
    WganGp,
    add_penalty,
    around,
    as_penalties,
    between,
    dragan,
    r1,
    r2,
    wgan_gp,
)

G = np.array([[3.0, 4.0], [0.0, 0.0]])  # norms 5 and 0


@pytest.mark.parametrize("penalty", [r1, r2])
def test_r1_by_hand(penalty):  # eq:penalty.r1 eq:penalty.r1.v eq:penalty.r2
    value, v = penalty(G, gamma=3.0)
    assert value == 3 / 2 * (25 + 0) / 2
    np.testing.assert_array_equal(v, 3 * G / 2)  # gamma g / N


@pytest.mark.parametrize("penalty", [wgan_gp, dragan])
def test_wgan_gp_by_hand(penalty):  # eq:penalty.wgan_gp eq:penalty.wgan_gp.v eq:penalty.dragan
    value, v = penalty(G, lam=10.0)
    assert value == 10 * ((5 - 1) ** 2 + (0 - 1) ** 2) / 2
    # 2 * 10 (1 - 1/5) g / 2 = 8 g;  where g = 0 the norm has no derivative and 0 is taken
    np.testing.assert_allclose(v, [[24, 32], [0, 0]], rtol=1e-15)


def test_the_norm_runs_over_all_axes_of_a_sample():  # eq:penalty.wgan_gp
    """The best-known bug: over the channels only, an image of four unit slopes would look perfect."""
    g = np.ones((1, 2, 2, 1))
    value, v = wgan_gp(g, lam=1.0)
    assert value == (2 - 1) ** 2
    np.testing.assert_array_equal(v, g)  # 2 (1 - 1/2) g


@pytest.mark.parametrize("name", PENALTIES)
def test_v_is_the_slope_of_the_value(name):
    rng = np.random.default_rng(0)
    g, d = rng.standard_normal((2, 3, 2, 4, 2))
    h = 1e-6
    difference = (PENALTIES[name](g + h * d)[0] - PENALTIES[name](g - h * d)[0]) / (2 * h)
    np.testing.assert_allclose((PENALTIES[name](g)[1] * d).sum(), difference, rtol=1e-8)


def test_linear_critic_by_hand():  # eq:penalty.g eq:penalty.tangent
    D = Sequential(Dense(2, 1), rng=0, dtype=np.float64)
    D.theta[...] = 3, 4, 7  # W, b: dD/dx = W everywhere
    x = np.array([[1.0, 2.0], [-5.0, 0.0], [0.0, 1.0]])
    assert add_penalty(D, *D.forward(x), partial(r1, gamma=2.0)) == 25
    np.testing.assert_allclose(D.grad, [2 * 3, 2 * 4, 0], rtol=1e-14)  # gamma W; the bias does not matter
    D.zero_grad()
    assert add_penalty(D, *D.forward(x), partial(wgan_gp, lam=1.0)) == 16
    np.testing.assert_allclose(D.grad, [8 * 3 / 5, 8 * 4 / 5, 0], rtol=1e-14)  # 2 (|W| - 1) W / |W|


def test_tanh_critic_by_hand():  # eq:penalty.g eq:penalty.tangent
    D = Sequential(Dense(1, 1), Tanh(), rng=0, dtype=np.float64)
    D.theta[...] = 1, 0
    x = np.array([[log(2)]])  # y = tanh(w x) = 3/5, y' = 16/25 = 0.64
    value = add_penalty(D, *D.forward(x), r1)
    # g = w (1 - y^2) = 0.64;  dg/dw = (1 - y^2) - 2 w x y (1 - y^2),  dg/db = -2 w y (1 - y^2);  times g
    np.testing.assert_allclose(value, 0.64**2 / 2, rtol=1e-14)
    np.testing.assert_allclose(D.grad, [0.64 * (0.64 - 2 * log(2) * 0.6 * 0.64), 0.64 * (-2 * 0.6 * 0.64)], rtol=1e-13)


def test_it_adds_and_leaves_scores_caches_and_weights_alone():
    D = Sequential(Conv2d(1, 2, 2), Tanh(), Flatten(), Dense(4, 1), rng=0, dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((2, 2, 3, 1))
    scores, caches = D.forward(x)
    kept, theta = scores.copy(), D.theta.copy()
    add_penalty(D, scores, caches, r1)
    once = D.grad.copy()
    add_penalty(D, scores, caches, r1)
    np.testing.assert_allclose(D.grad, 2 * once, rtol=1e-14)
    np.testing.assert_array_equal(scores, kept)
    np.testing.assert_array_equal(D.theta, theta)


@pytest.mark.parametrize("layer", [BatchNorm(3), MinibatchStd()], ids=str)
def test_mixed_samples_are_refused_and_nothing_is_added(layer):
    D = Sequential(Dense(2, 3), layer, Dense(4 if layer.parameters == {} else 3, 1), rng=0, dtype=np.float64)
    scores, caches = D.forward(np.random.default_rng(0).standard_normal((4, 2)))
    with pytest.raises(MixedSamplesError, match="gradient penalty"):
        add_penalty(D, scores, caches, r1)
    assert not D.grad.any()


def test_in_a_conditional_critic_only_the_image_moves():
    D = Sequential(Concat(right=[Embedding(3, 2)]), Dense(4, 1), rng=0, dtype=np.float64)
    x, label = np.ones((2, 2)), np.array([0, 2])
    D.layers[1].W[...] = [[3], [4], [50], [60]]
    assert add_penalty(D, *D.forward((x, label)), r1) == 12.5  # |(3, 4)|^2 / 2, without the label's 50 and 60
    np.testing.assert_array_equal(D.layers[1].dW, [[3], [4], [0], [0]])
    assert not next(layer for layer in D.layers[0].walk() if isinstance(layer, Embedding)).dW.any()


PIECEWISE_LINEAR = {
    "dense": [Dense(12, 5), LeakyReLU(), Dropout(0.3), Dense(5, 1)],
    "conv": [
        Conv2d(1, 3, 3, 1, 1),
        ReLU(),
        Upsample2x(),
        AvgPool2d(),
        Conv2d(3, 2, 1, bias=False),
        LeakyReLU(),
        Flatten(),
    ]
    + [Dense(24, 1)],
    "grown": [
        ConvTranspose2d(1, 2, 4, 2, 1),
        MaxPool2d(),
        UpConv2d(2, 2),
        LeakyReLU(),
        AvgPool2d(),
        Flatten(),
        Dense(24, 1),
    ],
    "residual": [
        Residual(Conv2d(1, 2, 3, 1, 1), ReLU(), shortcut=Conv2d(1, 2, 1)),
        Upsample2x(),
        Flatten(),
        Dense(96, 1),
    ],
    "spectral": [SpectralNorm(Conv2d(1, 3, 2)), LeakyReLU(), Flatten(), SpectralNorm(Dense(18, 1))],
    "label at the end": [Beside(Conv2d(1, 3, 2), LeakyReLU(), Flatten()), LabelScore(18, 3)],
    "label at the start": [
        Concat(right=[Embedding(3, 12), Reshape(4, 3, 1)]),
        Conv2d(2, 1, 2),
        ReLU(),
        Flatten(),
        Dense(6, 1),
    ],
}
CURVED = {"curved": [Conv2d(1, 3, 2), Tanh(), Flatten(), Dense(18, 1)]}
SEVERAL = {"several scores": [Conv2d(1, 2, 2), LeakyReLU(), Conv2d(2, 1, 2)]}  # a patch critic: 2 x 1 scores an image


@pytest.mark.parametrize("name", [*PIECEWISE_LINEAR, *CURVED, *SEVERAL])
def test_sharing_the_pass_with_a_loss_changes_nothing(name):  # eq:linear.both eq:penalty.shared
    """backward_with_penalties equals backward(dy) and add_penalty, whether or not the two gradients share one product."""
    D = Sequential(*copy.deepcopy((PIECEWISE_LINEAR | CURVED | SEVERAL)[name]), rng=0, dtype=np.float64)
    rng = np.random.default_rng(1)
    D.theta += 0.3 * rng.standard_normal(D.theta.size)
    assert D.curved == (name in CURVED)
    x = rng.standard_normal((5, 12) if name == "dense" else (5, 4, 3, 1))
    scores, caches = D.forward((x, np.array([2, 0, 2, 1, 0])) if "label" in name else x)
    dy = rng.standard_normal(scores.shape)
    D.backward(dy, caches)
    value = add_penalty(D, scores, caches, wgan_gp)
    apart = D.grad.copy()
    D.zero_grad()
    kept = dy.copy()
    assert backward_with_penalties(D, dy, scores, caches, [wgan_gp]) == value
    np.testing.assert_allclose(D.grad, apart, rtol=0, atol=1e-13 * np.abs(apart).max())
    np.testing.assert_array_equal(dy, kept)


def test_between_lies_on_the_segment_of_each_pair():  # eq:penalty.between
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((2, 5, 3, 2, 1)).astype(np.float32)
    x = between(real, fake, np.random.default_rng(1))
    t = (x - fake) / (real - fake)
    np.testing.assert_allclose(t, t[:, :1, :1] * np.ones_like(t), atol=1e-4)  # one t for each sample
    assert len(np.unique(t[:, 0, 0].round(3))) == 5
    assert t.min() >= 0
    assert t.max() <= 1
    assert x.dtype == np.float32


def test_around_adds_up_to_half_a_standard_deviation():  # eq:penalty.around
    real = np.random.default_rng(0).standard_normal((50, 3, 2, 1)).astype(np.float32)
    u = (around(real, np.random.default_rng(1)) - real) / (0.5 * real.std())
    assert -1e-5 < u.min() < 0.05
    assert 0.95 < u.max() < 1 + 1e-5
    assert abs(u.mean() - 0.5) < 0.07  # 300 draws: 4 standard deviations
    assert around(real, np.random.default_rng(1)).dtype == np.float32


def test_places():
    assert [penalty.place for penalty in PENALTIES.values()] == ["real", "fake", "between", "around"]
    assert [penalty.name for penalty in PENALTIES.values()] == list(PENALTIES)


def test_penalties_are_values():
    mine = partial(partial(wgan_gp, lam=1.0), lam=2.0)
    assert as_penalties([mine, R1(gamma=0.3)]) == [WganGp(lam=2.0), R1(gamma=0.3)]
    assert as_penalties(None) == []
    bare, between_batches = as_penalties([abs, Custom(abs, place="between")])
    assert (bare.place, between_batches.place) == ("real", "between")
    with pytest.raises(ValueError, match="one of 'real', 'fake', 'between', 'around', got 'behind'"):
        Custom(abs, place="behind")


def test_a_weight_may_be_a_schedule():
    penalty = R1(gamma=lambda t: 10.0 / (1 + t))
    assert penalty.at_step(0) == R1(gamma=10.0)
    assert penalty.at_step(4) == R1(gamma=2.0)
    assert R1(gamma=0.5).at_step(7) == R1(gamma=0.5)
    assert Custom(abs).at_step(3) == Custom(abs)


def test_float32_stays():
    for penalty in PENALTIES.values():
        value, v = penalty(G.astype(np.float32))
        assert isinstance(value, float)
        assert v.dtype == np.float32
