"""Operations, compared with counts by hand."""

import inspect

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels import reference
from minigan.measure.bench.calls import KERNELS
from minigan.measure.bench.flops import DIRECT, count, operations

pytestmark = pytest.mark.slow


def array(*shape):
    return np.ones(shape, np.float32)


@pytest.mark.parametrize(
    ("kernel", "arguments", "expected"),
    [
        ("dense", (array(3, 5), array(5, 7), array(7)), 2 * 3 * 5 * 7),
        ("dense_dx", (array(3, 7), array(5, 7)), 2 * 3 * 5 * 7),
        ("dense_dW", (array(3, 5), array(3, 7), array(5, 7)), 2 * 3 * 5 * 7),
        ("conv2d", (array(2, 6, 8, 3), array(4, 4, 3, 5), 2, 1), 2 * (2 * 3 * 4) * 4 * 4 * 3 * 5),
        ("conv2d_dx", (array(2, 3, 4, 5), array(4, 4, 3, 5), 2, 1, (6, 8)), 2 * (2 * 3 * 4) * 4 * 4 * 3 * 5),
        ("conv2d_dW", (array(2, 6, 8, 3), array(2, 3, 4, 5), 2, 1, array(4, 4, 3, 5)), 2 * (2 * 3 * 4) * 4 * 4 * 3 * 5),
        ("upconv2d", (array(2, 3, 4, 5), array(3, 3, 5, 7)), 2 * (2 * 6 * 8) * 9 * 5 * 7),
        ("upconv2d_dx", (array(2, 6, 8, 7), array(3, 3, 5, 7)), 2 * (2 * 6 * 8) * 9 * 5 * 7),
        ("upconv2d_dW", (array(2, 3, 4, 5), array(2, 6, 8, 7), array(3, 3, 5, 7)), 2 * (2 * 6 * 8) * 9 * 5 * 7),
        ("leaky_relu", (array(3, 5), 0.2), 0),
    ],
)
def test_operations_of_the_definition(kernel, arguments, expected):
    assert operations(kernel, arguments) == expected
    getattr(kernels, kernel)(*arguments)  # the kernel accepts these arguments


def test_each_kernel_with_a_matrix_product_is_counted():
    products = ("@", "tensordot", "conv2d")
    bodies = {name: inspect.getsource(getattr(reference, name)).split(":", 1)[1] for name in KERNELS}
    assert {name for name, body in bodies.items() if any(mark in body for mark in products)} == set(DIRECT)


def test_a_dense_product_executes_the_definition():
    x, W = array(3, 5), array(5, 7)
    assert count(lambda: kernels.dense(x, W)) == (210, 210)
    assert count(lambda: None) == (0, 0)


def test_im2col_executes_the_definition_and_winograd_nine_sixteenths_of_it():
    x, W = array(1, 6, 6, 3), array(3, 3, 3, 5)
    direct, real = count(lambda: kernels.conv2d(x, W, 2, 1))
    assert direct == real == 2 * 9 * 27 * 5
    x, W = array(16, 32, 32, 32), array(4, 4, 32, 32)
    direct, real = count(lambda: kernels.conv2d(x, W, 2, 1))
    assert direct == 2 * (16 * 16 * 16) * 16 * 32 * 32
    assert real == direct * 9 / 16
    x, W = array(16, 16, 16, 32), array(3, 3, 32, 32)
    direct, real = count(lambda: kernels.upconv2d(x, W))
    assert real == direct / 4  # 9 products instead of 36


def test_a_kernel_without_a_counter_counts_as_the_definition():
    x, W = array(3, 5), array(5, 7)
    with kernels.use("reference"):  # x @ W increments no counter
        assert count(lambda: kernels.dense(x, W)) == (210, 210)


def test_a_complete_step_by_hand(tiny):
    """Wasserstein, G 3-5-2, D 2-7-1, batch 4: products per sample: 15 + 10 in G, 14 + 7 in D."""
    made = tiny()
    direct, real = count(made.step)
    first, G, D = 15, 15 + 10, 14 + 7
    d_step = G + 2 * (D + D + 7)  # G forward; D forward, dW, and dx but not of the points, on real and on fake
    g_step = G + D + D + G + (G - first)  # both forward; dx through D; dW and dx in G, but no dx of the noise
    assert direct == real == 2 * 4 * (d_step + g_step)


def test_counting_leaves_the_kernels_as_they_were():
    before = kernels.dense
    with pytest.raises(ZeroDivisionError):
        count(lambda: 1 / 0)
    assert kernels.dense == before
