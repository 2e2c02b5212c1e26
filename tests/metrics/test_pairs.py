import tracemalloc

import numpy as np
import pytest

from minigan.kernels.parallel.run import run
from minigan.metrics import pairs

rng = np.random.default_rng(0)


# the last case is large enough to be split over the threads
@pytest.mark.parametrize(("n", "m", "d"), [(1, 1, 1), (1, 7, 3), (9, 1, 2), (300, 701, 50)])
def test_every_pair_once_and_in_order(n, m, d):  # eq:metric.distance
    a, b = rng.standard_normal((n, d)), rng.standard_normal((m, d))
    answers = pairs.over_pairs(lambda rows, d2: (rows, d2.copy()), a, b)
    assert np.concatenate([np.arange(n)[rows] for rows, _ in answers]).tolist() == list(range(n))
    expected = np.array([[np.sum((x - y) ** 2) for y in b] for x in a])
    np.testing.assert_allclose(np.concatenate([d2 for _, d2 in answers]), expected, rtol=1e-12, atol=1e-13)


def test_the_height_of_a_block(monkeypatch):
    few = rng.standard_normal((600, 2))
    assert pairs.over_pairs(lambda rows, d2: d2.shape, few, few[:3]) == [(256, 3), (256, 3), (88, 3)]
    monkeypatch.setattr(pairs, "BLOCK", 40)
    a, b = rng.standard_normal((7, 2)), rng.standard_normal((15, 2))
    assert pairs.over_pairs(lambda rows, d2: d2.shape, a, b) == [(2, 15)] * 3 + [(1, 15)]
    monkeypatch.setattr(pairs, "BLOCK", 3)  # at least one row
    assert pairs.over_pairs(lambda rows, d2: d2.shape, a, b) == [(1, 15)] * 7


def test_the_full_table_of_distances_is_never_stored():
    a = rng.standard_normal((4000, 5))
    run(lambda start, stop: None, 2, 1e9)  # starts the pool, so that its memory is not counted
    tracemalloc.start()
    pairs.over_pairs(lambda rows, d2: None, a, a)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 4000 * 4000 / 3
