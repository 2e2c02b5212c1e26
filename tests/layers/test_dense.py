import numpy as np
import pytest

from minigan.layers import Dense


def by_hand():
    layer = Dense(2, 3).init(0, np.float64)
    layer.W[...] = [[1, 0, -1], [2, 3, 1]]
    layer.b[...] = [10, 20, 30]
    return layer


def test_worked_by_hand():  # eq:dense.forward eq:dense.dx eq:dense.dW eq:linear.forward
    layer = by_hand()
    y, cache = layer.forward(np.array([[1.0, 2.0]]))
    # 1*1 + 2*2 + 10 = 15,   1*0 + 2*3 + 20 = 26,   1*(-1) + 2*1 + 30 = 31
    np.testing.assert_array_equal(y, [[15, 26, 31]])
    dy = np.array([[1.0, -1.0, 2.0]])
    # dx = dy W':   1*1 - 1*0 + 2*(-1) = -1,   1*2 - 1*3 + 2*1 = 1
    np.testing.assert_array_equal(layer.backward(dy, cache), [[-1, 1]])
    layer.accumulate(dy, cache)
    np.testing.assert_array_equal(layer.dW, [[1, -1, 2], [2, -2, 4]])  # x' dy
    np.testing.assert_array_equal(layer.db, [1, -1, 2])


def test_tangent_is_the_product_without_the_bias_and_does_not_move_it():  # eq:linear.tangent
    layer = by_hand()
    _, cache = layer.forward(np.array([[1.0, 2.0]]))
    w, tcache = layer.tangent(np.array([[1.0, 1.0]]), cache)
    np.testing.assert_array_equal(w, [[3, 3, 0]])  # 1 + 2, 0 + 3, -1 + 1
    layer.accumulate(np.array([[1.0, -1.0, 2.0]]), tcache)
    np.testing.assert_array_equal(layer.dW, [[1, -1, 2], [1, -1, 2]])  # v' dw
    np.testing.assert_array_equal(layer.db, [0, 0, 0])


def test_accumulate_adds_and_backward_does_not():
    layer = by_hand()
    _, cache = layer.forward(np.array([[1.0, 2.0]]))
    dy = np.array([[1.0, -1.0, 2.0]])
    layer.backward(dy, cache)
    assert not layer.grad.any()
    layer.accumulate(dy, cache)
    layer.accumulate(dy, cache)
    np.testing.assert_array_equal(layer.dW, [[2, -2, 4], [4, -4, 8]])


def test_the_bias_slope_sums_over_the_batch():  # eq:linear.db
    layer = by_hand()
    _, cache = layer.forward(np.array([[1.0, 2.0], [3.0, 4.0]]))
    layer.accumulate(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), cache)
    np.testing.assert_array_equal(layer.db, [11, 22, 33])
    np.testing.assert_array_equal(layer.dW, [[31, 62, 93], [42, 84, 126]])  # 1*1 + 3*10, ...; 2*1 + 4*10, ...


def test_without_a_bias():
    layer = Dense(2, 3, bias=False).init(0, np.float64)
    assert layer.theta.size == 6
    assert not layer(np.zeros((1, 2))).any()
    assert str(layer) == "Dense(2, 3, bias=False)"


@pytest.mark.parametrize(("gain", "variance"), [(None, 2 / 400), (1.0, 1 / 400)])
def test_weights_start_as_n_0_gain2_over_n_in_and_b_as_0(gain, variance):  # eq:init.he
    layer = Dense(400, 300, **({} if gain is None else {"gain": gain})).init(0, np.float64)
    # the sample variance of 120,000 normal numbers has a relative deviation of sqrt(2 / 120,000) = 0.4 %
    assert abs(layer.W.var() / variance - 1) < 0.02
    assert abs(layer.W.mean()) < 4 * np.sqrt(variance / layer.W.size)
    assert not layer.b.any()


def test_the_variance_survives_many_relu_layers():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 200))
    for seed in range(10):
        x = np.maximum(Dense(200, 200).init(seed, np.float64)(x), 0)
    assert 0.5 < (x**2).mean() < 2  # with gain 1 it would be 2^-10
