"""Training on several MPI ranks: the same weights as on one, and no rank that goes on alone."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from minigan.kernels.parallel import ranks
from minigan.kernels.parallel.ranks import Slice, Sliced
from minigan.running import job

PROGRAM = Path(__file__).with_name("rank_program.py")
MPIEXEC = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
MISSING = "mpiexec is not installed" if MPIEXEC is None else "mpi4py is not installed"
needs_mpi = pytest.mark.skipif(
    MPIEXEC is None or importlib.util.find_spec("mpi4py") is None, reason=f"{MISSING}: pip install 'minigan[mpi]'"
)


# ---- without MPI --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("N", "count"), [(64, 4), (10, 4), (7, 3), (5, 5)])
def test_the_slices_make_up_the_batch(N, count):
    slices = [Slice.of(N, rank, count) for rank in range(count)]
    x = np.arange(2 * N).reshape(N, 2)
    np.testing.assert_array_equal(np.concatenate([part.rows(x) for part in slices]), x)
    assert {part.n for part in slices} <= {N // count, N // count + 1}


def test_a_batch_smaller_than_the_job_is_refused():
    with pytest.raises(ValueError, match="4 ranks cannot share a batch of 3: use --batch 4 or more"):
        Slice.of(3, 0, 4)


@pytest.mark.parametrize(
    "draw",
    [
        lambda g, n: g.standard_normal((n, 5), dtype=np.float32),
        lambda g, n: g.random((n, 1, 1)),
        lambda g, n: g.random(n),
        lambda g, n: g.normal(1.0, 2.0, (n, 2)),
        lambda g, n: g.uniform(-1, 1, (n, 2)),
        lambda g, n: g.integers(1, 100, n),
        lambda g, n: g.integers(9, size=(n, 2)),
    ],
)
def test_the_noise_of_all_ranks_is_that_of_one_process(draw):
    one = np.random.default_rng(0)
    shared = [np.random.default_rng(0) for _ in range(4)]
    parts = [Slice.of(12, rank, 4) for rank in range(4)]
    for _ in range(2):
        whole = draw(one, 12)
        found = [draw(Sliced(rng, part), part.n) for rng, part in zip(shared, parts, strict=True)]
        assert found[0].dtype == whole.dtype
        np.testing.assert_array_equal(np.concatenate(found), whole)


def test_the_samples_may_be_another_axis_of_the_noise():
    whole = np.random.default_rng(0).standard_normal((2, 12, 5))
    found = [Sliced(np.random.default_rng(0), Slice.of(12, r, 4)).standard_normal((2, 3, 5)) for r in range(4)]
    np.testing.assert_array_equal(np.concatenate(found, axis=1), whole)


@pytest.mark.parametrize(
    "draw", [lambda g: g.random(), lambda g: g.standard_normal((60, 2)), lambda g: g.permutation(9)]
)
def test_noise_without_samples_differs_from_rank_to_rank(monkeypatch, draw):
    found, left = [], []
    for rank in range(2):
        monkeypatch.setenv("PMI_RANK", str(rank))
        rng = np.random.default_rng(0)
        found.append(draw(Sliced(rng, Slice.of(6, rank, 2))))
        left.append(rng.random())  # the stream that they share is at the same place
    assert not np.array_equal(*found)
    assert left[0] == left[1]


def test_every_method_of_a_generator_is_sliced_or_drawn_from_the_own_stream():
    public = {name for name in dir(np.random.Generator) if not name.startswith("_")}
    assert public - vars(Sliced).keys() == {"bit_generator"}


def test_a_process_alone_loads_no_mpi():
    code = "import sys, minigan.running.ranks, minigan.running.job as job; print(job.count(), job.rank(), 'mpi4py' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment())
    assert found.stdout == "1 0 False\n"


def test_without_mpi4py_a_job_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PMI_SIZE", "4")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(ValueError, match=r"mpiexec started 4 processes, but mpi4py .* pip install 'minigan\[mpi\]'"):
        ranks.world.__wrapped__()


def test_the_launchers_are_understood(monkeypatch):
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "3")
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "2")
    assert (job.rank(), job.count(), job.local_count()) == (2, 3, 3)
    monkeypatch.setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "1")
    assert job.local_count() == 1


# ---- with mpiexec -------------------------------------------------------------------------------------------------------


def _environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]),
        "MINIGAN_THREADS": "1",
    }


def start(count: int, *words: object) -> subprocess.Popen:
    command = [MPIEXEC, "-n", str(count), sys.executable, *map(str, words)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment(), start_new_session=True
    )


def trained(count: int, folder: Path, *trainings: str) -> list[dict[str, np.ndarray]]:
    folder.mkdir()
    process = start(count, PROGRAM, "train", folder, *trainings)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return [dict(np.load(folder / f"{settings}.npz")) for settings in trainings]


def wait_for(file: Path, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not file.exists():
        assert time.monotonic() < end, f"{file.name} did not appear"
        time.sleep(0.02)


@needs_mpi
@pytest.mark.slow
def test_any_number_of_ranks_gives_the_same_weights(tmp_path):
    kinds = ("pairs=0", "pairs=1", "dropout=1")
    one = trained(1, tmp_path / "1", *kinds)
    for count in (2, 4):  # 4 ranks share a batch of 10 as 2, 3, 2, 3
        for kind, expected, found in zip(kinds, one, trained(count, tmp_path / str(count), *kinds), strict=True):
            assert found.keys() == expected.keys()
            worst = max(np.abs(found[name] - expected[name]).max(initial=0) for name in expected)
            print(f"{kind}, {count} ranks: {worst:.1e}")
            assert worst < 1e-12


@needs_mpi
@pytest.mark.slow
def test_running_averages_are_averaged_and_the_note_says_so(tmp_path):
    process = start(2, PROGRAM, "train", tmp_path, "norm=1,steps=5")
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert "BatchNorm(6): each rank takes its own statistics, over 5 samples of the batch of 10" in errors


@needs_mpi
@pytest.mark.slow
def test_ranks_that_part_are_noticed(tmp_path):
    process = start(2, PROGRAM, "part", tmp_path, "steps=100")
    _, errors = process.communicate(timeout=300)
    assert process.returncode != 0
    assert "step 100: rank 1 no longer holds the weights" in errors


@needs_mpi
@pytest.mark.slow
@pytest.mark.parametrize("how", ["raise", "kill"])
def test_a_rank_that_ends_ends_the_job(tmp_path, how):
    process = start(2, PROGRAM, "raise" if how == "raise" else "endless", tmp_path, "steps=100000")
    wait_for(tmp_path / "alive1")
    if how == "kill":
        os.kill(child(process.pid, 1), signal.SIGKILL)
    started = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - started < 5
    assert process.returncode != 0
    assert how == "kill" or "the disk of rank 1 is full" in errors


def child(mpiexec: int, rank: int) -> int:
    """The process of this rank, a descendant of mpiexec."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment, pid = (entry / "environ").read_bytes().split(b"\0"), int(entry.name)
            while pid not in (0, mpiexec):
                pid = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended, or is not ours
            continue
        if pid == mpiexec and f"PMI_RANK={rank}".encode() in environment:
            return int(entry.name)
    raise AssertionError(f"rank {rank} is not running")


@needs_mpi
@pytest.mark.slow
def test_the_command_line_trains_stops_and_resumes_on_another_number_of_ranks(tmp_path):
    run = tmp_path / "run"
    words = ("-m", "minigan", "train", "--data", "ring", "--steps", "100000", "--batch", "16", "--out", run)
    process = start(2, *words)
    wait_for(run / "frames" / "step_000043.png", 300)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    assert errors.count("stopped at step") == 1
    assert "rank" not in errors
    step = int(errors.partition("stopped at step ")[2].split(";")[0])
    process = start(3, "-m", "minigan", "resume", run, "--steps", step + 3)
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert out.count("resuming") == 1
    assert json.loads((run / "run.jsonl").read_text().splitlines()[-1])["step"] == step + 3
    process = start(1, "-m", "minigan", "resume", run, "--steps", step + 5)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors


@needs_mpi
@pytest.mark.slow
def test_an_error_of_all_ranks_is_said_once(tmp_path):
    process = start(2, "-m", "minigan", "train", "--data", "no-such-data", "--out", tmp_path / "run")
    _, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    assert errors.count("no-such-data") == 1
