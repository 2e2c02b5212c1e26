"""OpenBLAS called by its address: every way to store a matrix, and the count of operations."""

import itertools

import numpy as np
import pytest

from minigan.kernels.parallel.blas import matmul
from minigan.kernels.parallel.launch import launch, product_kernel, products
from minigan.kernels.parallel.threads import parts


@product_kernel
def _multiply(i, j, s, state, a, b, c, beta):
    matmul(state, a, b, c, beta)


def stored(a, way):
    """The same numbers stored by rows, by columns, or as a view into a larger array that is NaN around them."""
    if way == "columns":
        return np.array(a, order="F")
    if way == "rows":
        return np.array(a, order="C")
    larger = np.full((a.shape[0] + 2, a.shape[1] + 3), np.nan, a.dtype)
    larger = larger if way == "view" else larger.T.copy().T
    larger[1:-1, 2:-1] = a
    return larger[1:-1, 2:-1]


@pytest.mark.parametrize("sizes", [(3, 4, 5), (1, 4, 5), (3, 1, 5), (3, 4, 1), (1, 1, 1), (1, 7, 1), (130, 65, 33)])
def test_matmul(normal, same, dtype, sizes):
    m, k, n = sizes
    a, b, start = normal(m, k, dtype=dtype), normal(k, n, dtype=dtype), normal(m, n, dtype=dtype)
    ways = ("rows", "columns", "view", "view by columns")
    stores = [(*ab, "view") for ab in itertools.product(ways, ways)] + [(way, way, "rows") for way in ways]
    for (way_a, way_b, way_c), beta in itertools.product(stores, (0.0, 1.0)):
        c = stored(start, way_c)
        around = np.isnan(c.base).sum() if way_c == "view" else 0
        launch(_multiply, 1, 1, stored(a, way_a), stored(b, way_b), c, beta)
        same(c.copy(), a @ b + dtype.type(beta) * start, slack=10)
        assert around == (np.isnan(c.base).sum() if way_c == "view" else 0)  # nothing around c was touched


def test_nothing_to_multiply():
    for m, k, n in ((0, 3, 4), (3, 4, 0), (0, 0, 0)):
        launch(_multiply, 1, 1, np.ones((m, k)), np.ones((k, n)), np.empty((m, n)), 0.0)
    c = np.full((2, 3), 5.0)
    launch(_multiply, 1, 1, np.ones((2, 0)), np.ones((0, 3)), c, 1.0)
    assert (c == 5).all()


def test_products_are_counted(any_threads):
    before = products()
    launch(_multiply, parts(1e9), 1, np.ones((3, 4)), np.ones((4, 5)), np.empty((3, 5)), 0.0)
    assert products() - before == 2 * 3 * 4 * 5
