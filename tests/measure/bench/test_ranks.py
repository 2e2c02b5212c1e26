"""The model of a step on R ranks: its constants are found in made-up times, and its limits are the known ones."""

import pytest

from minigan.measure.bench import ranks

FOUND = {
    "batch": 64,
    "cores": 2,
    "parts": {"c0": 2e-3, "c1": 1e-3, "d": 1e-6, "alpha": 1e-6, "beta": 1e-9},
    "bytes": [4_000_000, 8],
    "steps": {1: (0.067, 0.066), 2: (0.04, 0.035)},
}


def test_latency_and_bandwidth_are_found_again():
    times = [(b, ranks.allreduce(b, 2, 3e-6, 2e-10)) for b in ranks.BYTES]
    assert ranks.fit_network(times) == pytest.approx((3e-6, 2e-10))


def test_an_allreduce_of_many_ranks_moves_twice_the_bytes():
    assert ranks.allreduce(1e6, 1, 1e-6, 1e-9) == 0
    assert ranks.allreduce(1e6, 2, 1e-6, 1e-9) == pytest.approx(2e-6 + 1e-3)
    assert ranks.allreduce(1e6, 1024, 1e-6, 1e-9) == pytest.approx(20e-6 + 2e-3, rel=1e-3)


def test_the_step_of_one_rank_is_its_compute_and_more_ranks_than_cores_take_turns():
    assert ranks.predict(FOUND, 1, 64) == pytest.approx(2e-3 + 64e-3 + 64e-6)
    apart, turns = (ranks.predict(FOUND, 4, 64, cores) for cores in (4, 2))
    assert turns - apart == pytest.approx(2e-3 + 16e-3 + 64e-6)


def test_the_tables_have_a_row_for_each_number_of_ranks():
    measured, predicted = ranks.measured_cells(FOUND), ranks.predicted_cells(FOUND)
    assert [row[0] for row in measured] == ["ranks", "1", "2"]
    assert measured[1] == ("1", "64", "66", "66.1", "+0 %", "67", "66.1", "-1 %", "1.00")
    assert [row[0] for row in predicted[1:]] == [str(R) for R in ranks.PREDICTED]
    assert predicted[-1][1:3] == ("-", "-")  # 64 samples cannot be shared by 1,024 ranks
    assert {len(row) for row in measured + predicted} == {len(ranks.HEAD), len(ranks.AHEAD)}
