import copy

import numpy as np
import pytest

from minigan.layers import Conv2d, ConvTranspose2d, Dense, SpectralNorm, UpConv2d
from minigan.network import Sequential


def test_worked_by_hand():  # eq:spectral.forward eq:spectral.dW
    layer = SpectralNorm(Dense(2, 2)).init(0, np.float64)
    layer.layer.W[...] = [[3, 0], [0, 4]]  # singular values 3 and 4; u = v = (0, 1)
    layer.layer.b[...] = 10, 20
    layer.v[...] = 0, 1
    x, dy = np.array([[1.0, 2.0]]), np.array([[1.0, 1.0]])
    y, cache = layer.forward(x)
    np.testing.assert_array_equal(y, [[3 / 4 + 10, 2 + 20]])  # x W / 4 + b: the bias is not divided
    np.testing.assert_array_equal(layer.backward(dy, cache), [[3 / 4, 1]])
    layer.accumulate(dy, cache)
    # dWbar = x' dy = 1 1 / 2 2;  <dWbar, Wbar> = 3/4 + 2 = 11/4, taken off at u v' = 0 0 / 0 1;  all over 4
    np.testing.assert_allclose(layer.layer.dW, [[1 / 4, 1 / 4], [2 / 4, (2 - 11 / 4) / 4]], rtol=1e-14)
    np.testing.assert_array_equal(layer.layer.db, [1, 1])
    np.testing.assert_array_equal(layer.tangent(x, cache)[0], [[3 / 4, 2]])
    np.testing.assert_array_equal(layer.layer.W, [[3, 0], [0, 4]])  # put back


@pytest.mark.parametrize(
    ("inner", "x"),
    [
        (Dense(5, 3), (2, 5)),
        (Conv2d(2, 3, 3, 1, 1), (1, 5, 4, 2)),
        (ConvTranspose2d(2, 3, 4, 2, 1), (1, 3, 4, 2)),
        (UpConv2d(2, 3), (1, 3, 4, 2)),
    ],
    ids=str,
)
def test_the_largest_singular_value_becomes_1(inner, x):  # eq:spectral.sigma
    layer = SpectralNorm(inner).init(0, np.float64)
    rng = np.random.default_rng(0)
    for _ in range(3):
        inner.W[...] = 5 * rng.standard_normal(inner.W.shape)  # moved far: the old v is a poor start
        for _ in range(400):
            _, cache = layer.forward(rng.standard_normal(x))
        sigma = cache[3]
        exact = np.linalg.svd(inner.W.reshape(-1, inner.W.shape[-1]), compute_uv=False)[0]
        assert abs(sigma / exact - 1) < 1e-10
        with layer._normalised(sigma) as divided:
            M = divided.W.reshape(-1, divided.W.shape[-1])
        assert abs(np.linalg.svd(M, compute_uv=False)[0] - 1) < 1e-10


def test_a_fresh_layer_starts_from_the_exact_vector():
    layer = SpectralNorm(Dense(7, 4)).init(3, np.float64)
    _, cache = layer.forward(np.ones((1, 7)))
    assert abs(cache[3] - np.linalg.svd(layer.layer.W, compute_uv=False)[0]) < 1e-12


def test_each_forward_takes_one_step_and_use_takes_none():  # eq:spectral.power
    layer = SpectralNorm(Dense(4, 3)).init(0, np.float64)
    layer.v[...] = 1, 0, 0
    before = layer.v.copy()
    W = layer.layer.W
    used = layer(np.ones((1, 4)))
    np.testing.assert_allclose(used, np.ones((1, 4)) @ W / np.linalg.norm(W @ before), rtol=1e-14)  # sigma = |W v|
    np.testing.assert_array_equal(layer.v, before)
    layer.forward(np.ones((1, 4)))
    expected = W.T @ (W @ before)
    np.testing.assert_allclose(layer.v, expected / np.linalg.norm(expected), rtol=1e-14)


def test_nothing_is_stretched_by_more_than_1():
    net = Sequential(*(SpectralNorm(Dense(6, 6)) for _ in range(3)), rng=0, dtype=np.float64)
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 50, 6))
    assert (np.linalg.norm(net(a) - net(b), axis=1) <= np.linalg.norm(a - b, axis=1) * (1 + 1e-12)).all()


def test_the_output_does_not_depend_on_the_size_of_w_and_so_the_slope_is_orthogonal_to_it():
    rng = np.random.default_rng(1)
    layer = SpectralNorm(Dense(4, 3, bias=False)).init(0, np.float64)
    x, dy = rng.standard_normal((5, 4)), rng.standard_normal((5, 3))
    y, cache = layer.forward(x)
    layer.accumulate(dy, cache)
    assert abs((layer.layer.dW * layer.layer.W).sum()) < 1e-12
    layer.layer.W[...] *= 17
    np.testing.assert_allclose(layer.forward(x)[0], y, rtol=1e-12)


def test_a_copied_network_has_its_own_weights_inside():
    net = Sequential(SpectralNorm(Dense(3, 2)), rng=0, dtype=np.float64)
    twin = copy.deepcopy(net)
    twin.theta[:6] = np.arange(6)
    assert (net.theta[:6] != np.arange(6)).all()
    assert np.shares_memory(twin.layers[0].layer.W, twin.theta)
