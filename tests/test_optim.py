from math import sqrt

import numpy as np
import pytest

from minigan.layers import BatchNorm, Dense, Tanh
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam, NonFiniteError, Optimizer, RMSProp, clip_weights, constant, cosine, linear


def one(dtype=np.float64):
    """A network of a single weight 1."""
    net = Sequential(Dense(1, 1, bias=False), rng=0, dtype=dtype)
    net.theta[...] = 1
    return net


def path(optimizer, grads):
    """theta after each of these gradients."""
    thetas = []
    for grad in grads:
        optimizer.net.grad[...] = grad
        optimizer.step()
        assert not optimizer.net.grad.any()
        thetas.append(float(optimizer.net.theta[0]))
    return thetas


def test_sgd_by_hand():  # eq:sgd
    np.testing.assert_allclose(path(SGD(one(), 0.1), [2, -1]), [1 - 0.2, 0.8 + 0.1], rtol=1e-15)


def test_momentum_by_hand():  # eq:sgd
    # m = 2, then 0.5 * 2 - 1 = 0, then 0.5 * 0 + 4
    np.testing.assert_allclose(path(SGD(one(), 0.1, momentum=0.5), [2, -1, 4]), [0.8, 0.8, 0.4], rtol=1e-14)


def test_rmsprop_by_hand():  # eq:rmsprop
    # v = 0.75 * 0 + 0.25 * 16 = 4: step 0.1 * 4/2;   v = 0.75 * 4 + 0.25 * 4 = 4: step 0.1 * (-2)/2
    np.testing.assert_allclose(path(RMSProp(one(), 0.1, rho=0.75, eps=0), [4, -2]), [0.8, 0.9], rtol=1e-14)


def test_adam_by_hand():  # eq:adam
    # t = 1: m = 0.5*4 = 2, mhat = 2/0.5 = 4;  v = 0.25*16 = 4, vhat = 4/0.25 = 16:  step 0.1 * 4/4, always the sign
    # t = 2: m = 1 - 1 = 0: no step, mhat = 0
    # t = 3: m = 0 + 0.5*2 = 1, mhat = 1/(1 - 1/8) = 8/7;  v: 4 -> 0.75*4 + 0.25*4 = 4 -> 0.75*4 + 0.25*4 = 4,
    #        vhat = 4/(1 - 27/64) = 256/37
    third = 0.9 - 0.1 * (8 / 7) / sqrt(256 / 37)
    np.testing.assert_allclose(
        path(Adam(one(), 0.1, beta1=0.5, beta2=0.75, eps=0), [4, -2, 2]), [0.9, 0.9, third], rtol=1e-14
    )


def test_adam_s_eps_stands_outside_the_root():  # eq:adam
    np.testing.assert_allclose(path(Adam(one(), 0.1, eps=1.0), [3]), [1 - 0.1 * 3 / (3 + 1)], rtol=1e-14)


@pytest.mark.parametrize("Opt", [SGD, RMSProp, Adam])
def test_each_finds_the_bottom_of_a_bowl(Opt):
    net = Sequential(Dense(3, 2), rng=0, dtype=np.float64)
    target = np.random.default_rng(1).standard_normal(8)
    optimizer = Opt(net, cosine(0.1, 300))
    for _ in range(300):
        net.grad += net.theta - target
        optimizer.step()
    assert np.abs(net.theta - target).max() < 1e-3


def test_an_optimizer_of_one_s_own_says_update():
    with pytest.raises(NotImplementedError):
        Optimizer(one(), 0.1).step()


def test_vectors_are_the_live_memory():
    adam = Adam(one(), 0.1)
    assert list(adam.vectors()) == ["m", "v"]
    path(adam, [4])
    assert adam.vectors()["m"] is adam.m
    assert adam.m[0] == 2
    assert (adam.t, list(SGD(one()).vectors()), list(RMSProp(one()).vectors())) == (1, ["m"], ["v"])


# ---- schedules ---------------------------------------------------------------------------------------------------------


def test_schedules_by_hand():  # eq:schedule.constant eq:schedule.linear eq:schedule.cosine
    assert [constant(3.0)(t) for t in (0, 10)] == [3, 3]
    assert [linear(4.0, 10, end=2.0)(t) for t in (0, 5, 10, 99)] == [4, 3, 2, 2]
    # (1 + cos(pi/3))/2 = 3/4 at a third of the way
    np.testing.assert_allclose([cosine(4.0, 30)(t) for t in (0, 10, 15, 30, 99)], [4, 3, 2, 0, 0], atol=1e-15)
    np.testing.assert_allclose([cosine(4.0, 30, end=2.0)(t) for t in (0, 15, 30)], [4, 3, 2], rtol=1e-15)


def test_the_first_step_takes_the_rate_of_t_0():
    optimizer = SGD(one(), linear(0.4, 4))
    np.testing.assert_allclose(path(optimizer, [1, 1, 1]), [0.6, 0.3, 0.1], rtol=1e-14)  # 0.4, 0.3, 0.2
    assert abs(optimizer.rate() - 0.1) < 1e-15  # of the coming step


def test_a_rate_of_0_stands_still():
    assert path(Adam(one(), 0.0), [4, 5]) == [1, 1]


# ---- guards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("Opt", [SGD, RMSProp, Adam])
def test_a_bad_gradient_is_refused_and_its_layer_named(Opt, bad):
    net = Sequential(Dense(2, 3), Tanh(), Dense(3, 1), rng=0)
    optimizer = Opt(net, 0.1)
    net.grad[...] = 1
    net.layers[2].dW[1, 0] = bad
    theta = net.theta.copy()
    with pytest.raises(
        NonFiniteError, match=rf"layer 2, Dense\(3, 1\), W\[1, 0\] is {bad} \(1 of 13 entries are bad\)"
    ):
        optimizer.step()
    np.testing.assert_array_equal(net.theta, theta)
    assert optimizer.t == 0
    assert not any(vector.any() for vector in optimizer.vectors().values())


def test_a_large_but_finite_gradient_is_not_refused():
    net = one(np.float32)
    assert abs(path(SGD(net, 1e-30), [1e30])[0]) < 1e-6  # its square overflows float32


def test_clip_weights():  # eq:clip
    net = Sequential(Dense(2, 1), rng=0, dtype=np.float64)
    net.theta[...] = -3, 0.005, 2
    clip_weights(net, 0.01)
    np.testing.assert_array_equal(net.theta, [-0.01, 0.005, 0.01])
    np.testing.assert_array_equal(net.layers[0].W, [[-0.01], [0.005]])  # the layer's view of the same numbers


# ---- the moving average --------------------------------------------------------------------------------------------------


def test_ema_by_hand():  # eq:ema
    net = one()
    ema = EMA(net, decay=0.75)
    assert ema.theta[0] == 1  # starts at the weights
    net.theta[...] = 5
    ema.step()
    assert ema.theta[0] == 0.75 * 1 + 0.25 * 5
    ema.step()
    assert ema.theta[0] == 0.75 * 2 + 0.25 * 5
    assert net.theta[0] == 5
    assert ema.net(np.array([[2.0]]))[0, 0] == 2 * ema.theta[0]


def test_ema_with_warmup_by_hand():  # eq:ema.warmup
    net = one()
    ema = EMA(net, decay=0.2, warmup=True)
    net.theta[...] = 12
    ema.step()  # decay min(0.2, 1/11)
    np.testing.assert_allclose(ema.theta[0], 1 / 11 + 12 * 10 / 11, rtol=1e-14)
    before = ema.theta[0]
    ema.step()  # min(0.2, 2/12)
    np.testing.assert_allclose(ema.theta[0], before / 6 + 12 * 5 / 6, rtol=1e-14)
    before = ema.theta[0]
    ema.step()  # 3/13 is above 0.2
    np.testing.assert_allclose(ema.theta[0], 0.2 * before + 0.8 * 12, rtol=1e-14)


def test_ema_averages_running_statistics_too():
    net = Sequential(BatchNorm(1), rng=0, dtype=np.float64)
    ema = EMA(net, decay=0.5)
    net.layers[0].running_mean[...] = 4
    ema.step()
    assert ema.net.layers[0].running_mean[0] == 2


@pytest.mark.parametrize(("decay", "expected"), [(0, 5), (1, 1)])
def test_ema_at_its_ends(decay, expected):
    net = one()
    ema = EMA(net, decay=decay)
    net.theta[...] = 5
    ema.step()
    assert ema.theta[0] == expected
