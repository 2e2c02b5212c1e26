"""Statistics of columns against their twins, and where a float32 formula would lose all digits."""

import numpy as np
import pytest

from minigan.kernels import norm, reference

SHAPES = [(1, 3), (2, 1), (5, 4), (7, 3), (3, 2, 5, 6), (66, 5)]


@pytest.mark.parametrize("shape", SHAPES)
def test_moments_and_both_passes(normal, same, dtype, any_threads, shape):
    x, dy = normal(*shape, dtype=dtype), normal(*shape, dtype=dtype)
    mean, inv_std, gamma, beta = normal(4, shape[-1], dtype=dtype)
    kept = [a.copy() for a in (x, dy, mean, inv_std, gamma, beta)]
    same(norm.column_sums(x), reference.column_sums(x.astype(float)).astype(dtype))
    for fast, plain in zip(norm.column_moments(x), reference.column_moments(x), strict=True):
        same(fast, plain)
    same(norm.batchnorm(x, mean, inv_std, gamma, beta), reference.batchnorm(x, mean, inv_std, gamma, beta))
    fast = norm.batchnorm_dx(dy, x, mean, inv_std, gamma)
    for a, b in zip(fast, reference.batchnorm_dx(dy, x, mean, inv_std, gamma), strict=True):
        same(a, b)
    for a, before in zip((x, dy, mean, inv_std, gamma, beta), kept, strict=True):
        assert np.array_equal(a, before)


@pytest.mark.parametrize("mean", [1e3, 1e5])
def test_a_large_mean_does_not_spoil_the_variance(normal, any_threads, mean):
    """E[x^2] - E[x]^2 in float32 has no correct digit here."""
    x = (mean + normal(500, 3, dtype=float)).astype(np.float32)
    m, v = norm.column_moments(x)
    exact = x.astype(float)
    np.testing.assert_allclose(v, exact.var(axis=0), rtol=1e-6)
    np.testing.assert_allclose(m, exact.mean(axis=0), rtol=1e-7)


def test_no_rows():
    mean, var = norm.column_moments(np.zeros((0, 3)))
    assert np.isnan(mean).all()
    assert np.isnan(var).all()
    assert mean.shape == var.shape == (3,)
    assert norm.column_sums(np.zeros((0, 3))).tolist() == [0, 0, 0]
    ones = np.ones(3)
    assert norm.batchnorm(np.zeros((0, 3)), ones, ones, ones, ones).shape == (0, 3)
    dx, dgamma, dbeta = norm.batchnorm_dx(np.zeros((0, 3)), np.zeros((0, 3)), ones, ones, ones)
    assert dx.shape == (0, 3)
    assert not dgamma.any()
    assert not dbeta.any()


def test_a_nan_stays_in_its_column(normal, dtype):
    x = normal(9, 3, dtype=dtype)
    x[4, 1] = np.nan
    for moment in norm.column_moments(x):
        assert np.isnan(moment).tolist() == [False, True, False]


def test_dtypes_in_turn(normal):
    """Each call must find the code for its own dtypes; Numba 0.60 failed here when kernels took *args."""
    x = normal(9, 3, dtype=float)
    for _ in range(100):
        for dtype in (np.float64, np.float32):
            mean, _ = norm.column_moments(x.astype(dtype))
            assert mean.dtype == dtype
            np.testing.assert_allclose(mean, x.mean(axis=0), rtol=0, atol=1e-6)
