"""minigan resume: the same bits as a run that was never stopped, or a new segment with other options."""

import json
import tomllib

import numpy as np
import pytest

from cli import TINY, failing
from minigan import cli
from minigan.running import checkpoint, folder


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

    original = folder.start
    with monkeypatch.context() as patch:

        def start(config, out):
            run = original(config, out)
            run.trainer.steps = 2
            return run

        patch.setattr(folder, "start", start)
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
