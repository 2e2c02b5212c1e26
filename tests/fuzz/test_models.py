"""A stranger's weights file is refused in one sentence, or it is a model that draws finite images."""

import copy
import warnings

import numpy as np
import pytest

from fuzz import outcome
from fuzz.safetensors_file import damage_bytes, damage_header, forge
from minigan import zoo
from minigan.running import checkpoint, folder, weights
from minigan.running.options import Config

pytestmark = pytest.mark.slow

LIMIT = 2**29  # bytes
TINY = {"data": "digits8", "batch": 8, "steps": 1, "width": 2, "latent": 3}
RECIPES = {"gan": {"model": "mlp"}, "vae": {}, "vaegan": {"level": 1}}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A weights file of each recipe -> (bytes, arrays, meta)."""
    found = []
    for name, changes in RECIPES.items():
        recipe, out = zoo.load(name), tmp_path_factory.mktemp(name)
        run = folder.start(Config(recipe, recipe.Options(**TINY | changes)), out / "run")
        weights.write(run, out / "g.safetensors")
        found.append(((out / "g.safetensors").read_bytes(), *checkpoint.load(out / "g.safetensors")))
    return found


def draw(path):
    return weights.read(path).trainer.game.sample(2, np.random.default_rng(0))


@pytest.mark.fuzz(60)
def test_a_model_in_a_damaged_file(rng, files, tmp_path, memory_limit):
    blob = files[rng.integers(len(files))][0]
    path = tmp_path / "g.safetensors"
    path.write_bytes(blob)
    sound = draw(path)
    path.write_bytes((damage_bytes if rng.random() < 0.7 else damage_header)(rng, blob))
    with memory_limit(LIMIT):
        x, refusal = outcome(lambda: draw(path), ValueError)
    if refusal:
        assert str(path) in refusal
    else:
        np.testing.assert_array_equal(x, sound)


@pytest.mark.fuzz(100)
def test_a_model_with_forged_metadata(rng, files, tmp_path, memory_limit):
    _, arrays, meta = copy.deepcopy(files[rng.integers(len(files))])
    forge(rng, meta)
    path = tmp_path / "g.safetensors"
    checkpoint.save(path, arrays, meta)
    with memory_limit(LIMIT), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x, refusal = outcome(lambda: draw(path), ValueError, FileNotFoundError)
    if refusal:
        assert str(path) in refusal
        assert len(refusal) < 1000
    else:
        assert x.shape[0] == 2
        assert np.isfinite(x).all()
