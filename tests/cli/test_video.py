"""minigan video: films and strips of new clips."""

import numpy as np
import pytest
from PIL import Image

from cli import failing, refused
from minigan import cli
from minigan.running import build, weights
from minigan.running.options import Config
from minigan.running.run import Run
from minigan.zoo import mocogan

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An untrained model of clips, as a weights file."""
    options = mocogan.Options(width=2, critic=2, content=2, noise=1, motion=3)
    path = tmp_path_factory.mktemp("models") / "clips.safetensors"
    trainer = build.assemble(mocogan, options, build.load_source(options), None)
    weights.write(Run(Config(mocogan, options), options, trainer), path)
    return path


def test_a_film_of_any_length(capsys, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["video", str(model), "--frames", "24", "--n", "2", "--scale", "1"]) == 0
    assert capsys.readouterr().out == "clips_video_24_seed0.gif\n"
    with Image.open("clips_video_24_seed0.gif") as film:
        assert (film.n_frames, film.size) == (24, (2 * 34 + 2, 34 + 2))
    assert cli.main(["video", str(model), "--n", "3", "--scale", "1", "--out", "strips.png"]) == 0
    with Image.open("strips.png") as sheet:
        assert sheet.size == (16 * 34 + 2, 3 * 34 + 2)
        first = np.asarray(sheet)
    assert cli.main(["video", str(model), "--n", "3", "--scale", "1", "--seed", "1", "--out", "strips.png"]) == 0
    with Image.open("strips.png") as sheet:
        assert (np.asarray(sheet) != first).any()


def test_what_is_refused(capsys, model, tmp_path):
    assert "expected a name that ends in .gif" in refused(capsys, "video", model, "--out", tmp_path / "x.avi")
    assert "needs a model of clips" in failing(capsys, "video", "gan-mnist")
    assert "frames >= 1" in failing(capsys, "video", model, "--frames", "0")
    assert "n >= 1" in failing(capsys, "video", model, "--n", "-1")
    assert "minigan train mocogan --data bouncing_digits" in failing(capsys, "train", "bouncing_digits")


def test_the_data_command_knows_clips(capsys):
    assert cli.main(["data", "moving_portraits"]) == 0
    assert "clips, drawn anew" in capsys.readouterr().out
