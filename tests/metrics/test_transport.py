from itertools import permutations

import numpy as np
import pytest

from minigan.metrics.transport import assignment, squared_distances, squared_wasserstein


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_cheaper(n, seed):  # eq:transport.assignment
    rng = np.random.default_rng(seed)
    for cost in (
        rng.standard_normal((n, n)),
        rng.integers(0, 3, (n, n)).astype(np.float64),
        1e6 * rng.random((n, n)) ** 8,
    ):
        p = assignment(cost)
        assert sorted(p) == list(range(n))
        best = min(cost[range(n), q].sum() for q in permutations(range(n)))
        assert cost[range(n), p].sum() == pytest.approx(best, rel=1e-12, abs=1e-12)


def test_on_a_line_the_order_is_kept():
    """With squared distances on a line, sorting is the cheapest: an exact answer for any n."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((200, 1)), 5 + rng.standard_normal((200, 1)) ** 3
    p = assignment(squared_distances(a, b))
    np.testing.assert_array_equal(np.argsort(b[p, 0]), np.argsort(a[:, 0]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_costs_and_equal_points(dtype):
    assert sorted(assignment(np.ones((4, 4), dtype))) == [0, 1, 2, 3]
    x = np.repeat(np.arange(3.0), 4)[:, None].astype(dtype)
    p = assignment(squared_distances(x, x[::-1]))
    np.testing.assert_array_equal(x[::-1][p], x)
    assert len(assignment(np.zeros((0, 0)))) == 0


def test_the_distance_of_a_shift():  # eq:transport.wasserstein
    x = np.random.default_rng(0).standard_normal((50, 2))
    assert squared_wasserstein(x, np.random.default_rng(1).permutation(x) + [3.0, 4.0]) == pytest.approx(25)
    assert squared_wasserstein(x, x) == pytest.approx(0, abs=1e-12)


def test_what_does_not_fit():
    with pytest.raises(ValueError, match=r"square array of costs \(n, n\), got \(2, 3\)"):
        assignment(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="finite costs"):
        assignment(np.array([[0.0, np.nan], [1.0, 2.0]]))
    with pytest.raises(ValueError, match="got 3 and 2 points"):
        squared_wasserstein(np.zeros((3, 2)), np.ones((2, 2)))
