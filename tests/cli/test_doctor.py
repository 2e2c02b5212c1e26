"""minigan doctor, on the folder of a run; and what a training says by itself."""

import pytest
from PIL import Image

from cli import TINY, failing
from minigan import cli
from minigan.running.doctor import alarm

pytestmark = pytest.mark.slow


def test_the_doctor_prints_what_it_finds(capsys, digits, tmp_path):
    before = sorted(path.name for path in digits.iterdir())
    assert cli.main(["doctor", str(digits), "--out", str(tmp_path / "report.png")]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{digits}, step 3 of 3\n\n")
    assert "Looked at: " in said
    assert said.endswith(f"\n  picture    {tmp_path / 'report.png'}\n")
    with Image.open(tmp_path / "report.png") as picture:
        assert picture.format == "PNG"
    assert sorted(path.name for path in digits.iterdir()) == before


def test_a_rate_that_is_too_low(capsys, tmp_path):
    out = tmp_path / "run"
    assert cli.main(["train", *TINY, "--data", "digits8", "--lr", "1e-6", "--out", str(out)]) == 0
    capsys.readouterr()
    assert cli.main(["doctor", str(out)]) == 0
    assert "\n\n1. The learning rate is too low\n   seen   after 3 steps" in capsys.readouterr().out


def test_no_run_is_one_sentence(capsys, tmp_path):
    assert "holds no run" in failing(capsys, "doctor", tmp_path)


@pytest.fixture
def eager(monkeypatch):
    """The rules are applied every 50 steps, to all rows."""
    monkeypatch.setattr(alarm, "ASK", 50)
    monkeypatch.setattr(alarm, "KEEP", 1)


def test_a_training_says_what_it_sees_once(capsys, tmp_path, eager):
    """Nothing limits the scores of a Wasserstein critic without a penalty: at this rate its loss passes 1,000 within 50 steps."""
    argv = ["--loss", "wasserstein", "--penalty", "none", "--lr", "0.1", "--width", "16", "--batch", "16"]
    out = tmp_path / "run"
    assert cli.main(["train", "--data", "ring", *argv, "--steps", "110", "--out", str(out)]) == 0
    said = capsys.readouterr().err
    assert said.count("The losses diverge: a loss has reached ") == 1
    assert "step 50: The losses diverge: " in said
    assert f"(usual: below 10); why, and what to try: minigan doctor {out}\n" in said


def test_a_balanced_training_says_nothing(capsys, tmp_path, eager):
    argv = ["--loss", "relativistic", "--penalty", "r1,r2", "--gamma", "0.02", "--lr", "0.003", "--width", "32"]
    out = tmp_path / "run"
    assert cli.main(["train", "--data", "ring", *argv, "--steps", "110", "--out", str(out)]) == 0
    assert "minigan doctor" not in capsys.readouterr().err
