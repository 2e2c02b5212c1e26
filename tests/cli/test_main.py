"""The command line as a whole: help, options that do not exist, exit statuses, closed streams."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import minigan
from cli import failing, refused
from minigan import __version__, cli
from minigan.running import folder, use

ROOT = Path(minigan.__file__).parents[1]


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help_with_an_example_that_works(capsys, command):
    with pytest.raises(SystemExit) as caught:
        cli.main([command, "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert said.isascii()
    example = said.split("example: ")[1].split()
    assert example[:2] == ["minigan", command]
    assert cli.parse(example[1:]).command == command


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    said = capsys.readouterr().out
    assert all(command in said for command in cli.COMMANDS)


def test_every_file_is_a_command_or_is_shared_by_them():
    files = {path.stem for path in Path(cli.__file__).parent.glob("*.py")}
    assert files - {*cli.COMMANDS} == {"__init__", "parser", "progress"}


def test_help_is_fast():
    """Neither the list of commands nor the options of most of them need NumPy."""
    program = (
        "import sys; from minigan import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: print('numpy' in sys.modules, 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "False False"


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"minigan {__version__}\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["train", "--stepz", "3"], "unknown option --stepz: did you mean --steps?"),
        (["train", "--d_steps=3"], "unknown option --d_steps=3: did you mean --d-steps?"),
        (["train", "--no-label"], None),  # an abbreviation argparse understands or not: never a traceback
        (["sample", "x", "--number", "3"], "unknown option --number: see minigan sample --help"),
        (["resume", "x", "y"], "unknown option y: see minigan resume --help"),
        (["train", "--steps", "many"], "argument --steps: expected a whole number, got 'many'"),
        (["train", "--steps", "inf"], "argument --steps: expected a whole number, got 'inf'"),
        (["train", "--batch", "8.0"], "argument --batch: expected a whole number, got '8.0'"),
        (["train", "vae", "--k", "1e3"], "argument --k: expected a whole number, got '1e3'"),
        (["train", "--lr", "True"], "argument --lr: expected a number, got 'True'"),
        (["train", "--lr", "x"], "argument --lr: expected a number, got 'x'"),
        (["trian"], "invalid choice: 'trian'"),
        ([], "required: COMMAND"),
        (["sample"], "required: RUN"),
    ],
)
def test_options_that_do_not_exist_or_fit(capsys, monkeypatch, argv, message):
    monkeypatch.setattr(folder, "starting", lambda *_: (_ for _ in ()).throw(ValueError("not to be reached")))
    if message:
        assert message in refused(capsys, *argv)
    else:
        assert "not to be reached" in failing(capsys, *argv)


def test_ctrl_c_elsewhere_is_one_line(capsys, monkeypatch):
    def slow(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(use, "sample", slow)
    assert cli.main(["sample", "x"]) == 130
    assert capsys.readouterr().err == "minigan sample: stopped by Ctrl-C\n"


def test_certify_hands_on_its_verdict(monkeypatch):
    from minigan.measure import certify

    monkeypatch.setattr(certify, "run", lambda only: {None: 0, "Dense": 1}[only])
    assert cli.main(["certify"]) == 0
    assert cli.main(["certify", "--only", "Dense"]) == 1


def test_certify_hands_its_options_to_the_mutants(monkeypatch):
    from minigan.measure import mutants

    given = []
    monkeypatch.setattr(mutants, "run", lambda *args: given.append(args) or 0)
    assert cli.main(["certify", "--mutants", "--only", "Dense", "--share", "5", "--seed", "abc", "--seconds", "9"]) == 0
    assert cli.main(["certify", "--mutants"]) == 0
    assert given == [("Dense", 5.0, "abc", None, 9.0, 99.0), (None, 100.0, "0", None, None, 99.0)]


@pytest.mark.parametrize("option", ["--share", "--seed", "--seconds", "--least"])
def test_an_option_of_the_mutants_needs_them(capsys, option):
    assert cli.main(["certify", option, "5"]) == cli.WRONG
    assert f"{option} is for --mutants: add it, or leave {option} out" in capsys.readouterr().err


def test_output_may_be_caught_in_a_string(digits, tmp_path):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert cli.main(["sample", str(digits), "--n", "1", "--out", str(tmp_path / "one.png")]) == 0
    assert said.getvalue() == f"{tmp_path}/one.png\n"


@pytest.mark.parametrize("line_buffering", [True, False])
def test_a_broken_pipe_is_quiet(digits, tmp_path, monkeypatch, line_buffering):
    read, write = os.pipe()
    os.close(read)
    with monkeypatch.context() as patch, open(write, "w", buffering=1 if line_buffering else -1) as stdout:
        patch.setattr(sys, "stdout", stdout)
        patch.setattr(sys, "stderr", None)
        assert cli.main(["sample", str(digits), "--n", "1", "--out", str(tmp_path / "one.png")]) == cli.BROKEN_PIPE
        print("what is said now goes nowhere, without an error", flush=True)
    assert (tmp_path / "one.png").exists()


# ---- real processes ----------------------------------------------------------------------------------------------------


def minigan_process(*argv, **options):
    path = os.pathsep.join([str(Path(minigan.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PYTHONPATH": path} | options.pop("env", {})
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    argv = [sys.executable, "-W", "error", "-m", "minigan", *map(str, argv)]
    return subprocess.run(argv, env=env, timeout=120, check=False, **options)


@pytest.mark.slow
def test_a_terminal_that_knows_no_accents(digits, tmp_path):
    done = minigan_process("sample", digits, "--out", tmp_path / "é.png", env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == str(tmp_path / "é.png").encode("ascii", "backslashreplace") + b"\n"
    assert (tmp_path / "é.png").exists()


@pytest.mark.slow
def test_a_reader_that_goes_away(digits, tmp_path):
    read, write = os.pipe()
    os.close(read)
    try:
        done = minigan_process(
            "sample", digits, "--out", tmp_path / "grid.png", stdout=write, env={"PYTHONUNBUFFERED": ""}
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (cli.BROKEN_PIPE, b"")
    assert (tmp_path / "grid.png").exists()


@pytest.mark.slow
def test_closed_streams(digits):
    """minigan resume RUN >&- 2>&-: Python then has no sys.stdout and no sys.stderr."""

    def close():
        os.close(1)
        os.close(2)

    assert minigan_process("resume", digits, stdout=None, stderr=None, preexec_fn=close).returncode == 0
