"""A table measured by several processes, or by a Dask cluster: each cell once, and what is finished is kept."""

import importlib.util
import sys

import pytest

from minigan.measure.results import load, rows, table, workers

pytestmark = pytest.mark.slow
CHOICE = {"quick": True, "only": "minimax", "seeds": 1}
needs = {
    name: pytest.mark.skipif(
        importlib.util.find_spec(name) is None, reason=f"{name} is not installed: pip install 'minigan[sweeps]'"
    )
    for name in ("joblib", "distributed")
}


class Stop(Exception):
    """What interrupts a sweep."""


def sweep(folder, stop_after=None, **options):
    """Measure CHOICE; with stop_after raise Stop after so many rows -> what was said."""
    said = []

    def say(line):
        said.append(line)
        if len(said) - 1 == stop_after:
            raise Stop

    table.measure(load("dirac"), folder, say=say, **CHOICE, **options)
    return said


def keys(folder):
    return sorted((row["method"], row["seed"]) for row in rows.read(folder / "dirac-quick.csv"))


def wanted():
    return sorted((cell.method, str(cell.seed)) for cell in table.cells(load("dirac"), **CHOICE))


def figures(folder):
    found = rows.read(folder / "dirac-quick.csv")
    return {(row["method"], row["seed"]): rows.figures(row) for row in found}


@needs["joblib"]
def test_a_sweep_is_interrupted_and_resumed_and_equals_the_loop(tmp_path):
    with pytest.raises(Stop):
        sweep(tmp_path / "two", stop_after=1, workers=2)
    assert len(keys(tmp_path / "two")) == 1
    said = sweep(tmp_path / "two", workers=2)
    assert said[0] == f"1 of {len(wanted())} cells are already measured; {len(wanted()) - 1} to go"
    assert keys(tmp_path / "two") == wanted()
    sweep(tmp_path / "one")
    assert figures(tmp_path / "two") == figures(tmp_path / "one")


@needs["joblib"]
@needs["distributed"]
def test_the_same_call_runs_on_a_cluster(tmp_path):
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with pytest.raises(Stop):
            sweep(tmp_path, stop_after=1, scheduler=cluster.scheduler_address)
        sweep(tmp_path, scheduler=cluster.scheduler_address)
    assert keys(tmp_path) == wanted()


def test_without_joblib_the_command_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(ValueError, match=r"--workers needs joblib.* pip install 'minigan\[sweeps\]'"):
        list(workers.rows(str, [], 2, None))


def test_no_worker_is_refused(tmp_path):
    with pytest.raises(ValueError, match="results needs a whole number workers >= 1, got workers=0"):
        sweep(tmp_path, workers=0)
