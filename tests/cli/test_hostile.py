"""Hostile arguments, outputs and surroundings: one sentence and an exit status, never a traceback, and nothing half done."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import minigan
from cli import TINY, failing, refused
from minigan import cli
from minigan.running import checkpoint

pytestmark = pytest.mark.slow

ROOT = Path(minigan.__file__).parents[1]
HUGE = "9" * 400
TRAIN = ["train", *TINY, "--data", "digits8"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([*TRAIN, "--latent", 10**12], "would need 87.31 TiB of memory, and this machine has"),
        ([*TRAIN, "--width", 10**9], "parameters would need"),
        ([*TRAIN, "--model", "dcgan", "--width", 10**9], "parameters would need"),
        ([*TRAIN, "--batch", 10**9], "between 1 and all 1797 images, got batch=1000000000"),
        ([*TRAIN, "--seed", -1], "seed must be at least 0, got -1"),
        ([*TRAIN, "--lr", "inf"], "lr must be finite and at least 0, got inf"),
        ([*TRAIN, "--lr", "1e400"], "lr must be finite and at least 0, got inf"),
        ([*TRAIN, "--threads", HUGE], "at most 65535"),
        ([*TRAIN, "--out", "x" * 5000], "File name too long"),
        (["sample", "RUN", "--n", 10**9], "one picture holds at most 894,784 of these samples"),
        (["sample", "RUN", "--n", HUGE], "one picture holds at most 894,784 of these samples"),
        (["sample", "RUN", "--out", "x.xyz"], "cannot write x.xyz: .xyz is not a format known here; choose .png, .jpg"),
        (["sample", "RUN", "--label", HUGE], "unknown label"),
        (["sample", "RUN/config.toml"], "holds no run"),
        (["evaluate", "RUN", "--n", 10**10], "evaluating 10,000,000,000 samples would need"),
        (["evaluate", "RUN", "--n", -5], "n >= 1"),
        (["trace", "RUN", "--step", HUGE], "a run can be traced at step 0"),
        (["trace", "RUN", "--html", "/"], "it is a folder"),
        (["resume", "RUN", "--lr", "nan"], "lr must be finite"),
        (["explain", "Dense(10000000000, 3)"], "Unable to allocate"),
        (["explain", "Conv2d(3, 4, 1000000)"], "with 12,000,000,000,004 parameters it would take too long"),
        (["explain", "Conv2d(3, 1000000, 4)"], "with 49,000,000 parameters it would take too long: use smaller sizes"),
        (["explain", "Copy(1000000000)"], "Copy(1000000000) is one array 1,000,000,000 times: use at most Copy(100)"),
        (["explain", "SelfAttention(1)", "--shape", "1,44,45,1"], "seconds: use smaller sizes, or a smaller --shape"),
        (["explain", "Dense", "--shape", "100000,100000,1000"], "Unable to allocate"),
        (["explain", "(" * 5000], "is neither a name nor a call"),
        (["explain", "Dense(1e400, 3)"], "Dense needs a whole number n_in >= 1, got n_in=inf"),
        (["bench", "--seconds", "nan"], "bench needs seconds above 0, got nan"),
        (["results", "dirac", "--seeds", -1, "--quick"], "at least one seed"),
        (["results", "--fill", "."], "it is a folder, not a file"),
        (["train", ""], "unknown recipe ''"),
    ],
)  # fmt: skip
def test_an_argument_that_cannot_be_is_one_sentence(capsys, digits, tmp_path, monkeypatch, argv, message):
    monkeypatch.chdir(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in digits.rglob("*")}
    argv = [str(word).replace("RUN", str(digits)) for word in argv]
    assert message in failing(capsys, *argv)
    assert list(tmp_path.iterdir()) == []
    assert {path: path.stat().st_mtime_ns for path in digits.rglob("*")} == before


@pytest.mark.parametrize(
    "argv",
    [
        [*TRAIN, "--steps", "9" * 5000], [*TRAIN, "--out", ""], [*TRAIN, "--out=~nobody-of-this-name/x"], ["train", "--config"],
        ["train", "--config", ""], ["sample", ""], ["sample", "x", "--seed", HUGE], ["sample", "x", "--seed", "nan"],
        ["trace", "x", "--html", ""], ["explain", "Dense", "--shape", "²"], ["explain", "Dense", "--seed", "-3"],
        ["bench", "--json", ""], ["results", "dirac", "--out", ""], ["notebooks", ""], ["zoo", "x"], [""], ["--nothing"],
    ],
)  # fmt: skip
def test_an_argument_of_the_wrong_form_is_a_wrong_usage(capsys, argv):
    assert "error: " in refused(capsys, *argv).splitlines()[-1]


# ---- outputs -------------------------------------------------------------------------------------------------------------


def through_pipe(pipe, argv):
    """What a command writes into a pipe."""
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert cli.main([str(word) for word in argv]) == 0
    assert pipe.is_fifo()
    parts = list(iter(lambda: os.read(reader, 2**16), b""))
    os.close(reader)
    return b"".join(parts)


def test_a_sheet_and_a_page_go_through_a_pipe(digits, tmp_path, capsys):
    sheet = through_pipe(tmp_path / "a", ["sample", digits, "--n", 3, "--out", tmp_path / "a"])
    assert cli.main(["sample", str(digits), "--n", "3", "--out", str(tmp_path / "sheet.png")]) == 0
    assert sheet == (tmp_path / "sheet.png").read_bytes()


@pytest.mark.parametrize(
    "argv",
    [["sample", "RUN", "--out", "PIPE"], ["results", "--fill", "PIPE"], ["sample", "FOLDER"], ["resume", "FOLDER"]],
)
def test_a_pipe_that_nobody_uses_does_not_hang(capsys, digits, tmp_path, argv):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "run").mkdir()
    for name in ("checkpoint.safetensors", "config.toml"):
        (tmp_path / "run" / name).write_bytes((digits / name).read_bytes())
    os.mkfifo(tmp_path / "run" / "run.jsonl")
    names = {"RUN": digits, "PIPE": tmp_path / "pipe", "FOLDER": tmp_path / "run"}
    message = failing(capsys, *(names.get(word, word) for word in argv))
    assert "pipe" in message
    assert (tmp_path / "pipe").is_fifo()


def test_a_jpeg_is_a_jpeg(digits, tmp_path):
    assert cli.main(["sample", str(digits), "--out", str(tmp_path / "g.jpg")]) == 0
    with Image.open(tmp_path / "g.jpg") as picture:
        assert picture.format == "JPEG"


def test_the_home_folder_in_every_path(digits, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "run").symlink_to(digits)
    assert cli.main(["sample", "~/run", "--out=~/g.png", "--separate=~/each", "--n", "2"]) == 0
    assert {"g.png", "each"} <= set(os.listdir(tmp_path))
    for argv in (["train", "--config=~/a", "--out=~/b"], ["trace", "~/a", "--html=~/b.html"], ["resume", "~/a"], ["evaluate", "~/a"],
                 ["bench", "--json=~/a.json", "--scaling=~/b"], ["results", "--out=~/a", "--fill=~/b"], ["classifier", "--out=~/a"],
                 ["notebooks", "~/a"]):  # fmt: skip
        if argv[0] == "train":
            (tmp_path / "a").write_text("")
        found = [value for value in vars(cli.parse(argv)).values() if isinstance(value, Path)]
        assert found, argv
        assert all(value.parent == tmp_path for value in found), argv


def test_printed_commands_can_be_pasted(capsys, tmp_path):
    out = tmp_path / 'it\'s a "run"\nof mine'
    assert cli.main([*TRAIN, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    for command in ("evaluate", "sample"):
        line = said[said.index(f"minigan {command} ") :].split("\nMore samples")[0]
        assert shlex.split(line)[:3] == ["minigan", command, str(out)]
    assert cli.main([*TRAIN, "--out", str(out)]) == 1
    command = re.search(r"\(minigan (resume .*?)\), or", capsys.readouterr().err, re.DOTALL)
    assert shlex.split(command[1]) == ["resume", str(out)]


# ---- a full disk ---------------------------------------------------------------------------------------------------------


LIMITED = """
import resource, sys
from minigan import cli
from minigan.trainer import Trainer
original = Trainer.step
def step(trainer):
    if trainer.t == 60:  # after the checkpoint of step 56
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    return original(trainer)
Trainer.step = step
sys.exit(cli.main(sys.argv[1:]))
"""


def test_a_full_disk_names_the_file_and_how_to_go_on(tmp_path):
    """With a limit on the size of files instead of a full disk: the same error from the same call."""
    out = tmp_path / "my run"
    argv = [*TRAIN, "--batch", "64", "--steps", "120", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *argv], capture_output=True, text=True, cwd=ROOT, timeout=240, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert re.fullmatch(
        rf"minigan train: \[Errno 27\] File too large: '{re.escape(str(out))}/.*'; the last checkpoint is kept:"
        rf" when this is mended, go on with: minigan resume '{re.escape(str(out))}'",
        last,
    ), last
    assert checkpoint.load(out / "checkpoint.safetensors")[1]["step"] == 56
    assert list(out.rglob(".*")) == []
    assert cli.main(["resume", str(out)]) == 0
    assert checkpoint.load(out / "checkpoint.safetensors")[1]["step"] == 120


def test_a_foreign_file_among_the_frames_is_named_and_the_run_is_finished(digits, tmp_path, capsys):
    import shutil

    run = tmp_path / "run"
    shutil.copytree(digits, run)
    (run / "frames" / "step_final.png").write_text("mine")
    (run / "film.gif").unlink()
    with pytest.warns(UserWarning, match=r"frames/step_final.png is not a frame: it is left out of the film"):
        assert cli.main(["resume", str(run)]) == 0
    assert (run / "film.gif").read_bytes() == (digits / "film.gif").read_bytes()
    assert (run / "frames" / "step_final.png").read_text() == "mine"


# ---- surroundings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "status", "error"),
    [
        ("{m} zoo > /dev/full", 1, "minigan zoo: [Errno 28] No space left on device\n"),
        ("{m} sample nothing 2> /dev/full", 1, ""),
        ("{m} zoo >&- 2>&-", 0, ""),
        (
            "mkdir gone; cd gone; rmdir ../gone; {m} sample x",
            1,
            "minigan sample: the current folder does not exist any more",
        ),
        ("COLUMNS=1 PYTHONWARNINGS=error {m} zoo > /dev/null", 0, ""),
        ("unset HOME; LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {m} sample é", 1, "minigan sample: "),
    ],
)
def test_surroundings(tmp_path, line, status, error):
    if "/dev/full" in line and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    line = line.format(m=f"{shlex.quote(sys.executable)} -m minigan")
    done = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, env=env, cwd=tmp_path, timeout=120, check=False
    )
    assert done.returncode == status, done.stderr
    assert done.stderr.startswith(error)
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr


@pytest.mark.parametrize("argv", [["trace", "RUN", "--html"], ["bench", "--quick", "--json"]])
@pytest.mark.parametrize("name", ["checkpoint.safetensors", "config.toml", "run.jsonl"])
def test_a_report_never_replaces_a_file_of_a_run(capsys, digits, argv, name):
    before = (digits / name).read_bytes()
    said = refused(capsys, *[str(word).replace("RUN", str(digits)) for word in argv], str(digits / name))
    assert f"expected a name that ends in .{argv[-1][2:]}" in said
    assert (digits / name).read_bytes() == before


def test_separate_samples_replace_no_picture(capsys, digits, tmp_path):
    (tmp_path / "2.png").write_text("mine")
    assert "2.png is there already: choose a new folder" in failing(
        capsys, "sample", digits, "--n", 4, "--separate", tmp_path
    )
    assert [path.name for path in tmp_path.iterdir()] == ["2.png"]
    assert (tmp_path / "2.png").read_text() == "mine"
