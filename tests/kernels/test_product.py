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


@pytest.mark.parametrize("many", [1, 100])
def test_shapes_that_do_not_fit_are_refused(many):
    """np.matmul would refuse them too; a product called by its address would read beyond the end of an array."""
    x, W, dW = np.ones((3 * many, 4 * many)), np.ones((5 * many, 6 * many)), np.zeros((4 * many, 6 * many))
    for call in (
        lambda: product.dense(x, W),
        lambda: product.dense_dx(x, W),
        lambda: product.dense_dW(x, np.ones((2 * many, 6 * many)), dW),
        lambda: product.dense_dW(x, np.ones((3 * many, 5 * many)), dW),
        lambda: product.dense_dW(x, np.ones((3 * many, 1)), dW),  # which NumPy would repeat in every column
    ):
        with pytest.raises(ValueError, match=r"expected matrices \(m, k\), \(k, n\) and \(m, n\), got"):
            call()


def test_arrays_that_are_not_contiguous(normal, same, dtype):
    x, W = normal(6, 10, dtype=dtype), normal(5, 8, dtype=dtype)
    same(product.dense(x[::2, ::2], W[:, ::2]), x[::2, ::2] @ W[:, ::2])
    same(product.dense(np.broadcast_to(x[:1, :5], (7, 5)), W), np.broadcast_to(x[:1, :5], (7, 5)) @ W)
    dW, dy = normal(5, 16, dtype=dtype), np.broadcast_to(normal(1, 8, dtype=dtype), (6, 8))
    expected = dW[:, ::2] + x[:, :5].T @ dy
    product.dense_dW(x[:, :5], dy, dW[:, ::2])
    same(dW[:, ::2], expected)
