"""The GRU: its recurrence written out, backpropagation through time, the first state, clips of any length."""

import numpy as np
import pytest

from minigan.gradcheck import check_layer
from minigan.layers import GRU, ShapeError
from minigan.network import Sequential


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def gru(n_in=2, n=3, **options):
    layer = GRU(n_in, n, **options).init(0, np.float64)
    layer.theta += 0.3 * random(layer.theta.size, seed=1)
    return layer


def by_hand(layer, x, h):
    """One clip x (T, n_in) from the state h (n,) -> the states (T, n), gate by gate."""
    n, states = layer.n, []
    W, U, b = (np.split(a, 3, axis=-1) for a in (layer.W, layer.U, layer.b))
    assert W[0].shape[1] == n
    for row in x:
        r = 1 / (1 + np.exp(-(row @ W[0] + h @ U[0] + b[0])))
        u = 1 / (1 + np.exp(-(row @ W[1] + h @ U[1] + b[1])))
        new = np.tanh(row @ W[2] + b[2] + r * (h @ U[2] + layer.c))
        h = (1 - u) * new + u * h
        states.append(h)
    return np.array(states)


def test_the_recurrence():  # eq:gru.gates eq:gru.candidate eq:gru.state
    layer, x = gru(), random(2, 5, 2)
    for clip, y in zip(x, layer(x), strict=True):
        np.testing.assert_allclose(y, by_hand(layer, clip, np.zeros(3)), rtol=1e-13)


def test_the_first_state_is_zero_or_given():
    layer, x, h0 = gru(initial=True), random(2, 4, 2), random(2, 3, seed=2)
    np.testing.assert_allclose(layer((x, h0))[1], by_hand(layer, x[1], h0[1]), rtol=1e-13)
    plain = gru()
    np.testing.assert_array_equal(plain(x), layer((x, np.zeros((2, 3)))))
    np.testing.assert_array_equal(plain(x), plain(x))  # nothing is remembered from one clip to the next


def test_one_number_by_hand():  # eq:gru.through_time eq:gru.dh eq:gru.dU
    # one unit, u = 1/2 always (W_u = U_u = 0), r = 1, U_n = c = 0: h[t] = (tanh x[t] + h[t-1]) / 2
    layer = GRU(1, 1).init(0, np.float64)
    layer.theta[...] = 0
    layer.W[0, 2] = 1
    x = np.array([0.3, -0.4, 0.5])
    y, cache = layer.forward(x.reshape(1, 3, 1))
    a, b, c = np.tanh(x)
    np.testing.assert_allclose(y.ravel(), [a / 2, a / 4 + b / 2, a / 8 + b / 4 + c / 2], rtol=1e-14)
    dx = layer.learn(np.array([0.0, 0.0, 1.0]).reshape(1, 3, 1), cache)  # only the last frame has a gradient
    np.testing.assert_allclose(dx.ravel(), [(1 - a * a) / 8, (1 - b * b) / 4, (1 - c * c) / 2], rtol=1e-14)
    h = y.ravel()
    # dp_n = r ds, r = sigma(0) = 1/2: dU_n = sum of h[t-1] ds[t] / 2
    assert layer.dU[0, 2] == pytest.approx((h[0] * (1 - b * b) / 4 + h[1] * (1 - c * c) / 2) / 2, rel=1e-13)


def test_the_gradient_of_the_last_frame_reaches_the_first():
    layer, x = gru(), random(1, 9, 2)
    dy = np.zeros((1, 9, 3))
    dy[0, -1] = 1
    dx = layer.backward(dy, layer.forward(x)[1])
    assert np.abs(dx[0, 0]).max() > 1e-6
    dy = np.zeros((1, 9, 3))
    dy[0, 3] = 1
    assert not layer.backward(dy, layer.forward(x)[1])[0, 4:].any()  # and nothing reaches the future


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_every_verb_at_every_length(frames):  # eq:gru.tangent eq:gru.second
    check_layer(gru(initial=True), (random(2, frames, 2), random(2, 3, seed=3)))


def test_a_clip_can_go_on():
    """The states of a long clip are those of its first half, and of its second half from where the first ended."""
    layer, x = gru(initial=True), random(2, 8, 2)
    h0 = np.zeros((2, 3))
    whole = layer((x, h0))
    first = layer((x[:, :5], h0))
    np.testing.assert_allclose(whole[:, :5], first, rtol=1e-13)
    np.testing.assert_allclose(whole[:, 5:], layer((x[:, 5:], first[:, -1])), rtol=1e-13)


def test_what_does_not_fit():
    with pytest.raises(TypeError, match=r"takes a pair \(x, h0\)"):
        gru(initial=True).forward(random(2, 3, 2))
    with pytest.raises(ShapeError, match=r"\(N, T, 2\)"):
        gru().forward(random(2, 3, 3))
    with pytest.raises(ShapeError, match=r"h0 \(N, 3\)"):
        gru(initial=True).forward((random(2, 3, 2), random(3, 3)))
    with pytest.raises(ValueError, match="n=0"):
        GRU(2, 0)


def test_it_remembers_what_it_is_taught():
    """The sign of the first number, asked for five frames later: no gradient shorter than the clip could teach it."""
    from minigan.layers import Dense, Frames
    from minigan.optim import Adam

    net = Sequential(GRU(1, 8), Frames(Dense(8, 1)), rng=0)
    opt, rng = Adam(net, lr=0.02), np.random.default_rng(1)
    for _ in range(300):
        x = rng.standard_normal((32, 6, 1)).astype(np.float32)
        y, caches = net.forward(x)
        dy = np.zeros_like(y)
        dy[:, -1] = (y[:, -1] - np.sign(x[:, 0])) / 32
        net.backward(dy, caches, need_dx=False)
        opt.step()
    x = rng.standard_normal((500, 6, 1)).astype(np.float32)
    assert np.mean(np.sign(net(x)[:, -1]) == np.sign(x[:, 0])) > 0.9
