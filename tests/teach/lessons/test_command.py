"""minigan notebooks: what is copied, what is kept, what is printed."""

import configparser
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path

import pytest

from minigan import cli
from minigan.teach.lessons import command, shelf
from minigan.teach.lessons.run import Result
from minigan.teach.lessons.shelf import copy_lessons, lessons

ROOT = Path(__file__).parents[3]


@pytest.fixture
def without(monkeypatch):
    """without("jupyterlab", ...): as if only these were not installed."""

    def forget(*names):
        monkeypatch.setattr(command, "find_spec", lambda name: None if name in names else object())

    return forget


# ---- where they are -------------------------------------------------------------------------------------------------------


def test_in_a_checkout_the_lessons_are_next_to_the_package():
    assert shelf.shelf() == Path(__file__).parents[3] / "notebooks"
    assert [path.name for path in lessons()[:2]] == ["00_first_look.ipynb", "01_derivatives.ipynb"]
    assert lessons("1") == lessons("01") == lessons("01_deriv") == lessons()[1:2]
    assert lessons("0") == lessons()[:1]
    with pytest.raises(ValueError, match="no lesson is called '77'; there are: 00_first_look, 01_derivatives"):
        lessons("77")


def test_a_wheel_carries_them_in_share(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "ROOT", tmp_path)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / name))
    with pytest.raises(FileNotFoundError, match=r"neither in .*notebooks nor in .*share.minigan.notebooks: install"):
        shelf.shelf()
    place = tmp_path / "data" / "share" / "minigan" / "notebooks"
    place.mkdir(parents=True)
    (place / "01_a.ipynb").touch()
    assert shelf.shelf() == place


def test_a_wheel_carries_every_lesson_and_microgan():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    patterns = setup["options.data_files"]["share/minigan/notebooks"].split()
    carried = {path.name for pattern in patterns for path in ROOT.glob(pattern)}
    assert carried == {path.name for path in [*lessons(), *shelf.extras()]}


# ---- copying --------------------------------------------------------------------------------------------------------------


def test_an_edited_lesson_is_not_overwritten(tmp_path):
    name = lessons()[0].name
    assert set(copy_lessons(tmp_path / "new" / "folder").values()) == {"copied"}
    assert set(copy_lessons(tmp_path / "new" / "folder").values()) == {"already there"}
    assert (tmp_path / "new" / "folder" / "microgan.py").read_bytes() == (
        ROOT / "notebooks" / "microgan.py"
    ).read_bytes()
    mine = tmp_path / "new" / "folder" / name
    assert mine.read_bytes() == lessons()[0].read_bytes()
    mine.write_text("edited")
    assert copy_lessons(tmp_path / "new" / "folder")[name].startswith("kept: your copy differs")
    assert mine.read_text() == "edited"
    assert copy_lessons(tmp_path / "new" / "folder", force=True)[name] == "overwritten"
    assert mine.read_bytes() == lessons()[0].read_bytes()


def test_the_command_copies_and_opens_jupyter_lab(tmp_path, capsys, monkeypatch, without):
    called = []
    monkeypatch.setattr(
        subprocess, "run", lambda argv, env: called.append(argv) or subprocess.CompletedProcess(argv, returncode=0)
    )
    without()
    assert cli.main(["notebooks", str(tmp_path / "a")]) == 0
    said = capsys.readouterr().out
    assert f"{tmp_path / 'a' / '01_derivatives.ipynb'}  copied" in said
    assert "opening Jupyter Lab" in said
    assert called == [[sys.executable, "-m", "jupyterlab", str(tmp_path / "a")]]
    assert cli.main(["notebooks", str(tmp_path / "b"), "--no-open"]) == 0
    assert len(called) == 1
    without("jupyterlab")
    capsys.readouterr()
    assert cli.main(["notebooks", str(tmp_path / "c")]) == 0
    assert "Jupyter Lab is not installed; to read the lessons: pip install -e '.[notebooks]'" in capsys.readouterr().out
    assert len(called) == 1


def test_the_default_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["notebooks", "--no-open"]) == 0
    assert (tmp_path / "minigan-lessons" / "01_derivatives.ipynb").exists()


# ---- running --------------------------------------------------------------------------------------------------------------


def test_check_runs_the_requested_lessons_and_reports(capsys, monkeypatch, without):
    without()
    monkeypatch.setattr(command, "run", lambda path: Result(path.stem, 2.0, "2 s", []))
    assert cli.main(["notebooks", "--check", "--only", "1"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["01_derivatives", "2.0", "s", "(says", "2", "s)", "ok"]
    assert said[1].startswith("lessons: 1, 2 s to run them once, ")
    assert said[2] == "every lesson runs, every stub and every solution is recognised"
    monkeypatch.setattr(command, "run", lambda path: Result(path.stem, 2.0, "2 s", ["ZeroDivisionError"]))
    assert cli.main(["notebooks", "--check", "--only", "1"]) == 1
    said = capsys.readouterr().out
    assert "FAILED\n    ZeroDivisionError" in said
    assert "failed: 01_derivatives" in said


@pytest.mark.parametrize("missing", ["nbclient", "nbformat", "ipykernel"])
def test_check_names_the_missing_packages(capsys, missing, without):
    without(missing)
    assert cli.main(["notebooks", "--check"]) == 1
    assert capsys.readouterr().err.startswith(
        "minigan notebooks: running the lessons needs nbclient, nbformat and ipykernel"
    )


def test_two_workers_report_in_the_order_of_the_lessons(capsys, monkeypatch, without):
    without()
    second_has_run = threading.Event()

    def run(path):
        if path.stem.startswith("01"):
            assert second_has_run.wait(60)
        if path.stem.startswith("02"):
            second_has_run.set()
        return Result(path.stem, 2.0, "2 s", [])

    monkeypatch.setattr(command, "run", run)
    assert cli.main(["notebooks", "--check", "--workers", "2"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "(says" in line]
    assert names == [path.stem for path in command.lessons(None)]


@pytest.mark.parametrize("flag", ["--only", "--workers"])
def test_a_flag_of_check_without_check_is_refused(capsys, flag):
    assert cli.main(["notebooks", flag, "1"]) == 1
    assert f"{flag} goes with --check" in capsys.readouterr().err
