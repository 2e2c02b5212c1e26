import numpy as np
import pytest

from minigan.layers import BatchNorm, InstanceNorm, LayerNorm, PixelNorm
from minigan.layers.layer import MixedSamplesError

# The same four numbers for every norm: 1 1 3 3 has mean 2 and variance 1, so xhat = -1 -1 1 1 and s = 1 (eps = 0).
# For dy = 1 0 0 0: mean dy = 1/4, mean(xhat dy) = -1/4, so P dy = dy - 1/4 + xhat/4 = 1/2 -1/2 0 0.
X, XHAT, DY, DX = ([1.0, 1, 3, 3], [-1.0, -1, 1, 1], [1.0, 0, 0, 0], [0.5, -0.5, 0, 0])
SHAPES = {LayerNorm: (1, 4), InstanceNorm: (1, 2, 2, 1), BatchNorm: (4, 1)}


@pytest.mark.parametrize("Norm", SHAPES)
def test_worked_by_hand(Norm):
    shape = SHAPES[Norm]
    layer = Norm(shape[-1], eps=0.0).init(0, np.float64)
    layer.gamma[...], layer.beta[...] = 2, 10
    x, dy = (np.array(a).reshape(shape) for a in (X, DY))
    y, cache = layer.forward(x)
    np.testing.assert_array_equal(y.ravel(), [8, 8, 12, 12])  # 2 xhat + 10   eq:norm.affine eq:batchnorm.forward
    np.testing.assert_array_equal(layer.backward(dy, cache).ravel(), 2 * np.array(DX))  # eq:norm.dx eq:batchnorm.dx
    layer.accumulate(dy, cache)
    per_channel = layer.dgamma.size == 1
    # eq:norm.dgamma eq:batchnorm.dgamma
    np.testing.assert_array_equal(layer.dgamma, [-1] if per_channel else [-1, 0, 0, 0])  # sum dy xhat
    np.testing.assert_array_equal(layer.dbeta, [1] if per_channel else DY)  # sum dy   eq:norm.dbeta eq:batchnorm.dbeta


@pytest.mark.parametrize("Norm", [LayerNorm, InstanceNorm])
def test_tangent_and_curvature_by_hand(Norm):
    shape = SHAPES[Norm]
    layer = Norm(shape[-1], eps=0.0).init(0, np.float64)
    x, v = (np.array(a).reshape(shape) for a in (X, DY))
    _, cache = layer.forward(x)
    w, _ = layer.tangent(v, cache)
    np.testing.assert_array_equal(w.ravel(), DX)  # the Jacobian is symmetric   eq:norm.tangent eq:norm.project
    # with dy = v: mean(y v) = -1/4, so dy mean(y v) + v mean(y dy) = -v/2 and -P(-v/2) = P v / 2 = 1/4 -1/4 0 0;
    # mean(dy P v) = 1/8, and - y/8 = 1/8 1/8 -1/8 -1/8
    # eq:norm.curvature
    np.testing.assert_array_equal(layer.curvature(v, v, cache).ravel(), [3 / 8, -1 / 8, -1 / 8, -1 / 8])


def test_pixel_norm_by_hand():  # eq:pixelnorm.forward eq:pixelnorm.dx
    layer = PixelNorm(eps=0.0)
    y, cache = layer.forward(np.array([[1.0, 7.0]]))  # mean of squares 25
    np.testing.assert_allclose(y, [[1 / 5, 7 / 5]], rtol=1e-15)
    # (dy - y mean(y dy)) / 5 = ((1, 0) - (0.2, 1.4) * 0.1) / 5
    np.testing.assert_allclose(layer.backward(np.array([[1.0, 0.0]]), cache), [[0.196, -0.028]], rtol=1e-14)
    np.testing.assert_allclose(layer.tangent(np.array([[1.0, 0.0]]), cache)[0], [[0.196, -0.028]], rtol=1e-14)


@pytest.mark.parametrize(
    ("layer", "axes"),
    [(LayerNorm(3), (-1,)), (InstanceNorm(3), (1, 2)), (BatchNorm(3), (0, 1, 2))],
    ids=["layer", "instance", "batch"],
)
def test_what_is_averaged(layer, axes):
    # eq:norm.standardize eq:layernorm.axes eq:instancenorm.axes eq:batchnorm.moments
    layer.init(0, np.float64)
    x = 5 + 3 * np.random.default_rng(0).standard_normal((4, 5, 6, 3))
    y, _ = layer.forward(x)
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(var + 1e-5), atol=1e-12)


def test_pixel_norm_is_x_over_the_root_mean_square():
    x = np.random.default_rng(0).standard_normal((2, 3, 1, 5))
    np.testing.assert_allclose(PixelNorm()(x), x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-8), atol=1e-14)


@pytest.mark.parametrize("layer", [LayerNorm(4), InstanceNorm(4), PixelNorm()], ids=str)
def test_sample_norms_treat_each_sample_alone(layer):
    if layer.parameters:
        layer.init(0, np.float64)
    x = np.random.default_rng(1).standard_normal((3, 2, 5, 4))
    np.testing.assert_array_equal(layer(x)[1:2], layer(x[1:2]))


def test_batch_norm_running_statistics_by_hand():  # eq:batchnorm.running
    layer = BatchNorm(1, momentum=0.1, eps=0.0).init(0, np.float64)
    assert (layer.running_mean[0], layer.running_var[0]) == (0, 1)
    x = np.array(X).reshape(4, 1)
    layer.forward(x)
    # mean 0 + 0.1 (2 - 0);   the unbiased variance of 1 1 3 3 is 4/3:  1 + 0.1 (4/3 - 1)
    np.testing.assert_allclose(layer.running_mean, [0.2], rtol=1e-15)
    np.testing.assert_allclose(layer.running_var, [1 + 0.1 / 3], rtol=1e-15)
    layer.forward(x)
    np.testing.assert_allclose(layer.running_mean, [0.2 + 0.1 * 1.8], rtol=1e-15)


def test_batch_norm_evaluation_uses_the_running_statistics_and_leaves_them_alone():  # eq:batchnorm.use
    layer = BatchNorm(1, eps=0.75).init(0, np.float64)
    layer.running_mean[...], layer.running_var[...], layer.gamma[...], layer.beta[...] = 3, 0.25, 2, 10
    # (5 - 3) / sqrt(1/4 + 3/4) * 2 + 10 = 14, whatever else is in the batch, and for a batch of one
    assert layer(np.array([[5.0]]))[0, 0] == 14
    assert layer(np.array([[5.0], [100.0]]))[0, 0] == 14
    assert (layer.running_mean[0], layer.running_var[0]) == (3, 0.25)


def test_batch_norm_running_average_reaches_the_truth():
    rng = np.random.default_rng(0)
    layer = BatchNorm(2).init(0, np.float64)
    for _ in range(400):
        layer.forward(rng.standard_normal((50, 2)) * [2, 3] + [5, -1])
    np.testing.assert_allclose(layer.running_mean, [5, -1], atol=0.25)
    np.testing.assert_allclose(layer.running_var, [4, 9], rtol=0.15)


def test_batch_norm_slope_sums_to_zero_over_the_batch():
    """Adding a constant to a channel changes nothing, so the slopes of a channel cancel; likewise for its scale."""
    rng = np.random.default_rng(2)
    layer = BatchNorm(3, eps=0.0).init(0, np.float64)
    x, dy = rng.standard_normal((2, 4, 5, 2, 3))
    _, cache = layer.forward(x)
    dx = layer.backward(dy, cache)
    np.testing.assert_allclose(dx.sum(axis=(0, 1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose((dx * x).sum(axis=(0, 1, 2)), 0, atol=1e-12)


def test_batch_norm_learn_is_accumulate_and_backward():
    rng = np.random.default_rng(3)
    layer = BatchNorm(3).init(0, np.float64)
    x, dy = rng.standard_normal((2, 7, 3))
    _, cache = layer.forward(x)
    dx = layer.learn(dy, cache)
    once = layer.grad.copy()
    np.testing.assert_array_equal(layer.backward(dy, cache), dx)
    layer.accumulate(dy, cache)
    np.testing.assert_allclose(layer.grad, 2 * once, rtol=1e-14)


def test_batch_norm_teaches_why_it_has_no_tangent():
    layer = BatchNorm(2).init(0, np.float64)
    _, cache = layer.forward(np.eye(2))
    with pytest.raises(MixedSamplesError, match=r"BatchNorm\(2\) mixes the samples.*LayerNorm"):
        layer.tangent(np.eye(2), cache)


def test_float32_survives_a_large_mean():
    layer = BatchNorm(1).init(0)
    y, _ = layer.forward((1000 + np.tile([[-1.0], [1.0]], (500, 1))).astype(np.float32))
    np.testing.assert_allclose(y[:2], [[-1], [1]], atol=1e-3)


def test_names():
    assert [str(n) for n in (BatchNorm(3), LayerNorm(4), PixelNorm())] == [
        "BatchNorm(3)",
        "LayerNorm(4)",
        "PixelNorm()",
    ]
