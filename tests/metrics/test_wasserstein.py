import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan.metrics import sliced_wasserstein
from minigan.metrics.wasserstein import _steps

rng = np.random.default_rng(0)


def test_by_hand():  # eq:metric.sliced
    # sorted: 0, 1, 5 onto 2, 3, 4
    found = sliced_wasserstein([[5], [0], [1]], [[3], [4], [2]], rng)
    assert found == pytest.approx(math.sqrt((4 + 4 + 1) / 3), rel=1e-14)
    # half of {0} moves to 1, the other half to 3
    assert sliced_wasserstein([[0]], [[1], [3]], rng) == pytest.approx(math.sqrt((1 + 9) / 2), rel=1e-14)
    # A is 0 up to 1/2 and then 6, B steps at 1/3 and 2/3: widths 1/3, 1/6, 1/6, 1/3
    found = sliced_wasserstein([[0], [6]], [[1], [2], [3]], rng)
    assert found == pytest.approx(math.sqrt(1 / 3 + 4 / 6 + 16 / 6 + 9 / 3), rel=1e-14)


def test_two_gaussians_on_a_line():
    t = (np.arange(20_001) + 0.5) / 20_001
    z = np.array([NormalDist().inv_cdf(p) for p in t])[:, None]
    found = sliced_wasserstein(1 + 2 * z, -2 + 0.5 * z[rng.permutation(len(z))], rng, directions=3)
    assert found == pytest.approx(math.sqrt(3**2 + 1.5**2), rel=1e-3)


@pytest.mark.parametrize("d", [2, 7])
def test_a_shift(d):
    x, s = rng.standard_normal((5, d)), rng.standard_normal(d)
    found = sliced_wasserstein(x, x[::-1] + s, rng, directions=40_000)
    assert found == pytest.approx(np.linalg.norm(s) / math.sqrt(d), rel=0.02)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 9))
def test_sets_of_different_size_equal_sets_with_repeated_points(n, m, seed):
    draw = np.random.default_rng(seed)
    a, b = draw.standard_normal((n, 3)), draw.standard_normal((m, 3))
    found, same = (
        sliced_wasserstein(*sets, np.random.default_rng(seed), 5) for sets in ((a, b), (a.repeat(m, 0), b.repeat(n, 0)))
    )
    assert found == pytest.approx(same, rel=1e-12)


def test_against_a_loop_over_the_directions():
    a, b = rng.standard_normal((11, 4)), rng.standard_normal((11, 4)) + 1
    total, draw = 0, np.random.default_rng(5).standard_normal((6, 4))
    for u in draw:
        u = u / np.linalg.norm(u)
        total += np.mean((np.sort(a @ u) - np.sort(b @ u)) ** 2)
    assert sliced_wasserstein(a, b, np.random.default_rng(5), 6) == pytest.approx(math.sqrt(total / 6), rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 5), (4, 6), (60_000, 59_999)])
def test_the_steps_cover_the_unit_interval(n, m):
    i, j, width = _steps(n, m)
    assert len(width) <= n + m - 1
    assert (width > 0).all()
    np.testing.assert_allclose(np.bincount(i, width), 1 / n, rtol=1e-9)  # every step of both functions, in full
    np.testing.assert_allclose(np.bincount(j, width), 1 / m, rtol=1e-9)


def test_symmetry_scale_and_seed():
    a, b = rng.standard_normal((9, 3)).astype(np.float32), rng.standard_normal((14, 3)) + 1

    def distance(a, b):
        return sliced_wasserstein(a, b, np.random.default_rng(2), 17)

    assert distance(a, a[::-1]) == 0
    assert distance(b, a) == pytest.approx(distance(a, b), rel=1e-12)
    assert distance(3 * np.float64(a) + 2, 3 * b + 2) == pytest.approx(3 * distance(a, b), rel=1e-6)
    assert distance(a, b) != sliced_wasserstein(a, b, np.random.default_rng(3), 17)


def test_it_sees_more_than_mean_and_covariance():
    two_points, three_points = np.array([[-1.0], [1]] * 50), 2**0.5 * np.array([[-1.0], [0], [0], [1]] * 25)
    # |A - B| is sqrt 2 - 1 in the outer quarters and 1 in the inner ones
    assert sliced_wasserstein(two_points, three_points, rng) == pytest.approx(math.sqrt(((2**0.5 - 1) ** 2 + 1) / 2))
