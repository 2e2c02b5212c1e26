"""Runs in rough hands: what is refused leaves nothing, and every message says what is there and what helps."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import minigan
from cli import TINY, failing, refused
from minigan import cli
from minigan.cli import progress
from minigan.cli.parser import CommandParser
from minigan.running import checkpoint, interrupt

pytestmark = pytest.mark.slow

TRAIN = ["train", *TINY, "--data", "digits8"]
DIVERGING = [*TRAIN, "--lr", "1e30", "--schedule", "constant"]


@pytest.fixture
def run(damaged, tmp_path):
    """A copy of a finished run, in a folder of its own."""
    out = tmp_path / "run"
    out.mkdir()
    for path in list(tmp_path.iterdir()):
        if path.is_file():
            path.rename(out / path.name)
    return out


# ---- a training that fails -------------------------------------------------------------------------------------------------


def test_a_batch_of_one_is_refused_before_anything_is_written(capsys, tmp_path, run):
    said = failing(capsys, *TRAIN, "--batch", 1, "--out", tmp_path / "new")
    assert "BatchNorm(4) needs at least two values per channel" in said
    assert not (tmp_path / "new").exists()
    before = (run / "config.toml").read_bytes()
    assert cli.main(["resume", str(run), "--batch", "1", "--steps", "5"]) == 1
    assert "at least two values per channel" in capsys.readouterr().err
    assert (run / "config.toml").read_bytes() == before


def test_a_batch_of_one_trains_what_can_be_trained_with_it(tmp_path):
    argv = ["train", "--data", "ring", "--width", "4", "--steps", "2", "--batch", "1", "--out", str(tmp_path / "run")]
    assert cli.main(argv) == 0


def test_a_training_that_fails_says_what_is_in_the_folder(capsys, tmp_path):
    out = tmp_path / "my run"
    assert cli.main([*DIVERGING, "--out", str(out)]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith(
        f"{out} holds this run before its first step, nothing that is trained: to train with other options, "
        f"choose another --out, or delete the folder first: rm -r '{out}'."
    )


def test_a_training_that_fails_later_can_go_on_from_its_checkpoint(capsys, run):
    assert cli.main(["resume", str(run), "--steps", "400", "--lr", "1e30"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert (
        f"{run} holds this run as it was at step 3; go on from there: minigan resume {run}, with another --lr" in last
    )
    assert cli.main(["resume", str(run), "--steps", "4", "--lr", "0.001"]) == 0


def test_a_rate_of_0_is_said(capsys, run):
    assert cli.main(["resume", str(run), "--steps", "5", "--lr", "0"]) == 0
    assert "note: the learning rate is 0: nothing will move\n" in capsys.readouterr().err
    assert cli.main(["resume", str(run), "--steps", "7", "--lr", "0.1"]) == 0
    assert "note: the learning rate" not in capsys.readouterr().err


# ---- a folder that is not whole --------------------------------------------------------------------------------------------


def test_without_its_checkpoint_all_commands_say_the_same(capsys, run):
    (run / "checkpoint.safetensors").unlink()
    said = {
        failing(capsys, *argv).partition(": ")[2] for argv in ([*TRAIN, "--out", run], ["resume", run], ["sample", run])
    }
    assert said == {
        f"{run} holds a run without its checkpoint.safetensors, so it cannot be used: put that file back, or train the run "
        f"again from its config: minigan train --config {run}/config.toml --out ANOTHER\n"
    }
    assert cli.main(["train", "--config", str(run / "config.toml"), "--out", str(run.parent / "again")]) == 0


def test_without_its_config_train_and_resume_agree(capsys, run):
    (run / "config.toml").unlink()
    for argv in ([*TRAIN, "--out", run], ["resume", run]):
        said = failing(capsys, *argv)
        assert "config.toml" in said
        assert "put that file back" in said
        assert "restore()" not in said


@pytest.mark.parametrize("data", ["ring", "emoji", "mnist10k", "folder:pictures"])
def test_edited_data_are_named_as_other_edited_options_are(capsys, run, data):
    text = (run / "config.toml").read_text()
    (run / "config.toml").write_text(text.replace('data = "digits8"', f'data = "{data}"'))
    for argv in (
        ["resume", run],
        ["resume", run, "--changed-data"],
        ["evaluate", run],
        ["sample", run],
        ["trace", run],
    ):
        said = failing(capsys, *argv)
        assert (
            f"not the config of the checkpoint beside it: data = '{data}' instead of 'digits8'. Undo the edit" in said
        )
        assert "--changed-data" not in said


def test_a_run_does_not_move_into_a_folder_of_other_files(capsys, tmp_path):
    (tmp_path / "cat.png").write_bytes(b"mine")
    said = failing(capsys, *TRAIN, "--out", tmp_path)
    assert f"{tmp_path} holds cat.png: give the run a folder of its own with --out" in said
    assert [path.name for path in tmp_path.iterdir()] == ["cat.png"]


def test_an_empty_log_does_not_block_its_folder(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.jsonl").touch()  # the disk was full before the first checkpoint
    assert cli.main([str(word) for word in [*TRAIN, "--out", tmp_path / "run"]]) == 0


def test_a_folder_without_a_name_is_not_the_current_one(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "there is no data set 'folder:'" in failing(capsys, "train", "--data", "folder:")
    assert list(tmp_path.iterdir()) == []


def test_the_step_that_is_saved_is_told_from_the_one_where_it_stopped(run):
    step = checkpoint.step_in(run / "checkpoint.safetensors")
    assert progress._stopped(run, step) == f"stopped at step {step}"
    assert progress._stopped(run, step + 3) == f"stopped at step {step + 3}, saved at step {step}"


def test_a_signal_while_the_pictures_are_drawn_says_how_to_draw_them(capsys, tmp_path, monkeypatch):
    def stopped(run):
        raise interrupt.Stopped(signal.SIGTERM)

    monkeypatch.setattr(progress, "_report", stopped)
    assert cli.main([str(word) for word in [*TRAIN, "--out", tmp_path / "run"]]) == 143
    said = capsys.readouterr().err
    assert f"all steps are saved, and this draws the pictures: minigan resume {tmp_path}/run" in said


def test_a_folder_and_a_pipe_in_place_of_the_config(capsys, run):
    (run / "config.toml").unlink()
    os.mkfifo(run / "config.toml")
    for argv in (["resume", run], ["sample", run]):
        assert "config.toml is not a file: put the config of the run back" in failing(capsys, *argv)
    (run / "config.toml").unlink()
    (run / "config.toml").mkdir()
    assert "config.toml is not a file: put the config of the run back" in failing(capsys, "resume", run)


def test_a_folder_in_place_of_a_file_and_a_file_in_place_of_a_folder(capsys, run, tmp_path):
    assert (
        f"minigan train: {run} is a folder, not a config: name the file in it, such as {run}/config.toml\n"
        == failing(capsys, "train", "--config", run)
    )
    assert f"{tmp_path} is a folder, not a config: name the file in it\n" in failing(
        capsys, "train", "--config", tmp_path
    )
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        said = failing(capsys, *TRAIN, "--out", out)
        assert f"cannot write into {out}: {tmp_path}/file is not a folder; choose another path" in said
    for argv in (
        ["sample", run, "--out", tmp_path / "file" / "x.png"],
        ["sample", run, "--separate", tmp_path / "file"],
    ):
        said = failing(capsys, *argv)
        assert "Errno" not in said
        assert f"{tmp_path}/file is not a folder" in said
    said = failing(capsys, "notebooks", tmp_path / "file", "--no-open")
    assert "Errno" not in said
    assert (tmp_path / "file").read_text() == "mine"


def test_an_unknown_data_set_is_answered_with_all_there_are(capsys):
    said = failing(capsys, "data", "nope")
    assert all(name in said for name in ("mnist10k", "folder:PATH", "ring and grid for points in the plane"))
    assert "Did you mean 'ring'?" in failing(capsys, "data", "rign")


# ---- outputs ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv",
    [
        ["bench", "--scaling"], ["bench", "--json"], ["classifier", "--train", "--out"], ["sample", "RUN", "--out"],
        ["trace", "RUN", "--html"], ["results", "--fill"],
    ],
)  # fmt: skip
def test_no_command_writes_over_a_file_of_a_run(capsys, run, argv):
    argv = [str(run) if word == "RUN" else word for word in argv]
    for name in ("config.toml", "checkpoint.safetensors", "run.jsonl", "curves.png"):
        before = (run / name).read_bytes() if (run / name).exists() else None
        said = refused(capsys, *argv, run / name)
        assert "it is a file of the run" in said or "expected a name that ends in" in said
        assert ((run / name).read_bytes() if (run / name).exists() else None) == before


def test_every_option_that_is_a_file_to_write_is_checked():
    """All options whose value is FILE, except what is read."""
    found = {}
    for command in cli.COMMANDS:
        made = CommandParser()
        import_module(f"minigan.cli.{command}").add(made)
        for action in made._actions:
            if action.metavar == "FILE" and action.option_strings != ["--config"]:
                found[command, action.option_strings[0]] = action.type.__qualname__
    assert len(found) >= 6
    assert {name for name, kind in found.items() if not kind.startswith("output.")} == set()


@pytest.mark.parametrize(
    "argv", [["sample", "RUN", "--out"], ["trace", "RUN", "--html"], ["bench", "--json"], ["bench", "--scaling"]]
)
def test_a_name_that_ends_in_a_slash_is_a_folder(capsys, run, tmp_path, argv):
    said = refused(capsys, *(run if word == "RUN" else word for word in argv), f"{tmp_path}/new/")
    assert f"'{tmp_path}/new/' is the name of a folder: give the name of a file in it" in said
    assert not (tmp_path / "new").exists()


def test_a_folder_in_python_too(run, tmp_path):
    from minigan import plots
    from minigan.running import use

    for write in (
        lambda: use.sample(run, 3, f"{tmp_path}/new/"),
        lambda: plots.save_png(f"{tmp_path}/new/", np.zeros((2, 2))),
    ):
        with pytest.raises(IsADirectoryError, match="new/: it is the name of a folder; give the name"):
            write()
    assert not (tmp_path / "new").exists()


# ---- names of folders in other alphabets -----------------------------------------------------------------------------------


COMMANDS = """
import sys
from minigan import cli
out = sys.argv[1]
for status, *argv in (
    (0, "resume", out, "--steps", "4"), (0, "resume", out), (0, "sample", out, "--n", "3", "--separate", out + "/each"),
    (0, "evaluate", out, "--n", "100"), (0, "trace", out), (0, "trace", out, "--html", out + "/t.html"), (1, "data", out),
    (1, "train", "--config", out + "/config.toml", "--out", out), (1, "sample", out + "/no"), (1, "resume", out, "--lr", "1"),
):
    assert cli.main(argv) == status, argv
"""


@pytest.mark.parametrize(
    ("name", "env"),
    [(b"\xc3\xa9", {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}), (b"\xc3\xa9", {}), (b"\xff\xfe", {})],
)
def test_a_folder_of_any_name_in_any_locale(digits, tmp_path, name, env):
    out = os.fsdecode(os.fsencode(tmp_path) + b"/" + name)
    shutil.copytree(digits, out)
    env = os.environ | {"PYTHONPATH": str(Path(minigan.__file__).parents[1]), "LC_ALL": "C"} | env
    done = subprocess.run([sys.executable, "-c", COMMANDS, out], env=env, capture_output=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    assert b"codec" not in done.stderr, done.stderr
    assert checkpoint.load(f"{out}/checkpoint.safetensors")[1]["step"] == 4


def test_a_printed_path_can_be_pasted(digits, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(digits, "my run")
    assert cli.main(["resume", "my run", "--steps", "4"]) == 0
    said = capsys.readouterr().out
    line = said[said.index("minigan sample ") :].splitlines()[0]
    assert shlex.split(line)[2] == "my run"
    assert "  config     my run/config.toml\n" in said
