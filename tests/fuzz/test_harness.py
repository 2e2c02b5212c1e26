"""The harness of the fuzz targets (tests/conftest.py) counts the cases, names the one that failed, and repeats it."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TARGET = """
import time
import numpy as np
import pytest

@pytest.mark.fuzz(8)
def test_rare(rng):
    assert rng.random() < 0.8

@pytest.mark.fuzz(8, most=30)
def test_sound(rng, tmp_path):
    (tmp_path / "x").write_bytes(rng.bytes(3))

@pytest.mark.fuzz(1, most=1, seconds=0.1)
def test_endless(rng):
    time.sleep(10)

@pytest.mark.fuzz(1, most=1)
def test_greedy(rng, memory_limit):
    with pytest.raises(MemoryError), memory_limit(2**28):
        np.ones(2**28)
    np.ones(2**20)
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "conftest.py").write_text(Path(__file__).parents[1].joinpath("conftest.py").read_text())
    (tmp_path / "test_targets.py").write_text(TARGET)

    def run(*argv):
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path, *argv]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120).stdout

    return run


def test_each_target_reports_its_cases_and_failures(run):
    out = run("--fuzz", "100")
    rows = {
        line.split()[0]: line.split()[1:5] for line in out.splitlines() if " cases " in line and " failures " in line
    }
    assert rows["test_sound"] == ["30", "cases", "0", "failures"]
    assert rows["test_rare"][:2] == ["100", "cases"]
    assert 5 < int(rows["test_rare"][2]) < 40
    assert rows["test_endless"] == ["1", "cases", "1", "failures"]
    assert "the case took more than 0.1 s" in out


def test_too_large_an_allocation_fails_the_case(run):
    assert ("1 passed" in run("-k", "greedy")) == (sys.platform == "linux")  # elsewhere there is no limit


def test_the_printed_command_repeats_the_failed_case(run):
    out = run("--fuzz", "100", "-k", "rare")
    seed = out.rsplit("--fuzz-seed ", 1)[1].split()[0]
    again = run("--fuzz", "1", "--fuzz-seed", seed, "-k", "rare")
    assert "1 of 1 cases failed" in again
    line = next(line for line in out.splitlines() if line.startswith("E   ") and "assert 0." in line)
    assert line in again


def test_without_the_option_there_are_a_few_cases(run):
    assert "8 cases" in run("-k", "sound")
