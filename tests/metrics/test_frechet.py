import math

import numpy as np
import pytest

from minigan.metrics import frechet_distance, frechet_gaussians

rng = np.random.default_rng(0)


def covariance(d, rank=None):
    A = rng.standard_normal((d, d if rank is None else rank))
    return A @ A.T


def with_moments(n, mean, root):
    """n points whose mean is exactly `mean` and whose covariance is exactly root root'."""
    x = rng.standard_normal((n, len(mean)))
    x -= x.mean(axis=0)
    x = x @ np.linalg.inv(np.linalg.cholesky(x.T @ x / (n - 1))).T  # white
    return x @ root.T + mean


def test_by_hand():  # eq:metric.frechet
    # 1 and 3: mean 2, variance 2.  0, 0 and 3: mean 1, variance 3
    assert abs(frechet_distance([[1], [3]], [[0], [0], [3]]) - (1 + (math.sqrt(2) - math.sqrt(3)) ** 2)) < 1e-14


@pytest.mark.parametrize(
    ("m1", "s1", "m2", "s2"), [(0, 1, 0, 1), (1, 2, -3, 0.5), (1e3, 1e-3, 0, 5), (2, 0, -1, 3), (1, 0, 4, 0)]
)
def test_two_gaussians_on_a_line(m1, s1, m2, s2):
    expected = (m1 - m2) ** 2 + (s1 - s2) ** 2
    assert abs(frechet_gaussians([m1], [[s1**2]], [m2], [[s2**2]]) - expected) <= 1e-14 * max(expected, 1)


def test_commuting_covariances():
    d = 7
    Q = np.linalg.qr(rng.standard_normal((d, d)))[0]
    s, t, a, b = rng.random((4, d))
    found = frechet_gaussians(a, Q * s**2 @ Q.T, b, Q * t**2 @ Q.T)
    assert abs(found - np.sum((a - b) ** 2) - np.sum((s - t) ** 2)) < 1e-12


def test_two_by_two_that_do_not_commute():  # eq:metric.frechet
    for _ in range(20):
        A, B = covariance(2), covariance(2)
        # the eigenvalues x, y of A B are positive, so (sqrt x + sqrt y)^2 = tr A B + 2 sqrt(det A det B)
        overlap = math.sqrt(np.trace(A @ B) + 2 * math.sqrt(np.linalg.det(A) * np.linalg.det(B)))
        expected = np.trace(A) + np.trace(B) - 2 * overlap
        assert abs(frechet_gaussians([0, 0], A, [0, 0], B) - expected) < 1e-10


@pytest.mark.parametrize("d", [3, 64])
def test_singular_covariances(d):
    u, v = rng.standard_normal((2, d))
    o = np.zeros(d)
    # u u' and v v': the root of u u' is u u' / |u|, and the overlap is |u.v|
    expected = u @ u + v @ v - 2 * abs(u @ v)
    assert abs(frechet_gaussians(o, np.outer(u, u), o, np.outer(v, v)) - expected) < 1e-8
    assert abs(frechet_gaussians(o, np.outer(u, u), o, np.eye(d)) - (u @ u + d - 2 * math.sqrt(u @ u))) < 1e-8
    assert frechet_gaussians(o, np.zeros((d, d)), o, np.eye(d)) == d
    C = covariance(d, rank=2)
    assert frechet_gaussians(u, C, u, C) < 1e-8


@pytest.mark.parametrize("n", [2, 30, 301])
def test_equal_sets_have_distance_0_even_with_fewer_samples_than_features(n):
    x = (10 * rng.standard_normal((n, 50)) + 3).astype(np.float32)
    x[:, ::4] = 0  # dead features
    assert 0 <= frechet_distance(x, x[rng.permutation(n)]) < 1e-8


def test_samples_with_known_moments():
    d = 5
    for n, m in ((40, 23), (6, 7)):
        R, S = rng.standard_normal((2, d, d))
        p, q = rng.standard_normal((2, d))
        expected = frechet_gaussians(p, R @ R.T, q, S @ S.T)
        assert abs(frechet_distance(with_moments(n, p, R), with_moments(m, q, S)) - expected) < 1e-8 * expected


def test_against_the_eigenvalues_of_the_product():
    a, b = rng.standard_normal((60, 9)), rng.standard_normal((45, 9)) @ rng.standard_normal((9, 9)) + 0.3
    A, B = np.cov(a.T), np.cov(b.T)
    overlap = np.sqrt(
        np.linalg.eigvals(A @ B).real
    ).sum()  # eigenvalues of a general matrix: real here, but not in general
    expected = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(A) + np.trace(B) - 2 * overlap
    assert abs(frechet_distance(a, b) - expected) < 1e-10


def test_symmetry_and_invariance():
    a, b = rng.standard_normal((30, 4)), 2 * rng.standard_normal((41, 4)) - 1
    Q = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    found = frechet_distance(a, b)
    assert frechet_distance(b, a) == pytest.approx(found, rel=1e-12)
    assert frechet_distance(a[::-1], b[rng.permutation(41)]) == pytest.approx(found, rel=1e-12)
    assert frechet_distance(3 * a, 3 * b) == pytest.approx(9 * found, rel=1e-12)
    assert frechet_distance(a @ Q + 7, b @ Q + 7) == pytest.approx(found, rel=1e-11)
    assert frechet_distance(a, a + [1, -2, 0, 2]) == pytest.approx(9, rel=1e-12)


def test_only_mean_and_covariance_matter():
    two_points, three_points = np.array([[-1.0], [1]] * 50), 2**0.5 * np.array([[-1.0], [0], [0], [1]] * 25)
    assert frechet_distance(two_points, three_points) < 1e-8


def test_the_bias_falls_like_1_over_n():
    def mean(n):
        return np.mean([frechet_distance(*rng.standard_normal((2, n, 3))) for _ in range(60)])

    assert 7 < mean(100) / mean(1000) < 14
