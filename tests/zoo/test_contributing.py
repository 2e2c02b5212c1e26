"""The recipe in docs/contributing.md: a file in a folder, and every command knows it."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import cli
from minigan.running import checkpoint

PAGE = (Path(__file__).parents[2] / "docs" / "contributing.md").read_text(encoding="utf-8")
CODE = re.search(r"<!-- recipe -->\n```python\n(.*?)```", PAGE, re.DOTALL).group(1)
COMMANDS = re.search(r"<!-- commands -->\n```sh\n(.*?)```", PAGE, re.DOTALL).group(1).splitlines()
SMALL = ["--data", "digits8", "--batch", "32"]


@pytest.fixture
def recipes(tmp_path, monkeypatch):
    """The folder of the recipe, and the present folder."""
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "autoencoder.py").write_text(CODE, encoding="utf-8")
    monkeypatch.setenv("MINIGAN_RECIPES", str(folder))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*argv) -> None:
    assert cli.main([str(word) for word in argv]) == 0


def arrays(folder):
    return checkpoint.load(Path(folder) / "checkpoint.safetensors")[0]


@pytest.mark.slow
def test_it_trains_resumes_samples_plots_and_evaluates(recipes, capsys):
    run("train", "autoencoder", *SMALL, "--steps", 60, "--code", 4, "--out", "first")
    said = capsys.readouterr()
    places = dict(line.split() for line in said.out.splitlines() if line.startswith("  "))
    assert list(places) == ["samples", "film", "curves", "table", "checkpoint", "config"]
    assert all(Path(place).exists() for place in places.values())
    assert "loss=" in said.err
    rows = [json.loads(line) for line in Path("first/run.jsonl").read_text().splitlines()]
    assert rows[-1]["loss"] < 0.7 * rows[0]["loss"]
    assert "frechet_pixels_8x8" in rows[-1]
    config = Path("first/config.toml").read_text(encoding="utf-8")
    assert 'recipe = "autoencoder"' in config
    assert re.search(r"^code = 4 +# how many numbers a code has$", config, re.MULTILINE)

    run("resume", "first", "--steps", 70, "--lr", 0.002)
    assert "resuming first at step 60 of 70, with steps 70, lr 0.002" in capsys.readouterr().out
    run("train", "--config", "first/config.toml", "--out", "again")  # both segments
    assert {name: a.tobytes() for name, a in arrays("again").items()} == {
        name: a.tobytes() for name, a in arrays("first").items()
    }

    run("sample", "first", "--n", 12, "--separate", "each", "--out", "sheet.png")
    with Image.open("each/03.png") as image:
        assert np.asarray(image).shape == (8, 8)
    capsys.readouterr()
    run("evaluate", "first", "--n", 120)
    said = capsys.readouterr().out
    assert "| Frechet distance, VGG-16 conv3_3 " in said
    assert "as_asked" not in Path("first/evaluation.json").read_text()  # it has no labels to be asked for
    assert {path.name for path in Path("first").glob("*.png")} == {"curves.png", "nearest.png"}


@pytest.mark.slow
def test_a_stopped_run_ends_in_the_same_bits(recipes, monkeypatch):
    from minigan.trainer import Trainer

    run("train", "autoencoder", *SMALL, "--steps", 6, "--out", "whole")
    original = Trainer.step

    def step(trainer):
        if trainer.t == 3:
            trainer.save()
            raise KeyboardInterrupt
        return original(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "step", step)
        assert cli.main(["train", "autoencoder", *SMALL, "--steps", "6", "--out", "stopped"]) == 130
    run("resume", "stopped")
    for name, array in arrays("whole").items():
        assert np.array_equal(array, arrays("stopped")[name]), name


@pytest.mark.slow
def test_points_of_the_plane_too(recipes):
    run("train", "autoencoder", "--data", "ring", "--code", 1, "--steps", 2, "--out", "ring")
    run("sample", "ring", "--n", 9)
    run("evaluate", "ring", "--n", 100)


def test_its_options_and_its_line(recipes, capsys):
    run("zoo")
    assert "autoencoder  A plain autoencoder: G(E(x)) should be x" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["train", "autoencoder", "--help"])
    said = capsys.readouterr().out
    assert "how many numbers a code has (default: 16)" in said
    assert "--gamma" not in said
    with pytest.raises(SystemExit):
        cli.main(["train", "autoencoder", "--cod", "3", "--gamma", "1"])
    assert "unknown option --gamma" in capsys.readouterr().err
    assert cli.main(["train", "autoencoder", "--code", "0"]) == 1
    assert "minigan train: code must be at least 1, got 0" in capsys.readouterr().err
    assert cli.main(["train", "autoencode"]) == 1
    assert "unknown recipe 'autoencode': did you mean 'autoencoder'?" in capsys.readouterr().err


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("minigan")])
def test_every_command_of_the_page_is_understood(recipes, line):
    words = shlex.split(line)
    assert cli.parse(words[1:]).command == words[1]
