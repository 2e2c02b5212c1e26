"""A weights file: it draws what the run drew, without the data, and everything else is refused in one sentence."""

import json

import numpy as np
import pytest
from PIL import Image

from minigan import data, zoo
from minigan.data import registry
from minigan.models import digitnet
from minigan.running import checkpoint, folder, model, use, weights
from minigan.running.checkpoint import CheckpointError
from minigan.running.options import Config

SMALL = {"batch": 8, "steps": 2, "width": 2, "latent": 3, "seed": 3}
RUNS = {
    "gan": ("gan", {"data": "digits8", "model": "mlp", "labels": False}),
    "gan without average": ("gan", {"data": "digits8", "model": "mlp", "labels": False, "ema": 0.0}),
    "conditional": ("gan", {"data": "digits8"}),
    "attribute": ("gan", {"data": "portraits", "condition": "hair"}),
    "points": ("gan", {"data": "ring"}),
    "small": ("small", {"data": "emoji", "labels": False}),
    "small with ada": ("small", {"data": "digits8", "ada": True, "mirror": True, "augment": "translation,cutout"}),
    "vae": ("vae", {"data": "digits8"}),
    "iwae": ("vae", {"data": "digits8", "k": 3}),
    "vae of colours": ("vae", {"data": "emoji", "model": "conv", "likelihood": "gaussian"}),
    "vaegan": ("vaegan", {"data": "digits8", "level": 1}),
    "projected": ("projected", {"data": "emoji", "mixed": 2}),
    "flow": ("flow", {"data": "digits8", "evaluations": 3}),
    "ddpm": ("ddpm", {"data": "digits8", "labels": False, "sampler": "ddpm"}),
    "ddgan": ("ddgan", {"data": "digits8"}),
}


@pytest.fixture(scope="module", params=RUNS)
def trained(request, tmp_path_factory):
    name, changes = RUNS[request.param]
    recipe = zoo.load(name)
    out = tmp_path_factory.mktemp("runs") / "run"
    known = recipe.Options.__dataclass_fields__
    given = {option: value for option, value in (SMALL | changes).items() if option in known}
    run = folder.start(Config(recipe, recipe.Options(**given)), out)
    run.trainer.evaluate = None
    return folder.train(run)


@pytest.fixture
def no_data(monkeypatch):
    """No data set can be read any more, except the points, which are drawn."""

    def refuse(*args, **settings):
        raise OSError("the data were read")

    monkeypatch.setattr(registry, "load", refuse)
    monkeypatch.setattr(data, "load", refuse)


def drawn(run, n=13, seed=4):
    game = run.trainer.game
    return game.sample(n, np.random.default_rng(seed))


@pytest.mark.slow
def test_a_file_draws_what_the_run_drew(trained, tmp_path, no_data):
    weights.write(trained, tmp_path / "g.safetensors")
    found = weights.read(tmp_path / "g.safetensors")
    np.testing.assert_array_equal(drawn(found), drawn(trained))
    game, other = found.trainer.game, trained.trainer.game
    assert (found.options, found.classes, game.classes) == (trained.options, trained.classes, other.classes)
    assert found.trainer.t == 2
    assert (found.trainer.out, found.model) == (None, tmp_path / "g.safetensors")
    x = drawn(trained)
    y = np.arange(len(x)) % game.classes if game.classes else None
    if hasattr(other, "score"):
        np.testing.assert_array_equal(game.score(x, y), other.score(x, y))
    if hasattr(other, "encode"):
        np.testing.assert_array_equal(game.reconstruct(x), other.reconstruct(x))


@pytest.mark.slow
def test_half_precision_is_half_as_large_and_nearly_the_same(trained, tmp_path, no_data):
    for dtype in weights.DTYPES:
        weights.write(trained, tmp_path / f"{dtype}.safetensors", dtype)
    found = weights.read(tmp_path / "float16.safetensors")
    assert {net.theta.dtype for net in found.trainer.game.networks.values()} == {np.dtype("float32")}
    x = drawn(found)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, drawn(trained), atol=0.02)
    arrays = checkpoint.load(tmp_path / "float16.safetensors")[0]
    assert {name: a.dtype for name, a in arrays.items() if name.endswith("theta")} == {
        f"{name}.theta": np.float16 for name in found.trainer.game.networks
    }
    sizes = [(tmp_path / f"{dtype}.safetensors").stat().st_size for dtype in weights.DTYPES]
    saved = 2 * sum(net.theta.size for net in found.trainer.game.networks.values())
    assert abs(sizes[0] - sizes[1] - saved) < 100  # the header may differ by a digit


@pytest.mark.slow
def test_the_same_file_again_is_the_same_bytes(trained, tmp_path):
    weights.write(trained, tmp_path / "a.safetensors")
    weights.write(weights.read(tmp_path / "a.safetensors"), tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


# ---- one run, and what is done to its file ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    recipe = zoo.load("gan")
    options = recipe.Options(**SMALL | {"data": "digits8", "model": "mlp"})
    return folder.train(folder.start(Config(recipe, options), tmp_path_factory.mktemp("runs") / "run"))


@pytest.fixture
def file(run, tmp_path):
    weights.write(run, tmp_path / "g.safetensors")
    return tmp_path / "g.safetensors"


def rewritten(file, arrays=None, **meta):
    """The file with other arrays or metadata, and a checksum that fits: what somebody else could write.  None: left out."""
    old, facts = checkpoint.load(file)
    facts = {name: value for name, value in (facts | meta).items() if value is not None}
    arrays = {name: array for name, array in (old | (arrays or {})).items() if array is not None}
    checkpoint.save(file, arrays, facts)
    return file


def test_what_the_file_says_of_itself(file):
    meta = checkpoint.load(file)[1]
    assert meta["recipe"] == "gan"
    assert meta["step"] == 2
    assert meta["options"]["seed"] == 3
    assert meta["source"] == {"shape": [8, 8, 1], "classes": 10, "names": list("0123456789"), "length": 1797}
    assert meta["licence"] == "digits by E. Alpaydin and C. Kaynak, CC BY 4.0"
    assert set(meta) == {"weights", "recipe", "options", "source", "step", "game", "licence"}


def test_the_averages_are_written(run, file):
    arrays = checkpoint.load(file)[0]
    game = run.trainer.game
    assert set(arrays) == {"G.theta", "G.state", "D.theta", "D.state"}
    np.testing.assert_array_equal(arrays["G.theta"], game.ema.net.theta)
    assert (arrays["G.theta"] != game.G.theta).any()
    np.testing.assert_array_equal(arrays["D.theta"], game.D.theta)
    found = weights.read(file).trainer.game
    np.testing.assert_array_equal(found.G.theta, found.ema.net.theta)


def test_no_path_of_this_machine_is_handed_on(tmp_path):
    pictures = tmp_path / "secret" / "pets"
    pictures.mkdir(parents=True)
    for i in range(8):
        Image.fromarray(np.random.default_rng(i).integers(256, size=(8, 8, 3), dtype=np.uint8)).save(
            pictures / f"{i}.png"
        )
    recipe = zoo.load("gan")
    options = recipe.Options(**SMALL | {"data": f"folder:{pictures}", "size": 8, "model": "mlp"})
    made = folder.start(Config(recipe, options), tmp_path / "run")
    weights.write(made, tmp_path / "g.safetensors")
    assert b"secret" not in (tmp_path / "g.safetensors").read_bytes()
    assert weights.read(tmp_path / "g.safetensors").options.data == "folder:pets"
    assert checkpoint.load(tmp_path / "g.safetensors")[1]["licence"].startswith("not known")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recipe": "gna"}, "unknown recipe 'gna'.*did you mean 'gan'"),
        ({"recipe": 3}, "expected a text, got 3"),
        ({"recipe": None}, "'recipe' is missing"),
        ({"options": {"lr": "fast"}}, "lr must be a number, got 'fast'"),
        ({"options": {"speed": 3}}, "unexpected keyword argument 'speed'"),
        ({"options": {"width": 10**9, "data": "digits8"}}, "width = 1000000000 does not fit arrays of"),
        ({"source": {"shape": [8, 8, 1], "classes": -1}}, "-1 classes"),
        ({"source": {"shape": [10**9, 10**9, 3]}}, "samples of shape"),
        ({"source": {"shape": "ring"}}, "samples of shape"),
        ({"source": {"shape": [8, 8, 1], "classes": 10, "names": [1]}}, "names of classes that are not texts"),
        ({"source": None}, "'source' is missing"),
        ({"step": -1}, "step -1"),
        ({"weights": 2}, "it has the format 2, and this version reads 1; a weights file is made by: minigan export"),
        ({"weights": None}, "does not say which networks its arrays belong to; a weights file is made by"),
        ({"arrays": {"G.theta": None}}, "'G.theta' is missing"),
        ({"arrays": {"E.theta": np.zeros(3)}}, "'E.theta' is in the file but not expected"),
        ({"arrays": {"D.theta": np.zeros(3, np.float32)}}, r"'D.theta' has shape \(3,\), expected"),
        ({"arrays": {"D.theta": np.zeros(461)}}, "'D.theta' has dtype float64, expected float32"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(file, change, message):
    with pytest.raises(CheckpointError, match=message) as caught:
        weights.read(rewritten(file, **change))
    assert str(file) in str(caught.value)


def test_numbers_that_are_not_finite(run, file):
    D = run.trainer.game.D.theta.copy()
    D[1] = np.nan
    with pytest.raises(CheckpointError, match=r"D\.theta that are no finite numbers"):
        weights.read(rewritten(file, {"D.theta": D}))


def test_other_files(run, file, tmp_path):
    with pytest.raises(
        CheckpointError, match=r"is the checkpoint of a run: give the folder of the run, .*run, instead"
    ):
        weights.read(run.out / "checkpoint.safetensors")
    with pytest.raises(CheckpointError, match="does not say which networks"):
        weights.read(digitnet.SHIPPED)
    whole = file.read_bytes()
    for damaged in (whole[:-1], whole[: len(whole) // 2], whole[:-9] + bytes(9), b"PK\x03\x04" + whole, b""):
        file.write_bytes(damaged)
        with pytest.raises(CheckpointError, match="a weights file is made by: minigan export RUN --weights FILE"):
            weights.read(file)
    from safetensors.numpy import save_file

    save_file({"G.theta": np.zeros(3, np.float32)}, file)
    with pytest.raises(CheckpointError, match=r"was not written by minigan .*; a weights file is made by"):
        weights.read(file)


def test_nothing_is_half_written(run, file, tmp_path):
    before = file.read_bytes()
    theta = run.trainer.game.D.theta
    kept = theta.copy()
    try:
        theta[0] = 1e5
        with pytest.raises(ValueError, match="D has weights that float16 cannot hold: write float32"):
            weights.write(run, file, "float16")
    finally:
        theta[...] = kept
    for path, dtype, message in (
        (tmp_path / "new.pt", "float32", "ends in .safetensors"),
        (tmp_path / "new.safetensors", "float61", "did you mean 'float16'"),
    ):
        with pytest.raises(ValueError, match=message):
            weights.write(run, path, dtype)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_measures_need_the_data_and_say_if_they_changed(file, no_data, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"the data that .*g\.safetensors was trained on cannot be read"):
        weights.read(file, data=True)
    monkeypatch.undo()
    assert weights.read(file, data=True).trainer.source.length == 1797
    source = checkpoint.load(file)[1]["source"]
    with pytest.warns(UserWarning, match="1797 samples instead of 20"):
        weights.read(rewritten(file, source=source | {"length": 20}), data=True)


def test_a_file_is_sampled_evaluated_and_written_again(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (sheet,) = use.sample(file, 3)
    assert str(sheet) == "g_sample_3_seed0.png"
    result, written = use.evaluate(file, 100)
    assert result["step"] == 2
    assert {path.parent.name for path in written.values()} == {"g_evaluation"}
    assert json.loads(written["json"].read_text())


@pytest.mark.parametrize("name", ["vaegan-portrait", "digitnet"])
def test_the_nearest_name(name, monkeypatch):
    monkeypatch.setattr(model, "names", lambda: ["gan-mnist", "vaegan-portraits"])
    guess = ": did you mean 'vaegan-portraits'" if name[0] == "v" else "; choose from gan-mnist"
    with pytest.raises(ValueError, match=f"unknown model '{name}', and no run or file has this name{guess}"):
        model.open_model(name)
    with pytest.raises(FileNotFoundError, match=r"holds no run.*not a weights file.*gan-mnist, vaegan-portraits"):
        model.open_model("runs/gan-mnist")
