"""mixture_quality on points whose answer is known."""

import math

import numpy as np
import pytest

from minigan.data import toy
from minigan.metrics.modes import mixture_quality

rng = np.random.default_rng(0)
CENTRES = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def test_a_case_by_hand():  # eq:metric.modes eq:metric.reverse_kl
    points = [[0, 0.2], [0, 0.31], [10, 0], [9.8, 0], [5, 6]]  # the second is 3.1 std away, the last many
    found = mixture_quality(np.array(points), CENTRES, 0.1)
    assert found["modes"] == 2
    assert found["high_quality"] == pytest.approx(3 / 5)
    q = (2 / 5, 2 / 5, 1 / 5)  # (5, 6) is nearest to (0, 10), but is too far away for that mode to count
    assert found["reverse_kl"] == pytest.approx(sum(p * math.log(4 * p) for p in q), abs=1e-15)


def test_the_data_itself_is_nearly_perfect():
    for draw, centres, std in ((toy.ring, toy.RING_MODES, toy.RING_STD), (toy.grid, toy.GRID_MODES, toy.GRID_STD)):
        found = mixture_quality(draw(20_000, rng), centres, std)
        assert found["modes"] == len(centres)
        assert found["high_quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.002)  # Rayleigh: P(r <= 3 std)
        assert 0 <= found["reverse_kl"] < 0.002


@pytest.mark.parametrize("k", [0, 3])
def test_collapse_onto_one_mode(k):
    found = mixture_quality(np.repeat(CENTRES[k : k + 1], 7, axis=0), CENTRES, 0.1)
    assert found == {"modes": 1, "high_quality": 1.0, "reverse_kl": pytest.approx(math.log(4))}


def test_a_perfect_point_in_many_dimensions_is_of_high_quality():
    centres = rng.standard_normal((10, 1200))
    points = centres[rng.integers(10, size=500)] + 0.1 * rng.standard_normal((500, 1200))
    assert mixture_quality(points, centres, 0.1)["high_quality"] == 1.0
    assert mixture_quality(points + 0.3 * rng.standard_normal(points.shape), centres, 0.1)["high_quality"] == 0.0


@pytest.mark.parametrize(
    ("points", "centres", "std", "message"),
    [
        (np.zeros((5, 3)), CENTRES, 0.1, r"points \(N, d\) and centres \(K, d\), got \(5, 3\) and \(4, 2\)"),
        (np.zeros(5), CENTRES, 0.1, r"got \(5,\)"),
        (np.zeros((0, 2)), CENTRES, 0.1, r"got \(0, 2\)"),
        (np.zeros((5, 2)), CENTRES, 0.0, "needs std > 0, got 0.0"),
        (np.full((5, 2), np.nan), CENTRES, 0.1, "NaN or Inf in 5 of 5 points"),
    ],
)
def test_bad_input(points, centres, std, message):
    with pytest.raises(ValueError, match=message):
        mixture_quality(points, centres, std)
