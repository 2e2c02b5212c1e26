"""A run in its folder: named, found again, opened by the recipe in its config."""

from pathlib import Path

import pytest
from PIL import Image

from minigan.running import folder
from minigan.running.options import Config
from minigan.zoo import gan

SMALL = {"model": "mlp", "data": "digits8", "width": 2, "latent": 3, "batch": 8, "steps": 4}


def test_a_run_without_out_gets_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder.start(Config(gan, gan.Options(**SMALL)))
    folder.start(Config(gan, gan.Options(data="ring", width=4)))
    (tmp_path / "my pictures").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "my pictures" / "a.png")
    options = gan.Options(model="dcgan", data="folder:my pictures", width=4, size=8, batch=1)
    run = folder.start(Config(gan, options))
    names = sorted(path.name.rsplit("-", 2)[0] for path in Path("runs").iterdir())
    assert names == ["digits8-gan", "my pictures-gan", "ring-gan"]
    monkeypatch.chdir("/")  # a run finds its pictures again from anywhere
    again = folder.open_run(tmp_path / run.trainer.out)
    assert again.options.data == f"folder:{tmp_path / 'my pictures'}"
    assert again.trainer.source.shape == (8, 8, 3)


def test_a_run_is_opened_with_its_recipe_and_options(tmp_path):
    options = gan.Options(**SMALL)
    run = folder.start(Config(gan, options), tmp_path)
    assert (run.steps, run.finished, run.classes) == (4, False, tuple("0123456789"))
    done = folder.train(run)
    assert done.finished
    again = folder.open_run(tmp_path)
    assert (again.config.recipe, again.options, again.trainer.t) == (gan, options, 4)


def test_training_crosses_the_border_of_two_segments(tmp_path):
    config = Config(gan, gan.Options(**SMALL)).changed(4, {"steps": 6, "lr": 0.5}).changed(5, {"batch": 16})
    steps = []
    run = folder.train(folder.start(config, tmp_path), lambda t, row: steps.append(t))
    assert steps == [1, 2, 3, 4, 5, 6]
    assert (run.steps, run.options.lr, run.options.batch) == (6, 0.5, 16)


def test_an_option_that_the_recipe_does_not_have(tmp_path):
    folder.start(Config(gan, gan.Options(**SMALL)), tmp_path)
    with pytest.raises(ValueError, match="unknown option 'speed' of the recipe gan: did you mean 'seed'"):
        folder.resume(tmp_path, speed=3)


def test_options_of_each_segment():
    config = Config(gan, gan.Options(**SMALL)).changed(2, {"lr": 0.5}).changed(4, {"steps": 9})
    assert [(config.at(t)[0].lr, *config.at(t)[1:]) for t in (0, 1, 2, 3, 4, 8, 9)] == [
        (0.002, 2), (0.002, 2), (0.5, 4), (0.5, 4), (0.5, 9), (0.5, 9), (0.5, 9),
    ]  # fmt: skip
    assert (
        config.changed(3, {"lr": 0.25}).segments[-1].start == 3
    )  # a change in the middle drops what was planned later
    assert config.changed(9, {"lr": 0.5}) is config
