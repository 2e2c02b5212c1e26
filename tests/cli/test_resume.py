"""minigan resume: the same bits as a run that was never stopped, or a new segment with other options."""

import json
import os
import subprocess
import sys
import time
import tomllib
import types
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import minigan
from cli import TINY, failing
from cli.conftest import pictures
from minigan import cli
from minigan.cli.progress import keep_shares
from minigan.kernels.parallel import threads
from minigan.running import checkpoint, folder

pytestmark = pytest.mark.slow


def state(path) -> dict[str, bytes]:
    """Everything that a run's next step depends on."""
    arrays, meta = checkpoint.load(path / "checkpoint.safetensors")
    del meta["seconds"]
    return {name: array.tobytes() for name, array in arrays.items()} | {"meta": json.dumps(meta)}


def test_resume_of_a_finished_run_draws_its_pictures_again(capsys, digits):
    kept = {name: (digits / name).read_bytes() for name in ("film.gif", "curves.png", "checkpoint.safetensors")}
    (digits / "film.gif").unlink()  # as if the process had been killed before it was drawn
    assert cli.main(["resume", str(digits)]) == 0
    assert "is finished: all 3 steps are done" in capsys.readouterr().out
    assert {name: (digits / name).read_bytes() for name in kept} == kept


def test_a_finished_run_from_before_there_were_measures(capsys, damaged):
    log = damaged / "run.jsonl"
    rows = [
        {name: value for name, value in json.loads(line).items() if name in OLD}
        for line in log.read_text().splitlines()
    ]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli.main(["resume", str(damaged)]) == 0
    assert "in brackets" not in capsys.readouterr().out


OLD = ("step", "epoch", "seconds", "loss_D", "loss_G", "penalty", "score_real", "score_fake")


def test_a_run_whose_frames_were_thrown_away_has_no_film(capsys, damaged):
    assert cli.main(["resume", str(damaged)]) == 0
    said = capsys.readouterr().out
    assert f"walk       {damaged}/walk.gif" in said
    assert "film" not in said


# ---- other options from here on --------------------------------------------------------------------------------------


def test_a_run_goes_on_past_its_end(capsys, damaged):
    assert cli.main(["resume", str(damaged), "--steps", "7", "--lr", "0.25", "--batch", "20"]) == 0
    said = capsys.readouterr().out
    assert f"resuming {damaged} at step 3 of 7, with steps 7, batch 20, lr 0.25" in said
    assert "7 steps in" in said
    entries = tomllib.loads((damaged / "config.toml").read_text(encoding="utf-8"))
    assert entries["steps"] == 3  # what the run began with
    assert entries["segment"] == [{"start": 3, "steps": 7, "batch": 20, "lr": 0.25}]
    rows = [json.loads(line) for line in (damaged / "run.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 3, 7]
    run = folder.open_run(damaged)
    assert run.finished
    assert run.steps == run.trainer.t == 7
    assert run.trainer.batch == 20
    assert run.trainer.game.opt_G.rate() == pytest.approx(0)  # the cosine ends at the new end
    run.trainer.game.opt_G.t = 0
    assert run.trainer.game.opt_G.rate() == pytest.approx(0.25)


def test_a_run_of_several_segments_can_be_repeated(tmp_path, monkeypatch):
    """Stopped at step 2 of 4 and resumed with another rate, then past the end with another batch: config.toml tells all."""
    first = tmp_path / "first"
    argv = ["train", *TINY, "--data", "digits8", "--steps", "4", "--out", str(first)]
    run = folder.Run.finished  # the first command is interrupted after step 2

    def stopped(self):
        raise KeyboardInterrupt

    original = folder.starting
    with monkeypatch.context() as patch:

        @contextmanager
        def starting(config, out):
            with original(config, out) as run:
                run.trainer.steps = 2
                yield run

        patch.setattr(folder, "starting", starting)
        patch.setattr(folder.Run, "finished", property(stopped))
        assert cli.main(argv) == 130
    assert folder.Run.finished is run
    assert cli.main(["resume", str(first), "--lr", "0.01"]) == 0
    assert cli.main(["resume", str(first), "--steps", "6", "--batch", "8"]) == 0
    segments = tomllib.loads((first / "config.toml").read_text(encoding="utf-8"))["segment"]
    assert segments == [{"start": 2, "lr": 0.01}, {"start": 4, "steps": 6, "batch": 8}]

    again = tmp_path / "again"
    assert cli.main(["train", "--config", str(first / "config.toml"), "--out", str(again)]) == 0
    assert state(again) == state(first)
    assert (again / "config.toml").read_bytes() == (first / "config.toml").read_bytes()
    assert cli.main([*argv[:-1], str(tmp_path / "plain")]) == 0
    assert state(tmp_path / "plain")["G.theta"] != state(first)["G.theta"]


def test_a_repetition_that_is_stopped_goes_on_with_its_segments(tmp_path, damaged, stop_at):
    assert cli.main(["resume", str(damaged), "--steps", "5"]) == 0
    again = tmp_path / "again"
    with stop_at(2):
        assert cli.main(["train", "--config", str(damaged / "config.toml"), "--out", str(again)]) == 130
    assert cli.main(["resume", str(again)]) == 0
    assert state(again) == state(damaged)


@pytest.fixture
def stop_at(monkeypatch):
    """`with stop_at(k)`: Ctrl-C in the middle of step k."""
    import contextlib

    from minigan.trainer import Trainer

    @contextlib.contextmanager
    def install(step):
        def broken(trainer):
            if trainer.t + 1 == step:
                raise KeyboardInterrupt
            return original(trainer)

        original = Trainer.step
        with monkeypatch.context() as patch:
            patch.setattr(Trainer, "step", broken)
            yield

    return install


def test_flags_win_over_a_file_with_segments(tmp_path, damaged):
    assert cli.main(["resume", str(damaged), "--steps", "5", "--lr", "0.01"]) == 0
    for name, argv, steps in (("short", ["--steps", "2"], 2), ("slow", ["--lr", "0.5"], 5)):
        out = tmp_path / name
        assert cli.main(["train", "--config", str(damaged / "config.toml"), *argv, "--out", str(out)]) == 0
        run = folder.open_run(out)
        assert run.trainer.t == run.steps == steps
        assert run.options.lr == (0.5 if name == "slow" else 0.002)


def test_options_that_stay_the_same_make_no_segment(damaged):
    before = (damaged / "config.toml").read_bytes()
    assert cli.main(["resume", str(damaged), "--batch", "16"]) == 0
    assert (damaged / "config.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--steps", "3"], "is at step 3 already: --steps is the new total, so it must be more than 3"),
        (["--steps", "0"], "is at step 3 already"),
        (["--lr", "-1"], "lr must be finite and at least 0, got -1.0"),
        (["--lr", "0.5"], "is finished: lr would have no effect without more steps, --steps N"),
        (["--batch", "1798"], "between 1 and all 1797 images, got batch=1798"),
    ],
)
def test_changes_that_do_not_fit_change_nothing(capsys, damaged, argv, message):
    before = {path: path.read_bytes() for path in damaged.iterdir()}
    assert message in failing(capsys, "resume", damaged, *argv)
    assert {path: path.read_bytes() for path in damaged.iterdir()} == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[segment]]\nsteps = 9\n", "a segment needs start, the step it begins after, at least 0; got None"),
        ("[[segment]]\nstart = 3\n[[segment]]\nstart = 2\nlr = 1", "at least 3; got 2"),
        ("[[segment]]\nstart = 3\nlr = 1\n[[segment]]\nstart = 2\nlr = 2", "at least 3; got 2"),
        ("[[segment]]\nstart = 3\nwidth = 9\n", "unknown option 'width' in a segment of"),
        ("[[segment]]\nstart = 4\nlr = 1\n", "a segment starts at step 4, but the run ends at step 3"),
        ("[segment]\nstart = 3\n", "a segment is written as a table [[segment]]"),
    ],
)
def test_a_bad_segment_is_named(capsys, damaged, text, message):
    config = damaged / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + text, encoding="utf-8")
    assert message in failing(capsys, "resume", damaged)


def test_a_config_from_before_there_were_recipes_is_a_gan(damaged):
    config = damaged / "config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('recipe = "gan"\n', ""), encoding="utf-8")
    assert cli.main(["sample", str(damaged), "--n", "1", "--out", str(damaged / "one.png")]) == 0
    np.testing.assert_array_equal(folder.open_run(damaged).trainer.game.classes, 10)


# ---- the same bits, whatever the threads --------------------------------------------------------------------------------


@pytest.fixture
def any_threads(monkeypatch):
    """Every call is cut, however small."""
    monkeypatch.setattr(threads, "SMALL", 0)
    return threads.set_threads


def trained(path, n):
    argv = ["train", *TINY, "--model", "dcgan", "--data", "digits8", "--threads", str(n), "--out", str(path)]
    return cli.main(argv)


def test_a_stopped_run_goes_on_in_its_own_number_of_shares(tmp_path, any_threads, stop_at):
    """Started with --threads 1, resumed as printed, with the two threads of the machine: the bits of a run never stopped."""
    assert trained(tmp_path / "full", 1) == 0
    with stop_at(2):
        assert trained(tmp_path / "stopped", 1) == 130
    any_threads(2)  # those of another process
    assert cli.main(["resume", str(tmp_path / "stopped")]) == 0
    assert state(tmp_path / "stopped") == state(tmp_path / "full")
    assert threads.get_shares() == 2


def test_fewer_threads_keep_the_bits_and_more_say_that_they_do_not(capsys, any_threads):
    for n, shares in ((None, 2), (1, 2), (2, 2), (3, 3)):
        recorder = types.SimpleNamespace(shares=2)
        keep_shares(n, recorder)
        note = "note: so far all work was cut into 2, from here on into 3: the last bits will differ"
        assert (note in capsys.readouterr().err) == (n == 3)
        assert recorder.shares == shares
        assert threads.get_threads() == (n or threads.get_threads())


# ---- two processes -------------------------------------------------------------------------------------------------------


def started(*argv, **options):
    argv = [sys.executable, "-m", "minigan", *map(str, argv)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_a_second_resume_says_who_has_the_run(capsys, damaged):
    assert cli.main(["resume", str(damaged), "--steps", "4"]) == 0
    first = started("resume", damaged, "--steps", 10**6)
    try:
        while (
            checkpoint.step_in(damaged / "checkpoint.safetensors") <= 4
        ):  # until it trains: it lets go of the lock before that
            assert first.poll() is None, first.communicate()
            time.sleep(0.02)
        capsys.readouterr()
        said = failing(capsys, "resume", damaged)
        assert f"{damaged} is being written by process {first.pid} on " in said
        assert "wait until it ends, or stop it there with Ctrl-C" in said
        assert cli.main(["sample", str(damaged), "--n", "3"]) == 0  # readers need no lock
    finally:
        first.kill()
        first.communicate()
    assert folder.resume(damaged).steps == 10**6  # the lock of a killed process is free


@pytest.mark.parametrize("out", [True, False])
def test_two_trains_at_once_never_share_a_folder(tmp_path, out):
    """With --out one of three processes trains and the others are refused; without it each of two has a folder."""
    count = 3 if out else 2
    argv = ["train", *TINY, "--data", "digits8", *(["--out", tmp_path / "same"] if out else [])]
    env = os.environ | {"PYTHONPATH": str(Path(minigan.__file__).parents[1])}
    runs = [started(*argv, "--seed", seed, cwd=tmp_path, env=env) for seed in range(count)]
    said = [run.communicate()[1] for run in runs]
    codes = [run.returncode for run in runs]
    made = [tmp_path / "same"] if out else sorted((tmp_path / "runs").iterdir())
    assert sorted(codes) == ([0, 1, 1] if out else [0, 0])
    assert all(
        "already holds a run" in text or "is being written by" in text for text, code in zip(said, codes) if code
    )
    seeds = [folder.resume(path).options.seed for path in made]  # resume compares the config with the checkpoint
    assert sorted(seeds) == ([codes.index(0)] if out else [0, 1])


def test_changed_data_are_a_flag(capsys, tmp_path):
    data = pictures(tmp_path / "pets", "cats", "dogs")
    out = tmp_path / "run"
    assert cli.main(["train", *TINY, "--data", data, "--size", "8", "--batch", "5", "--out", str(out)]) == 0
    (tmp_path / "pets" / "cats" / "0.png").unlink()
    capsys.readouterr()
    assert cli.main(["resume", str(out), "--steps", "5"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("9 pictures")
    assert "9 samples instead of 10" in said[-1]
    with pytest.warns(UserWarning, match="9 samples instead of 10"):
        assert cli.main(["resume", str(out), "--steps", "5", "--changed-data"]) == 0
