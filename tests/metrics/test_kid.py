import math

import numpy as np
import pytest

from minigan.metrics import kernel_distance

rng = np.random.default_rng(0)


def k(x, y):
    return (np.dot(x, y) / len(x) + 1) ** 3


def squared_mmd(a, b):
    """Gretton et al. 2012, eq. 3, written out as loops."""
    m, n = len(a), len(b)
    aa = sum(k(a[i], a[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    bb = sum(k(b[i], b[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    ab = sum(k(a[i], b[j]) for i in range(m) for j in range(n)) / (m * n)
    return aa + bb - 2 * ab


def test_by_hand():  # eq:metric.kernel eq:metric.cubic
    # a = 0, 1 and b = 2, 3 on a line: k(0, 1) = 1, k(2, 3) = 7^3, and between them 1, 1, 3^3, 4^3
    mean, error = kernel_distance([[0], [1]], [[2], [3]], np.random.default_rng(1), subsets=3, size=2)
    assert mean == pytest.approx(1 + 343 - 2 * (1 + 1 + 27 + 64) / 4, rel=1e-14)
    assert error == 0


@pytest.mark.parametrize(("n", "d"), [(2, 1), (5, 3), (9, 7)])
def test_subsets_of_all_samples_match_the_double_loop(n, d):
    a, b = rng.standard_normal((n, d)), rng.standard_normal((n, d)) + 0.5
    mean, error = kernel_distance(a, b, rng, subsets=4, size=n)
    assert mean == pytest.approx(squared_mmd(a, b), rel=1e-11)
    assert error < 1e-12 * abs(mean)


def test_mean_and_error_over_the_subsets():
    a, b = rng.standard_normal((30, 3)).astype(np.float32), rng.standard_normal((21, 3)) - 0.3
    found = kernel_distance(a, b, np.random.default_rng(7), subsets=6, size=8)
    same = np.random.default_rng(7)
    values = [squared_mmd(*(np.float64(x[same.choice(len(x), 8, replace=False)]) for x in (a, b))) for _ in range(6)]
    np.testing.assert_allclose(found, (np.mean(values), np.std(values, ddof=1) / math.sqrt(6)), rtol=1e-10)


def test_point_masses():
    x, y = np.array([1.0, -2, 3]), np.array([0.5, 1, 0])
    mean, error = kernel_distance(np.tile(x, (20, 1)), np.tile(y, (30, 1)), rng, subsets=5, size=11)
    assert mean == pytest.approx(k(x, x) + k(y, y) - 2 * k(x, y), rel=1e-13)
    assert error < 1e-13


def test_unbiased_and_so_sometimes_negative():
    values = np.array([kernel_distance(*rng.standard_normal((2, 6, 2)), rng, subsets=2, size=6)[0] for _ in range(800)])
    assert abs(values.mean()) < 3.5 * values.std() / math.sqrt(800)
    assert (values < 0).mean() > 0.2
    # the biased estimate, which includes the pairs i = j, would fail the first assertion
    biased = values.mean() + 2 * (np.mean([k(x, x) for x in rng.standard_normal((800, 2))]) - 1) / 6
    assert biased > 10 * values.std() / math.sqrt(800)


def test_it_sees_a_shift_and_a_skew():
    a = rng.standard_normal((600, 1))
    skew = rng.exponential(size=(600, 1)) - 1  # mean 0 and variance 1, like a
    for b in (rng.standard_normal((600, 1)) + 0.5, skew):
        mean, error = kernel_distance(a, b, rng, subsets=20, size=300)
        assert mean > 5 * error


def test_subsets_depend_on_the_seed_and_not_on_the_threads():
    a, b = rng.standard_normal((2, 300, 40))
    one, two = (kernel_distance(a, b, np.random.default_rng(3), subsets=5, size=200) for _ in range(2))
    assert one == two
    assert one != kernel_distance(a, b, np.random.default_rng(4), subsets=5, size=200)


def test_order_of_samples_and_of_sets_does_not_matter():
    a, b = rng.standard_normal((2, 12, 3))
    found = kernel_distance(a, b, rng, size=12)[0]
    assert kernel_distance(b[::-1], a, rng, size=12)[0] == pytest.approx(found, rel=1e-11)
