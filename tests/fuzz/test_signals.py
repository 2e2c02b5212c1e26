"""A command that is stopped by real signals at random moments: one line, the exit status of the shell, never a traceback.

The clock starts when the process has begun to handle signals, so every moment of its work can be hit: imports, compiling,
training, saving, drawing the film, leaving.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import minigan
from minigan import cli
from minigan.running import checkpoint

ROOT = Path(minigan.__file__).parents[1]
TRAIN = "train --data ring --width 8 --latent 4 --batch 32 --steps 150".split()  # noqa: SIM905
LONG = [*TRAIN, "--steps", "100000000"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc to see when signals are handled"),
]


def start(*argv, **options):
    env = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    argv = [sys.executable, "-m", "minigan", *map(str, argv)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
    process = subprocess.Popen(argv, env=env, cwd=ROOT, text=True, **pipes | options)
    while process.poll() is None and not handles(process.pid, signal.SIGINT):
        time.sleep(0.001)
    return process


def handles(pid, number):
    """Has the process installed the handler of its own?  Python's own one of SIGINT comes earlier, so SIGTERM tells."""
    number = signal.SIGTERM if number == signal.SIGINT else number
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = next((int(line.split()[1], 16) for line in lines if line.startswith("SigCgt")), 0)
    return bool(mask >> (number - 1) & 1)


def send(process, number):
    """To the whole group, as a terminal does."""
    if process.poll() is None:
        os.killpg(process.pid, number)


def finish(process):
    said, errors = process.communicate(timeout=240)
    assert "Traceback" not in said + errors, errors
    assert "Exception ignored" not in errors, errors
    return process.returncode, said, errors.strip().splitlines()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "ring"
    assert cli.main([*TRAIN, "--steps", "20", "--out", str(out)]) == 0
    return out


COMMANDS = (
    ["train"], ["sample"], ["evaluate"], ["trace"], ["resume"], ["certify", "--only", "Dense"], ["explain", "Conv2d"],
    ["bench", "--only", "mlp", "--rounds", "1"], ["zoo"], ["results", "dirac", "--quick"],
)  # fmt: skip


def command(rng, run, tmp_path):
    """A command at random, with its arguments, that writes nothing into the shared run."""
    name, *rest = COMMANDS[rng.integers(len(COMMANDS))]
    new = tmp_path / f"{rng.integers(2**60)}"
    if name == "train":
        return [*TRAIN, "--out", new]
    if name in ("sample", "evaluate", "trace", "resume"):
        return [name, run, *{"sample": ["--out", f"{new}.png"], "evaluate": ["--n", "500"]}.get(name, [])]
    return [name, *rest, *(["--out", new] if name == "results" else [])]


@pytest.mark.fuzz(6, most=500, seconds=300)
def test_one_signal_at_a_random_moment_is_one_line(rng, run, tmp_path):
    number = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[rng.integers(3)]
    process = start(*command(rng, run, tmp_path))
    time.sleep(rng.exponential(1.0))
    send(process, number)
    status, _, errors = finish(process)
    assert status in (0, 128 + number, -number), (status, errors)  # -number: Python itself was leaving already
    if status > 0:
        assert any("stopped" in line for line in errors[-2:]), errors


@pytest.mark.fuzz(6, most=500, seconds=300)
def test_two_signals_at_random_moments_never_show_a_traceback(rng, run, tmp_path):
    process = start(*command(rng, run, tmp_path))
    time.sleep(rng.exponential(1.0))
    send(process, signal.SIGINT)
    time.sleep(rng.choice([0, 0.001, 0.01, 0.1, 0.5]) * rng.uniform())
    send(process, signal.SIGINT)
    status, _, errors = finish(process)
    assert status in (0, 130, -signal.SIGINT), (status, errors)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_training_saves_and_says_how_to_go_on(tmp_path, number):
    out = tmp_path / "it's a run"
    process = start(*LONG, "--out", out)
    while not any(out.glob("frames/*")):  # trained a little
        time.sleep(0.01)
    time.sleep(1)
    send(process, number)
    if number == signal.SIGHUP:
        send(process, number)  # a terminal that is closed sends two
    status, _, errors = finish(process)
    assert status == 128 + number
    step = checkpoint.load(out / "checkpoint.safetensors")[1]["step"]
    assert step > 0
    quote = "'" + str(out).replace("'", "'\"'\"'") + "'"
    assert errors[-1] == f"stopped at step {step}; go on with: minigan resume {quote}"


def test_nohup_keeps_a_training_alive(tmp_path):
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = start(*TRAIN, "--out", tmp_path / "run", preexec_fn=ignore)
    time.sleep(0.5)
    send(process, signal.SIGHUP)
    assert finish(process)[0] == 0
    assert checkpoint.load(tmp_path / "run" / "checkpoint.safetensors")[1]["step"] == 150


def test_a_terminal_that_is_gone_does_not_keep_a_training_from_saving(tmp_path):
    master, slave = os.openpty()
    process = start(*LONG, "--out", tmp_path, stdout=slave, stderr=slave, stdin=slave)
    os.close(slave)
    while not any(tmp_path.glob("frames/*")):
        time.sleep(0.01)
    os.close(master)  # from here on, writing to it fails
    time.sleep(2)
    assert process.poll() is None
    send(process, signal.SIGHUP)
    assert process.wait(60) == 129
    assert checkpoint.load(tmp_path / "checkpoint.safetensors")[1]["step"] > 0
