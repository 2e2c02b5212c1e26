import numpy as np
import pytest

from minigan.metrics import energy_distance

rng = np.random.default_rng(0)


def test_by_hand():  # eq:energy.distance
    # between 0, 1 and 2, 4 on a line: 2, 4, 1, 3; within: 1 and 2
    assert energy_distance([[0], [1]], [[2], [4]]) == pytest.approx(2 * 10 / 4 - 1 - 2, rel=1e-14)


@pytest.mark.parametrize(("n", "m", "d"), [(2, 3, 1), (300, 41, 7)])
def test_matches_the_double_loop(n, m, d):
    a, b = rng.standard_normal((n, d)), rng.standard_normal((m, d)) + 0.5

    def mean(x, y, same):
        return np.sum([np.linalg.norm(p - q) for p in x for q in y]) / (len(x) * (len(y) - same))

    expected = 2 * mean(a, b, 0) - mean(a, a, 1) - mean(b, b, 1)
    assert energy_distance(a, b) == pytest.approx(expected, rel=1e-11)


def test_in_one_dimension_it_is_cramers_distance():
    """2 integral (F - G)^2 dx, for point masses 0 and t: E = 2 t."""
    t = 0.7
    assert energy_distance(np.zeros((3, 1)), np.full((4, 1), t)) == pytest.approx(2 * t, rel=1e-14)


def test_unbiased_and_far_from_the_origin():
    values = [energy_distance(rng.standard_normal((20, 2)), rng.standard_normal((30, 2))) for _ in range(400)]
    assert abs(np.mean(values)) < 4 * np.std(values) / 20
    a, b = rng.standard_normal((20, 3)), rng.standard_normal((20, 3)) + 1
    assert energy_distance(a + 1e6, b + 1e6) == pytest.approx(energy_distance(a, b), rel=1e-8)


def test_what_does_not_match_is_refused():
    with pytest.raises(ValueError, match="b"):
        energy_distance(np.zeros((3, 2)), np.zeros((3, 3)))
    with pytest.raises(ValueError, match="2"):
        energy_distance(np.zeros((1, 2)), np.zeros((3, 2)))
