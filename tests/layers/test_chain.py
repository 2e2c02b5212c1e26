import numpy as np
import pytest

from minigan.layers import BatchNorm, Dense, LeakyReLU, Tanh
from minigan.layers.chain import Chain
from minigan.layers.parameters import allocate


def made(*layers, seed=0):
    chain = Chain(*layers)
    chain.theta, chain.grad, chain.state = allocate(chain.layers, np.random.default_rng(seed), np.float64)
    return chain


def test_worked_by_hand():  # eq:chain.forward eq:chain.dx eq:chain.dtheta eq:chain.tangent
    chain = made(Dense(1, 1), LeakyReLU(0.5), Dense(1, 1))
    chain.theta[...] = 2, -10, 3, 1  # W1, b1, W2, b2
    y, caches = chain.forward(np.array([[3.0]]))
    assert y[0, 0] == 3 * (0.5 * (2 * 3 - 10)) + 1  # -5
    assert chain(np.array([[3.0]]))[0, 0] == -5
    # dx = 7 * 3 * 0.5 * 2;  dW2 = 7 * (-2), db2 = 7, dW1 = 7 * 3 * 0.5 * 3, db1 = 7 * 3 * 0.5
    assert chain.backward(np.array([[7.0]]), caches)[0, 0] == 21
    np.testing.assert_array_equal(chain.grad, [31.5, 10.5, -14, 7])
    w, tangents = chain.tangent(np.array([[1.0]]), caches)
    assert w[0, 0] == 2 * 0.5 * 3
    assert [v[0, 0] for v, _ in tangents] == [1, 2, 1]  # each entry: the v that came in


def test_second_order_by_hand():  # eq:chain.second
    chain = made(Dense(1, 1), LeakyReLU(0.5), Dense(1, 1))
    chain.theta[...] = 2, -10, 3, 1
    _, caches = chain.forward(np.array([[3.0]]))
    _, tangents = chain.tangent(np.array([[5.0]]), caches)
    # J v = W2 * 0.5 * W1 * 5, so d/dW1 = 7.5, d/dW2 = 5, both biases 0, each times dw = 2
    assert chain.backward_tangent(np.array([[2.0]]), tangents, caches) is None  # piecewise linear: no slope in x
    np.testing.assert_array_equal(chain.grad, [15, 0, 10, 0])


def test_a_chain_inside_a_chain_is_spliced_in():
    inner = Chain(Tanh(), LeakyReLU())
    assert Chain(LeakyReLU(), inner, Tanh()).layers[1:3] == inner.layers
    assert len(Chain(Chain(), Chain(Chain(Tanh()))).layers) == 1


def test_an_empty_chain_is_the_identity():
    x = np.ones((2, 3))
    y, caches = Chain().forward(x)
    assert y is x
    assert Chain().backward(x, caches) is x


def test_learn_false_leaves_the_gradient_alone():
    chain = made(Dense(2, 3), Tanh(), Dense(3, 1))
    dy, (_, caches) = np.array([[1.0], [2.0]]), chain.forward(np.eye(2))
    through = chain.backward(dy, caches, learn=False)
    assert not chain.grad.any()
    np.testing.assert_array_equal(chain.backward(dy, caches), through)


def test_need_dx_false_saves_the_last_product_only():
    chain = made(Dense(2, 3), Tanh(), Dense(3, 1))
    dy, (_, caches) = np.array([[1.0], [2.0]]), chain.forward(np.eye(2))
    chain.backward(dy, caches)
    full = chain.grad.copy()
    chain.grad[...] = 0
    assert chain.backward(dy, caches, need_dx=False) is None
    np.testing.assert_array_equal(chain.grad, full)


def test_curved_and_mixes():
    assert Chain(Tanh()).curved
    assert not Chain(LeakyReLU()).curved
    assert Chain(BatchNorm(2)).mixes
    assert not Chain(Tanh()).mixes


def test_caches_of_another_network_are_refused():
    chain, other = made(Dense(2, 2), Tanh()), made(Dense(2, 2))
    _, caches = other.forward(np.eye(2))
    with pytest.raises(ValueError, match="got 1 caches for 2 layers"):
        chain.backward(np.eye(2), caches)
    with pytest.raises(ValueError, match="got 1 caches for 2 layers"):
        chain.tangent(np.eye(2), caches)
