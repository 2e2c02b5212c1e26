"""The dense layer's products against their twins."""

import numpy as np
import pytest

from minigan.kernels import product, reference


@pytest.mark.parametrize(
    ("N", "n", "m"), [(0, 3, 4), (1, 3, 4), (5, 1, 7), (7, 4, 1), (3, 65, 33), (64, 5, 20), (2, 1, 1)]
)
def test_dense(normal, same, dtype, any_threads, N, n, m):
    x, W, b, dy = (normal(*s, dtype=dtype) for s in ((N, n), (n, m), (m,), (N, m)))
    kept = [a.copy() for a in (x, W, b, dy)]
    same(product.dense(x, W, b), reference.dense(x, W, b))
    same(product.dense(x, W), reference.dense(x, W))
    same(product.dense_dx(dy, W), reference.dense_dx(dy, W))
    dW, expected = W[::-1].copy(), W[::-1].copy()
    product.dense_dW(x, dy, dW)
    reference.dense_dW(x, dy, expected)
    same(dW, expected)
    for a, before in zip((x, W, b, dy), kept, strict=True):
        assert np.array_equal(a, before)
