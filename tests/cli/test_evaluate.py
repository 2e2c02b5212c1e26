"""minigan evaluate, and what every command says about a folder that holds no sound run."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli import TINY, failing
from minigan import cli

pytestmark = pytest.mark.slow


def test_evaluate_prints_what_it_saves(capsys, damaged):
    assert cli.main(["evaluate", str(damaged), "--n", "150"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{damaged}, step 3\n\n| measure")
    assert "| Frechet distance, VGG-16 conv3_3 " in said
    assert "150 generated against 150 real; real against real: 150 against 150." in said
    places = dict(line.split() for line in said.splitlines() if line.startswith("  "))
    assert list(places) == ["table", "json", "scores", "nearest"]
    assert said.split("\n\n")[1] in Path(places["table"]).read_text()
    for name in ("scores", "nearest"):
        with Image.open(places[name]) as picture:
            assert picture.format == "PNG"
    first = Path(places["json"]).read_bytes()
    assert cli.main(["evaluate", str(damaged), "--n", "150"]) == 0
    assert Path(places["json"]).read_bytes() == first
    assert cli.main(["evaluate", str(damaged), "--n", "150", "--seed", "1"]) == 0
    assert Path(places["json"]).read_bytes() != first
    capsys.readouterr()
    assert "evaluate needs n >= 1 samples, got 0" in failing(capsys, "evaluate", damaged, "--n", "0")
    assert "digits8 has no test images to compare with" in failing(capsys, "evaluate", damaged, "--held-out", ".")


def test_a_checkpoint_names_its_run(capsys, damaged):
    assert cli.main(["evaluate", str(damaged / "checkpoint.safetensors"), "--n", "120"]) == 0
    assert (damaged / "evaluation.md").exists()


@pytest.fixture
def two_folders(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("real", "fake"):
        (tmp_path / name).mkdir()
        for i in range(100):
            Image.fromarray(rng.integers(256, size=(8, 8), dtype=np.uint8)).save(tmp_path / name / f"{i}.png")
    return ["--real", str(tmp_path / "real"), "--fake", str(tmp_path / "fake")]


def test_two_folders(capsys, two_folders, tmp_path):
    assert cli.main(["evaluate", *two_folders, "--features", "pixels"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{tmp_path / 'fake'} against {tmp_path / 'real'}\n\n| measure")
    assert "100 generated against 100 real; real against real: 50 against 50." in said
    assert {path.name for path in tmp_path.iterdir()} == {"real", "fake"}
    plain = tmp_path / "run"
    assert cli.main(["train", *TINY, "--data", "digits8", "--no-labels", "--out", str(plain)]) == 0
    capsys.readouterr()
    out = tmp_path / "out"
    assert cli.main(["evaluate", str(plain), *two_folders, "--features", "pixels", "--out", str(out)]) == 0
    places = dict(line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("  "))
    assert list(places) == ["table", "json", "nearest", "scores"]
    assert all(Path(place).parent == out for place in places.values())


def test_what_goes_with_two_folders(capsys, two_folders, digits):
    real, fake = two_folders[:2], two_folders[2:]
    for argv, words in (
        ([], "what is to be measured? minigan evaluate RUN, or --real DIR --fake DIR"),
        (real, "give both --real DIR and --fake DIR"),
        (fake, "give both --real DIR and --fake DIR"),
        ([*two_folders, "--n", 5], "--n goes with the samples of a run"),
        ([*two_folders, "--held-out", "."], "--held-out goes with the samples of a run"),
        ([digits, *two_folders], "give --out DIR, or leave the run out"),
        ([digits, "--out", "x"], "--out goes with --real and --fake"),
        ([digits, *two_folders, "--out", "x"], "needs the label of each image"),
        (["--real", "nowhere", *fake], "expected a folder of pictures, got 'nowhere'"),
    ):
        assert words in failing(capsys, "evaluate", *argv)
    assert not Path("x").exists()


@pytest.mark.parametrize("command", ["sample", "resume", "evaluate"])
def test_folders_that_hold_no_sound_run(capsys, damaged, command):
    for nowhere in (damaged / "nowhere", damaged / "config.toml"):
        assert f"{nowhere} holds no run (no config.toml in it)" in failing(capsys, command, nowhere)
    config, blob = damaged / "config.toml", (damaged / "checkpoint.safetensors").read_bytes()
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("width = 4", "width = 5"), encoding="utf-8")
    said = failing(capsys, command, damaged)
    assert f"{config} is not the config of the checkpoint beside it: width = 5 instead of 4. Undo the edit" in said
    config.write_text(text.replace("width", "widht"), encoding="utf-8")
    assert "unknown option 'widht'" in failing(capsys, command, damaged)
    config.write_text(text, encoding="utf-8")
    (damaged / "checkpoint.safetensors").write_bytes(blob[:-7])
    assert "It was cut short or altered" in failing(capsys, command, damaged)
    (damaged / "checkpoint.safetensors").write_bytes(blob[:-7] + bytes(7))
    assert "was altered after it was saved" in failing(capsys, command, damaged)
    (damaged / "checkpoint.safetensors").unlink()
    assert "holds a run without its checkpoint.safetensors" in failing(capsys, command, damaged)
