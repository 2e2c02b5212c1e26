"""The measurements: by hand, and each adjoint is the transpose."""

import numpy as np
import pytest

from minigan.apps.measurement import Mask, Mix, Shrink

RNG = np.random.default_rng(0)
KNOWN = np.array([[True, False, True, True, False, True]] * 4)


@pytest.mark.parametrize("A", [Mask(KNOWN), Shrink(2), Mix(5, (4, 6, 3), RNG)], ids=lambda A: type(A).__name__)
def test_the_adjoint_is_the_transpose(A):
    x = RNG.standard_normal((2, 4, 6, 3))
    y = RNG.standard_normal(A(x).shape)
    np.testing.assert_allclose((A(x) * y).sum(), (x * A.adjoint(y)).sum(), rtol=1e-12)
    assert A(x.astype(np.float32)).dtype == A.adjoint(y.astype(np.float32)).dtype == np.float32


def test_by_hand():  # eq:mask eq:shrink eq:shrink.adjoint eq:mix eq:mix.adjoint
    x = np.array([[1.0, 2.0], [3.0, 6.0]]).reshape(1, 2, 2, 1)
    known = np.array([[True, False], [False, True]])
    np.testing.assert_array_equal(Mask(known)(x).ravel(), [1, 0, 0, 6])
    np.testing.assert_array_equal(Shrink(2)(x).ravel(), [3])
    np.testing.assert_array_equal(Shrink(2).adjoint(np.full((1, 1, 1, 1), 4.0)).ravel(), [1, 1, 1, 1])
    A = Mix(2, (2, 2, 1), RNG)
    A.phi[...] = [[1, 0], [0, 1], [0, 2], [1, 0]]
    np.testing.assert_array_equal(A(x), [[7, 8]])
    np.testing.assert_array_equal(A.adjoint(np.array([[1.0, 10.0]])).ravel(), [1, 10, 20, 1])


def test_random_measurements_keep_the_length_in_the_mean():
    A = Mix(2000, (5, 5, 1), np.random.default_rng(1))
    x = RNG.standard_normal((4, 5, 5, 1))
    np.testing.assert_allclose((A(x) ** 2).sum(axis=1), (x**2).sum(axis=(1, 2, 3)), rtol=0.15)


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="blocks of 4 x 4 do not divide an image of 4 x 6"):
        Shrink(4)(np.zeros((1, 4, 6, 1)))
    for bad in (np.zeros((3, 3), bool), np.ones((3, 3)), np.ones((1, 3, 3), bool)):
        with pytest.raises(ValueError, match="a mask is bool"):
            Mask(bad)
