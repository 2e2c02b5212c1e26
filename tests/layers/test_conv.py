import numpy as np
import pytest

from minigan.layers import Conv2d, ConvTranspose2d

IMAGE = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)  # 1 2 3 / 4 5 6 / 7 8 9
KERNEL = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(2, 2, 1, 1)


def one_channel(layer, bias=0.0):
    layer.init(0, np.float64)
    layer.W[...] = KERNEL
    if layer.bias:
        layer.b[...] = bias
    return layer


def test_worked_by_hand():  # eq:conv.forward eq:conv.dx eq:conv.dW
    layer = one_channel(Conv2d(1, 1, 2), bias=0.5)
    y, cache = layer.forward(IMAGE)
    # top left: 1*1 + 2*2 + 3*4 + 4*5 = 37 (a flipped kernel would give 23);  then 47, 67, 77; plus the bias
    np.testing.assert_array_equal(y[0, :, :, 0], [[37.5, 47.5], [67.5, 77.5]])
    dy = np.array([[1.0, 0.0], [0.0, -2.0]]).reshape(1, 2, 2, 1)
    # dx: the kernel laid down at the top left, minus twice the kernel at the bottom right
    np.testing.assert_array_equal(layer.backward(dy, cache)[0, :, :, 0], [[1, 2, 0], [3, 4 - 2, -4], [0, -6, -8]])
    layer.accumulate(dy, cache)
    # dW: the window at the top left minus twice the one at the bottom right: 1 - 2*5, 2 - 2*6, 4 - 2*8, 5 - 2*9
    np.testing.assert_array_equal(layer.dW[:, :, 0, 0], [[-9, -10], [-12, -13]])
    np.testing.assert_array_equal(layer.db, [-1])


def test_stride_and_padding_by_hand():
    y = one_channel(Conv2d(1, 1, 2, stride=2, pad=1, bias=False))(IMAGE)
    # windows start at -1 and 1: 4*1 = 4;  3*2 + 4*3 = 18;  2*4 + 4*7 = 36;  1*5 + 2*6 + 3*8 + 4*9 = 77
    np.testing.assert_array_equal(y[0, :, :, 0], [[4, 18], [36, 77]])


def test_transposed_by_hand():  # eq:conv_transpose.forward eq:conv_transpose.dx eq:conv_transpose.dW
    layer = one_channel(ConvTranspose2d(1, 1, 2), bias=0.5)
    y, cache = layer.forward(np.array([1.0, 2.0]).reshape(1, 1, 2, 1))
    # the kernel laid down once at 0 and twice at 1:   1, 2 + 2*1, 2*2  /  3, 4 + 2*3, 2*4
    np.testing.assert_array_equal(y[0, :, :, 0] - 0.5, [[1, 4, 4], [3, 10, 8]])
    dy = np.array([[1.0, 0.0, 2.0], [0.0, -1.0, 0.0]]).reshape(1, 2, 3, 1)
    # dx: the kernel's overlap with dy at 0: 1*1 - 4*1 = -3;  at 1: 2*2 - 3*1 = 1
    np.testing.assert_array_equal(layer.backward(dy, cache)[0, 0, :, 0], [-3, 1])
    layer.accumulate(dy, cache)
    # dW[a] = sum_i x[i] dy[i + a]: 1*1 + 2*0, 1*0 + 2*2, 1*0 + 2*(-1), 1*(-1) + 2*0
    np.testing.assert_array_equal(layer.dW[:, :, 0, 0], [[1, 4], [-2, -1]])
    np.testing.assert_array_equal(layer.db, [2])


def test_transposed_with_stride_and_padding_by_hand():
    y = one_channel(ConvTranspose2d(1, 1, 2, stride=2, pad=1, bias=False))(IMAGE[:, :2, :2])
    # without padding each pixel becomes a 2 x 2 block (1 2 4 5 times the kernel); pad=1 cuts the border of the 4 x 4:
    # 4*1, 3*2 / 2*4, 1*5
    np.testing.assert_array_equal(y[0, :, :, 0], [[4, 6], [8, 5]])


@pytest.mark.parametrize(("k", "stride", "pad"), [(1, 1, 0), (3, 1, 1), (4, 2, 1), (5, 3, 2), (3, 2, 0)])
def test_output_sizes_are_those_of_the_docstring(k, stride, pad):  # eq:conv.size eq:conv_transpose.size
    x = np.random.default_rng(0).standard_normal((1, 11, 8, 2))
    y = Conv2d(2, 3, k, stride, pad).init(0, np.float64)(x)
    assert y.shape == (1, (11 + 2 * pad - k) // stride + 1, (8 + 2 * pad - k) // stride + 1, 3)
    y = ConvTranspose2d(2, 3, k, stride, pad).init(0, np.float64)(x)
    assert y.shape == (1, 10 * stride - 2 * pad + k, 7 * stride - 2 * pad + k, 3)


def test_k4_s2_p1_halves_and_doubles():
    x = np.zeros((2, 6, 10, 1))
    assert Conv2d(1, 3, 4, 2, 1).init(0, np.float64)(x).shape == (2, 3, 5, 3)
    assert ConvTranspose2d(1, 3, 4, 2, 1).init(0, np.float64)(x).shape == (2, 12, 20, 3)


def test_the_transposed_convolution_is_the_adjoint_of_the_convolution():
    rng = np.random.default_rng(1)
    conv = Conv2d(2, 3, 3, 2, 1, bias=False).init(0, np.float64)
    transposed = ConvTranspose2d(3, 2, 3, 2, 1, bias=False).init(0, np.float64)
    transposed.W[...] = conv.W.swapaxes(2, 3)
    x, dy = rng.standard_normal((2, 7, 5, 2)), rng.standard_normal((2, 4, 3, 3))
    _, cache = conv.forward(x)
    np.testing.assert_allclose(transposed(dy), conv.backward(dy, cache), rtol=0, atol=1e-13)


def test_a_1x1_convolution_is_a_dense_layer_for_each_pixel():
    rng = np.random.default_rng(2)
    layer = Conv2d(3, 4, 1).init(0, np.float64)
    layer.b[...] = rng.standard_normal(4)
    x = rng.standard_normal((2, 3, 5, 3))
    np.testing.assert_allclose(layer(x), x @ layer.W[0, 0] + layer.b, atol=1e-14)


@pytest.mark.parametrize(
    ("layer", "taps"),
    [
        (Conv2d(40, 60, 4, 2, 1), 16 * 40),
        (ConvTranspose2d(60, 40, 4, 2, 1), 4 * 60),  # each output pixel is reached by (4/2)^2 taps of 60 channels
        (ConvTranspose2d(60, 40, 3, 1, 1), 9 * 60),
        (ConvTranspose2d(90, 80, 2, 3), 90),  # a stride above k leaves gaps; no pixel has less than one tap
    ],
)
def test_initial_variance_is_2_over_the_fan_in(layer, taps):  # eq:conv.fan_in eq:conv_transpose.fan_in eq:init.he
    W = layer.init(0, np.float64).W
    assert abs(W.var() * taps / 2 - 1) < 0.04  # 4.4 to 9 deviations of the sample variance
    assert not layer.b.any()


def test_the_variance_passes_through_a_transposed_convolution():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((8, 9, 9, 30))
    y = ConvTranspose2d(30, 40, 4, 2, 1, gain=1.0).init(0, np.float64)(x)[:, 2:-2, 2:-2]
    assert abs(y.var() - 1) < 0.1


def test_names():
    assert str(Conv2d(2, 3, 4, 2, 1)) == "Conv2d(2, 3, 4, stride=2, pad=1)"
    assert str(ConvTranspose2d(2, 3, 4, bias=False)) == "ConvTranspose2d(2, 3, 4, bias=False)"
