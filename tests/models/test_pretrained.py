"""The models in the package: what is shipped loads, draws without data, is small, and says where it comes from."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigan
from minigan import data
from minigan.data import registry
from minigan.models import pretrained
from minigan.running import checkpoint, model

ROOT = Path(minigan.__file__).parents[1]
PAGE = (ROOT / "docs" / "howto" / "pretrained.md").read_text(encoding="utf-8")
NAMES = pretrained.names()


@pytest.fixture
def no_data(monkeypatch):
    def refuse(*args, **settings):
        raise OSError("the data were read")

    monkeypatch.setattr(registry, "load", refuse)
    monkeypatch.setattr(data, "load", refuse)


def test_there_are_models_and_files_of_nothing_else():
    assert NAMES
    files = {path.name for path in model.FOLDER.iterdir()}
    assert files == {"LICENSES.md", *(f"{name}.safetensors" for name in NAMES)}


@pytest.mark.parametrize("name", NAMES)
def test_a_model_draws_without_data(name, no_data):
    game = pretrained.load(name)
    assert {net.theta.dtype for net in game.networks.values()} == {np.dtype("float32")}
    x = game.sample(20, np.random.default_rng(0))
    channels = 3 if name.endswith("portraits") else 1
    assert (x.shape, x.dtype) == ((20, 32, 32, channels), np.float32)
    assert np.abs(x).max() <= 1
    assert x.std(axis=0).max() > 0.3  # twenty different pictures
    np.testing.assert_array_equal(x, pretrained.load(name).sample(20, np.random.default_rng(0)))
    y = np.arange(20) % game.classes if game.classes else None
    assert np.isfinite(game.score(x, y)).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("vaegan")])
def test_a_vae_gan_knows_an_image_again(name):
    game = pretrained.load(name)
    found = data.load("portraits" if name.endswith("portraits") else "mnist10k")
    x = found.to_float(pad_to=32)[::500]
    y = game.reconstruct(x)
    assert game.encode(x).shape == (len(x), game.latent)
    nearest = [np.square(x - image).mean(axis=(1, 2, 3)).argmin() for image in y]
    assert np.mean(nearest == np.arange(len(x))) > 0.8


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_small_and_says_where_it_comes_from(name):
    file = model.FOLDER / f"{name}.safetensors"
    assert file.stat().st_size <= 2e6
    meta = checkpoint.load(file)[1]
    assert "CC BY" in meta["licence"]
    for page in (PAGE, (model.FOLDER / "LICENSES.md").read_text(encoding="utf-8")):
        assert f"`{name}" in page
    assert f"| `{name}` | `minigan train " in PAGE


@pytest.mark.parametrize("name", NAMES)
def test_the_command_on_the_page_has_the_options_of_the_file(name):
    from minigan import cli, zoo
    from minigan.running import options

    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    words = row.split("`")[3].removeprefix("minigan ").split()
    arguments = cli.parse(words)
    meta = checkpoint.load(model.FOLDER / f"{name}.safetensors")[1]
    recipe = arguments.chosen
    assert zoo.name_of(recipe) == meta["recipe"]
    assert recipe.Options(**options.from_flags(arguments, recipe)) == recipe.Options(**meta["options"])
    assert meta["step"] == meta["options"]["steps"]


def test_a_wrong_name_and_a_path():
    with pytest.raises(ValueError, match=f"unknown model '{NAMES[0]}x'.*did you mean '{NAMES[0]}'"):
        pretrained.load(f"{NAMES[0]}x")
    with pytest.raises(FileNotFoundError, match="not a weights file"):
        pretrained.load("missing/g.safetensors")
    file = model.FOLDER / f"{NAMES[0]}.safetensors"
    x, y = (pretrained.load(where).sample(3, np.random.default_rng(1)) for where in (file, NAMES[0]))
    np.testing.assert_array_equal(x, y)


def test_only_the_name_that_is_asked_for_is_read():
    program = (
        "import sys, minigan.models; print('minigan.running.weights' in sys.modules, 'safetensors' in sys.modules);"
        "from minigan.models import pretrained; pretrained.names(); print('safetensors' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["False", "False", "False"]
