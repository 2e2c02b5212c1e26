"""The maximum of blocks: fast kernel and twin agree, at sizes that blocks do not fill, with ties and NaN, on several threads."""

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels import pool, reference


@pytest.mark.parametrize(("shape", "k"), [((2, 4, 6, 3), 2), ((1, 7, 5, 4), 2), ((3, 9, 6, 1), 3), ((2, 3, 4, 5), 1)])
def test_kernel_and_twin_agree(shape, k, dtype, normal, any_threads):
    x = np.round(2 * normal(*shape, dtype=dtype))  # many ties
    y = pool.maxpool(x, k)
    np.testing.assert_array_equal(y, reference.maxpool(x, k))
    dy = normal(*y.shape, dtype=dtype)
    dx = pool.maxpool_dx(dy, x, y, k)
    np.testing.assert_array_equal(dx, reference.maxpool_dx(dy, x, y, k))
    assert dx.dtype == y.dtype == dtype
    np.testing.assert_allclose(dx.sum(), dy.sum(), rtol=1e-4)  # each gradient goes to one pixel


def test_nan_stays(dtype):
    x = np.arange(16.0).reshape(1, 4, 4, 1).astype(dtype)
    for place in (0, 1, 5):
        x.flat[place] = np.nan
        y = pool.maxpool(x, 2)
        np.testing.assert_array_equal(y, reference.maxpool(x, 2))
        assert np.isnan(y[0, 0, 0, 0])


def test_another_layout_is_read_correctly(normal):
    x = normal(2, 3, 4, 6, dtype=np.float32).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(kernels.maxpool(x, 2), reference.maxpool(x, 2))


def test_shapes_that_do_not_fit_are_refused():
    x, y = np.zeros((1, 4, 4, 2)), np.zeros((1, 2, 2, 2))
    for dy, other in ((np.zeros((1, 2, 3, 2)), y), (y, np.zeros((1, 3, 2, 2))), (np.zeros((1, 2, 3, 2)),) * 2):
        with pytest.raises(ValueError, match="maxpool_dx"):
            kernels.maxpool_dx(dy, x, other, 2)
    with pytest.raises(ValueError, match="k must be a whole number >= 1"):
        kernels.maxpool(x, 0)
