from math import log, sqrt

import numpy as np

from minigan.layers import SelfAttention


def test_worked_by_hand():  # eq:attention.forward eq:attention.dW
    layer = SelfAttention(1, 1).init(0, np.float64)
    layer.theta[...] = 1, 1, 1, 2  # Wq, Wk, Wv, gamma
    a = sqrt(log(3))
    # two pixels 0 and a: the first asks 0*0 and 0*a, so it looks at both alike: a/2.  The second asks a*0 = 0 and
    # a*a = log 3, so it looks with weights 1/4 and 3/4: 3a/4.
    y, cache = layer.forward(np.array([0.0, a]).reshape(1, 1, 2, 1))
    np.testing.assert_allclose(y.ravel(), [0 + 2 * a / 2, a + 2 * 3 * a / 4], rtol=1e-14)
    layer.accumulate(np.array([1.0, 10.0]).reshape(1, 1, 2, 1), cache)
    np.testing.assert_allclose(layer.dgamma, [a / 2 + 10 * 3 * a / 4], rtol=1e-14)
    # dWv: gamma dy' A x = 2 (1 * a/2 + 10 * 3a/4)
    np.testing.assert_allclose(layer.dWv, [[2 * (a / 2 + 7.5 * a)]], rtol=1e-14)


def test_it_begins_as_the_identity():
    layer = SelfAttention(16).init(0, np.float64)
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 16))
    np.testing.assert_array_equal(layer(x), x)
    assert layer.gamma[0] == 0


def test_every_pixel_sees_every_other_but_no_other_sample():
    rng = np.random.default_rng(0)
    layer = SelfAttention(4, 2).init(0, np.float64)
    layer.gamma[...] = 1
    x = rng.standard_normal((2, 3, 5, 4))
    moved = x.copy()
    moved[0, 2, 4] += 1
    away = layer(moved) - layer(x)
    assert np.abs(away[0]).max(axis=-1).min() > 1e-6
    assert not away[1].any()


def test_the_scale_is_one_over_sqrt_d():  # eq:attention.scores eq:attention.weights
    rng = np.random.default_rng(0)
    layer = SelfAttention(3, 4).init(0, np.float64)
    layer.gamma[...] = 1
    x = rng.standard_normal((1, 1, 3, 3))
    X = x[0, 0]
    S = (X @ layer.Wq) @ (X @ layer.Wk).T / 2  # sqrt(4) = 2
    A = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(layer(x)[0, 0], X + A @ X @ layer.Wv, rtol=1e-13)


def test_large_scores_do_not_overflow():
    layer = SelfAttention(2, 1).init(0, np.float64)
    layer.theta[...] = 1
    assert np.isfinite(layer(np.full((1, 2, 2, 2), 1e4))).all()


def test_curvature_is_the_change_of_the_slope_and_leaves_the_gradient_alone():  # eq:layer.curvature eq:attention.second
    rng = np.random.default_rng(0)
    layer = SelfAttention(3, 2).init(0, np.float64)
    layer.gamma[...] = 1
    x, v, dy = rng.standard_normal((3, 2, 1, 4, 3))
    _, cache = layer.forward(x)
    h = 1e-6  # d/dx [dy . J v] is the derivative of J' dy along v
    above, below = (layer.backward(dy, layer.forward(x + s * h * v)[1]) for s in (1, -1))
    np.testing.assert_allclose(layer.curvature(dy, v, cache), (above - below) / (2 * h), atol=1e-8)
    assert not layer.grad.any()


def test_d_defaults_to_an_eighth_of_the_channels_and_at_least_one():
    assert SelfAttention(64).d == 8
    assert SelfAttention(4).d == 1
    assert str(SelfAttention(64)) == "SelfAttention(64)"


def test_initial_variance_is_1_over_c():
    layer = SelfAttention(200, 100).init(0, np.float64)
    for W in (layer.Wq, layer.Wk, layer.Wv):
        assert abs(W.var() * 200 - 1) < 0.04
