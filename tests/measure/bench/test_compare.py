"""One model with its contestants; the library itself stands in for PyTorch."""

import pytest

from minigan.measure.bench.compare import Disagreement, compare, summarise
from minigan.measure.bench.timing import Rounds

pytestmark = pytest.mark.slow


def test_without_pytorch_only_minigan_and_its_twin_are_timed(in_process):
    found = compare("tiny", threads=1, rounds=1, seconds=0.0)
    assert list(found["contestants"]) == ["minigan", "NumPy twin"]
    assert (found["best"], found["usual"], found["failed"]) == (None, None, {})
    assert found["contestants"]["minigan"]["ratio"]["median"] == 1.0
    assert found["contestants"]["NumPy twin"]["worst_error"] < 1e-5
    assert not found["load_checked"]
    assert found["what"] == "points"


def test_all_variants_take_part_and_those_that_fail_are_named(in_process):
    in_process("usual", "fused", "broken")
    found = compare("tiny_critic", threads=1, rounds=2, seconds=0.0)
    assert list(found["contestants"]) == ["minigan", "NumPy twin", "usual", "fused"]
    assert found["failed"] == {"broken": "no compiler here"}
    assert found["usual"] == "usual"
    assert found["best"] in ("usual", "fused")
    assert set(found["rounds"]) == {"minigan", "NumPy twin", "usual", "fused", "sgemm"}
    assert all(len(column) == 2 for column in found["rounds"].values())


def test_peers_can_be_left_out(in_process):
    in_process("usual")
    assert "usual" not in compare("tiny", 1, 1, 0.0, peers=False)["contestants"]


def test_a_contestant_with_different_results_is_not_timed(in_process):
    in_process("usual", "wrong")
    with pytest.raises(Disagreement, match=r"(?s)tiny: the results disagree.*wrong: D 0 W differs by") as error:
        compare("tiny", threads=1, rounds=1, seconds=0.0)
    assert "usual" not in str(error.value)


def test_rates_by_hand():
    """2 ms for 4 GFLOP direct, 1 real; the peak does 1 GFLOP in 0.5 ms; PyTorch takes 3 and 5 ms."""
    rounds = Rounds({"minigan": [2.0], "NumPy twin": [8.0], "usual": [5.0], "fused": [3.0], "sgemm": [0.5]})
    counts = {"minigan": {"direct": 4e9, "real": 1e9}, "sgemm": {"direct": 1e9, "real": 1e9}}
    memory = dict.fromkeys(rounds.ms, 10.0)
    found = summarise(rounds, counts, memory, {"fused": 1e-7}, {})
    assert (found["ms"], found["gflops_direct"], found["gflops_real"], found["gflops_peak"]) == (2, 2000, 500, 2000)
    assert found["share_of_peak"] == 0.25
    assert found["best"] == "fused"
    assert found["contestants"]["usual"]["ratio"]["median"] == 2.5
    assert found["contestants"]["NumPy twin"]["ratio"]["median"] == 4
    assert found["contestants"]["fused"]["worst_error"] == 1e-7
