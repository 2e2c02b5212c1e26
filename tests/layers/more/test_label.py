from functools import partial

import numpy as np
import pytest

from minigan.gradcheck import check_network, numerical_gradient
from minigan.layers import BatchNorm, Beside, Conv2d, Dense, Flatten, LabelScore, LayerNorm, LeakyReLU, Tanh
from minigan.network import Sequential
from minigan.penalties import add_penalty, r1, wgan_gp


def by_hand():
    layer = LabelScore(2, 3).init(0, np.float64)
    layer.W[...] = [[1, 2], [3, 4], [5, 6]]
    layer.b[...] = [100, 200, 300]
    return layer, (np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]), np.array([2, 0, 2]))


def test_label_score_by_hand():  # eq:label_score.forward eq:label_score.dx eq:label_score.dW
    layer, pair = by_hand()
    y, cache = layer.forward(pair)
    # 1*5 + 10*6 + 300,   2*1 + 20*2 + 100,   3*5 + 30*6 + 300
    np.testing.assert_array_equal(y, [[365], [142], [495]])
    dy = np.array([[1.0], [2.0], [-1.0]])
    dh, dlabel = layer.backward(dy, cache)
    np.testing.assert_array_equal(dh, [[5, 6], [2, 4], [-5, -6]])
    assert dlabel is None
    layer.accumulate(dy, cache)
    np.testing.assert_array_equal(layer.dW, [[4, 40], [0, 0], [1 - 3, 10 - 30]])
    np.testing.assert_array_equal(layer.db, [2, 0, 0])


def test_its_tangent_moves_h_but_not_the_label_nor_the_bias():
    layer, pair = by_hand()
    _, cache = layer.forward(pair)
    w, tcache = layer.tangent((np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), None), cache)
    np.testing.assert_array_equal(w, [[5], [2], [11]])
    layer.accumulate(np.ones((3, 1)), tcache)
    np.testing.assert_array_equal(layer.dW, [[0, 1], [0, 0], [2, 1]])
    assert not layer.db.any()


def test_initial_variance_is_gain2_over_n():
    assert abs(LabelScore(400, 100).init(0, np.float64).W.var() * 400 - 1) < 0.04
    assert abs(LabelScore(400, 100, gain=2.0).init(0, np.float64).W.var() * 400 - 4) < 0.16


def test_beside_works_on_the_first_and_hands_the_second_on():  # eq:beside.forward
    layer = Beside(Dense(1, 1)).init(0, np.float64)
    layer.theta[...] = 3, 1
    label = np.array([7])
    (y, c), cache = layer.forward((np.array([[2.0]]), label))
    assert y[0, 0] == 3 * 2 + 1
    assert c is label
    assert layer((np.array([[2.0]]), label))[0][0, 0] == 7
    dx, dc = layer.learn((np.array([[5.0]]), None), cache)
    assert dx[0, 0] == 15
    assert dc is None
    np.testing.assert_array_equal(layer.grad, [10, 5])


def test_each_class_has_its_own_critic():
    """Moving the row of one class moves the scores of its images only."""
    D = Sequential(Beside(Flatten(), Dense(6, 4), Tanh()), LabelScore(4, 3), rng=0, dtype=np.float64)
    x, label = np.random.default_rng(0).standard_normal((5, 3, 2, 1)), np.array([0, 1, 2, 1, 0])
    before = D((x, label))
    D.layers[1].W[1] += 1
    np.testing.assert_array_equal((D((x, label)) != before)[:, 0], label == 1)


def test_curved_and_mixes_are_those_of_what_it_holds():
    assert Beside(Tanh()).curved
    assert not Beside(Flatten()).curved
    assert Beside(BatchNorm(2)).mixes


def test_names():
    assert [str(Beside(Flatten(), Tanh())), str(LabelScore(4, 3))] == ["Beside(Flatten(), Tanh())", "LabelScore(4, 3)"]


BODIES = {
    "curved": lambda: [Flatten(), Dense(12, 4), Tanh(), LayerNorm(4), Dense(4, 3)],
    "piecewise linear": lambda: [Conv2d(2, 2, 3, pad=1), LeakyReLU(0.2), Flatten(), Dense(12, 3)],
}


def conditional(body):
    """A conditional D with no bias at zero, and a batch of pairs for it: one class comes twice, one not at all."""
    rng = np.random.default_rng(1)
    D = Sequential(Beside(*BODIES[body]()), LabelScore(3, 4), rng=rng, dtype=np.float64)
    D.theta += 0.3 * rng.standard_normal(D.theta.size)
    return D, rng.standard_normal((3, 3, 2, 2)), np.array([2, 0, 2])


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("n", [3, 1])
def test_a_conditional_d_has_the_right_derivatives_of_both_orders(body, n):
    D, x, label = conditional(body)
    names = [check.name for check in check_network(D, (x[:n], label[:n]))]
    assert {"dx", "dtheta", "tangent", "adjoint", "second order, dtheta", "second order, dx"} <= set(names)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("penalty", [partial(r1, gamma=0.7), partial(wgan_gp, lam=3.0)])
def test_a_penalty_on_a_conditional_d_against_differences(body, penalty):
    D, x, label = conditional(body)

    def value(_=None):
        scores, caches = D.forward((x, label))
        g, none = D.backward(np.ones_like(scores), caches, learn=False)
        assert none is None
        return penalty(g)[0]

    got = add_penalty(D, *D.forward((x, label)), penalty)
    assert got == value()
    expected = numerical_gradient(value, D.theta)
    np.testing.assert_allclose(D.grad, expected, rtol=0, atol=1e-6 * np.abs(expected).max())
    W, b = D.layers[1].dW, D.layers[1].db
    assert not b.any()  # a slope does not feel a constant
    np.testing.assert_array_equal(W.any(axis=1), [True, False, True, False])  # only the classes that came
