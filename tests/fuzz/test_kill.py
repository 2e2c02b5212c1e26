"""A training that is killed (kill -9) at a random moment and resumed ends with the bits of one that was never stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import minigan
from minigan.running import checkpoint

pytestmark = pytest.mark.slow

ROOT = Path(minigan.__file__).parents[1]
DIGITS = "train --data digits8 --model mlp --width 8 --latent 8 --batch 64 --steps 120".split()  # noqa: SIM905


def minigan_process(*argv):
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "minigan", *map(str, argv)],
        env=env,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def completed(*argv):
    process = minigan_process(*argv)
    said, errors = process.communicate(timeout=240)
    assert process.returncode == 0, said + errors


def bits(out):
    """Everything that the run's next step would depend on, and the pictures."""
    arrays, meta = checkpoint.load(out / "checkpoint.safetensors")
    del meta["seconds"]
    pictures = {path.relative_to(out): path.read_bytes() for path in out.rglob("*.png") if path.name != "curves.png"}
    return {name: array.tobytes() for name, array in arrays.items()}, meta, pictures


@pytest.fixture(scope="module")
def never_stopped(tmp_path_factory):
    """The bits of the run, and the seconds that it takes."""
    out = tmp_path_factory.mktemp("runs") / "run"
    completed(*DIGITS, "--out", out)  # compiles
    began = time.perf_counter()
    completed(*DIGITS, "--out", out.with_name("again"))
    assert bits(out) == bits(out.with_name("again"))
    return bits(out), time.perf_counter() - began


@pytest.mark.fuzz(5, most=1000, seconds=None)
def test_a_killed_run_resumes_to_the_same_bits(rng, never_stopped, tmp_path):
    wanted, seconds = never_stopped
    out = tmp_path / f"{rng.integers(2**60)}"
    process = minigan_process(*DIGITS, "--out", out)
    for _ in range(rng.integers(1, 3)):
        time.sleep(rng.uniform(0.2, 1.0) * seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        if not (out / "config.toml").exists():  # killed before it had begun: nothing is half there
            process = minigan_process(*DIGITS, "--out", out)
        else:
            process = minigan_process("resume", out)
    said, errors = process.communicate(timeout=240)
    assert process.returncode == 0, said + errors
    assert bits(out) == wanted
    assert [path for path in out.rglob(".*")] == []
