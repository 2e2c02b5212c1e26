"""The twins themselves, against the definition written as bare loops, and by hand."""

import itertools

import numpy as np
import pytest

from minigan.kernels import reference


def _loops(x, W, stride, pad):
    (N, H, width, C), (k, _, _, O) = x.shape, W.shape
    y = np.zeros((N, (H + 2 * pad - k) // stride + 1, (width + 2 * pad - k) // stride + 1, O))
    for (n, i, j, o), a, b, c in itertools.product(np.ndindex(y.shape), range(k), range(k), range(C)):
        h, w = stride * i - pad + a, stride * j - pad + b
        if 0 <= h < H and 0 <= w < width:
            y[n, i, j, o] += x[n, h, w, c] * W[a, b, c, o]
    return y


@pytest.mark.parametrize(("k", "stride", "pad"), [(1, 1, 0), (3, 1, 1), (4, 2, 1), (2, 3, 2), (5, 2, 0)])
def test_convolution_is_its_definition(normal, k, stride, pad):  # eq:conv.forward
    x, W = normal(2, 6, 5, 2, dtype=float), normal(k, k, 2, 3, dtype=float)
    np.testing.assert_allclose(reference.conv2d(x, W, stride, pad), _loops(x, W, stride, pad), rtol=0, atol=1e-13)


@pytest.mark.parametrize(("k", "stride", "pad"), [(1, 1, 0), (3, 1, 1), (4, 2, 1), (2, 3, 2), (5, 2, 0)])
def test_adjoints(normal, k, stride, pad):  # eq:conv.dx eq:conv.dW
    x, W = normal(2, 6, 5, 2, dtype=float), normal(k, k, 2, 3, dtype=float)
    y = reference.conv2d(x, W, stride, pad)
    dy = normal(*y.shape, dtype=float)
    dW = np.zeros_like(W)
    reference.conv2d_dW(x, dy, stride, pad, dW)
    inner = np.sum(dy * y)  # <dy, conv(x, W)> is linear in x and in W
    assert np.sum(reference.conv2d_dx(dy, W, stride, pad, (6, 5)) * x) == pytest.approx(inner, rel=1e-12)
    assert np.sum(dW * W) == pytest.approx(inner, rel=1e-12)


def test_upsampling_by_hand():
    x = np.array([1.0, 10.0]).reshape(1, 1, 2, 1)  # row 1 10 becomes 1 1 10 10, twice
    W = np.zeros((3, 3, 1, 1))
    W[1] = [[[1.0]], [[2.0]], [[3.0]]]  # y[i] = u[i-1] + 2 u[i] + 3 u[i+1]
    y = reference.upconv2d(x, W)
    assert y[0, :, :, 0].tolist() == [[5, 33, 51, 30]] * 2


def test_adam_by_hand():
    theta, grad, m, v = np.zeros(1), np.array([3.0]), np.zeros(1), np.zeros(1)
    reference.adam(theta, grad, m, v, 0.1, 0.5, 0.9, 0.0, 1)
    assert theta == pytest.approx(-0.1)  # the first step is lr sign(g)
    assert (m.item(), v.item(), grad.item()) == (1.5, pytest.approx(0.9), 0)


def test_batchnorm_gradients_are_differences(normal):  # eq:batchnorm.dx eq:batchnorm.dbeta
    x, dy = normal(6, 3, dtype=float), normal(6, 3, dtype=float)
    gamma, beta = normal(3, dtype=float), normal(3, dtype=float)

    def value(x):
        mean, var = reference.column_moments(x)
        return np.sum(dy * reference.batchnorm(x, mean, 1 / np.sqrt(var + 1e-5), gamma, beta))

    mean, var = reference.column_moments(x)
    dx, _, dbeta = reference.batchnorm_dx(dy, x, mean, 1 / np.sqrt(var + 1e-5), gamma)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += 1e-5
        down[i] -= 1e-5
        assert dx[i] == pytest.approx((value(up) - value(down)) / 2e-5, rel=1e-6, abs=1e-8)
    np.testing.assert_allclose(dbeta, dy.sum(axis=0), rtol=1e-14)
