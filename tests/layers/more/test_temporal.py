"""The temporal convolution: its sum written out, its sizes, and that time runs forward."""

import copy

import numpy as np
import pytest

from minigan.layers import Conv2d, ShapeError, TemporalConv


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def by_hand(layer, x):
    """y[t, i, j] = sum over a, b, c of x[s_t t - p_t + a, s i - p + b, s j - p + c] W[b, c, a] + bias, one output at a time."""
    N, T, H, W, _ = x.shape
    s, p, st, pt = layer.stride, layer.pad, layer.stride_t, layer.pad_t
    starts = range(-pt, T + pt - layer.k_t + 1, st), *(range(-p, n + p - layer.k + 1, s) for n in (H, W))
    y = np.zeros((N, *map(len, starts), layer.c_out)) + (layer.b if layer.bias else 0)
    for n, t, i, j in np.ndindex(y.shape[:4]):
        for a, b, c in np.ndindex(layer.k_t, layer.k, layer.k):
            at = st * t - pt + a, s * i - p + b, s * j - p + c
            if all(0 <= q < size for q, size in zip(at, (T, H, W), strict=True)):
                y[n, t, i, j] += x[(n, *at)] @ layer.W[b, c, a]
    return y


CASES = [
    (TemporalConv(2, 3, 3, pad=1), (2, 4, 5, 3, 2)),
    (TemporalConv(1, 2, 4, 2, 1), (1, 8, 6, 4, 1)),
    (TemporalConv(2, 1, 2, k_t=3, stride_t=2, pad_t=0, bias=False), (1, 6, 3, 3, 2)),
    (TemporalConv(1, 1, 1, k_t=4, stride_t=3, pad_t=3), (2, 5, 2, 2, 1)),
]


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda case: str(case))
def test_the_sum(layer, shape):  # eq:temporal.forward eq:temporal.stack eq:temporal.size
    layer = copy.deepcopy(layer).init(0, np.float64)
    x = random(*shape)
    y = layer(x)
    np.testing.assert_allclose(y, by_hand(layer, x), atol=1e-12)


def test_three_frames_by_hand():  # eq:temporal.dx eq:temporal.dW
    layer = TemporalConv(1, 1, 1, k_t=2, bias=False).init(0, np.float64)
    layer.W[0, 0, :, 0, 0] = 10, 1
    x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1, 1)
    y, cache = layer.forward(x)
    assert y.ravel().tolist() == [12, 23]  # 10 x[t] + x[t + 1]
    dx = layer.learn(np.array([1.0, 100.0]).reshape(1, 2, 1, 1, 1), cache)
    assert dx.ravel().tolist() == [10, 1001, 100]
    assert layer.dW.ravel().tolist() == [1 + 200, 2 + 300]


def test_one_frame_at_a_time_is_the_convolution_of_images():
    layer, plain = (
        TemporalConv(2, 3, 3, 1, 1, k_t=1, stride_t=1, pad_t=0).init(0, np.float64),
        Conv2d(2, 3, 3, 1, 1).init(0, np.float64),
    )
    plain.W[...], plain.b[...] = layer.W[:, :, 0], layer.b
    x = random(2, 4, 5, 5, 2)
    np.testing.assert_allclose(layer(x).reshape(-1, 5, 5, 3), plain(x.reshape(-1, 5, 5, 2)), rtol=1e-12)


def test_a_clip_backwards_is_another_clip():
    layer = TemporalConv(1, 2, 3, pad=1).init(0, np.float64)
    x = random(1, 6, 4, 4, 1)
    assert np.abs(layer(x[:, ::-1]) - layer(x)[:, ::-1]).max() > 0.1


def test_what_does_not_fit():
    layer = TemporalConv(1, 2, 4, 2, 1).init(0, np.float64)
    with pytest.raises(ShapeError, match=r"\(N, T, H, W, 1\).*for Conv2d"):
        layer.forward(random(2, 8, 8, 1))
    with pytest.raises(ShapeError, match="at least 2 frames of 2 x 2, got 1 of 8 x 8"):
        layer.forward(random(2, 1, 8, 8, 1))
    with pytest.raises(ValueError, match="pad_t"):
        TemporalConv(1, 2, 4, 2, 1, k_t=2, pad_t=2)
