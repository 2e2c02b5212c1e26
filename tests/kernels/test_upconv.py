"""Upsample + k x k without the larger image, against the twin, which builds it."""

import numpy as np
import pytest

from minigan.kernels import reference, upconv


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(
    "shape", [(2, 3, 5, 3, 2), (1, 4, 2, 5, 1), (1, 1, 1, 1, 3), (0, 2, 2, 1, 1), (1, 2, 4, 64, 3)]
)
def test_upconv(normal, same, dtype, any_threads, k, shape):  # eq:upconv.folded
    N, H, width, C, O = shape
    x, W = normal(N, H, width, C, dtype=dtype), normal(k, k, C, O, dtype=dtype)
    dy = normal(N, 2 * H, 2 * width, O, dtype=dtype)
    kept = [a.copy() for a in (x, W, dy)]
    same(upconv.upconv2d(x, W), reference.upconv2d(x, W))
    same(upconv.upconv2d_dx(dy, W), reference.upconv2d_dx(dy, W))
    dW, expected = W[::-1].copy(), W[::-1].copy()
    upconv.upconv2d_dW(x, dy, dW)
    reference.upconv2d_dW(x, dy, expected)
    same(dW, expected)
    for a, before in zip((x, W, dy), kept, strict=True):
        assert np.array_equal(a, before)


def test_large_enough_for_winograd(normal, same, dtype):
    x, W = normal(4, 8, 8, 32, dtype=dtype), normal(3, 3, 32, 32, dtype=dtype)
    dy = normal(4, 16, 16, 32, dtype=dtype)
    same(upconv.upconv2d(x, W), reference.upconv2d(x, W))
    same(upconv.upconv2d_dx(dy, W), reference.upconv2d_dx(dy, W))


def test_the_expansion_of_three_taps():  # eq:upconv.folded
    assert upconv._taps(3, float).tolist() == [[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]]
