"""A run is opened only with the config and, to go on, with the data that it was trained with; samples need no data."""

import shutil

import numpy as np
import pytest
from PIL import Image

from minigan.running import checkpoint, folder, use
from minigan.running.options import Config
from minigan.zoo import gan

SMALL = {"model": "mlp", "data": "digits8", "width": 2, "latent": 3, "batch": 8, "steps": 4}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    folder.train(folder.start(Config(gan, gan.Options(**SMALL)), out))
    return out


@pytest.fixture
def run(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "run")


@pytest.fixture
def pets(tmp_path):
    """A conditional run on a folder of ten pictures -> (the run, the folder)."""
    pictures = tmp_path / "pets"
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (pictures / name).mkdir(parents=True)
        for i in range(5):
            Image.fromarray(rng.integers(256, size=(8, 8, 3), dtype=np.uint8)).save(pictures / name / f"{i}.png")
    options = gan.Options(**SMALL | {"data": f"folder:{pictures}", "size": 8, "batch": 5})
    folder.train(folder.start(Config(gan, options), tmp_path / "run"))
    return tmp_path / "run", pictures


def edit(run, old, new):
    text = (run / "config.toml").read_text(encoding="utf-8")
    assert old in text
    (run / "config.toml").write_text(text.replace(old, new), encoding="utf-8")


def contents(run):
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


# ---- config ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('loss = "non_saturating"', 'loss = "hinge"', r"loss = 'hinge' instead of 'non_saturating'. Undo the edit; a run with"),
        ("\nlr = 0.002", "\nlr = 0.5", r"lr = 0\.5 instead of 0\.002. Undo the edit, then .*minigan resume .*run --lr 0\.5;"),
        ("\nseed = 0", "\nseed = 1", "seed = 1 instead of 0"),
        ("\nsteps = 4", "\nsteps = 9", "steps = 9 instead of 4.*--steps 9"),
        ('penalty = "r1"', 'penalty = "none"', "penalty = 'none' instead of 'r1'"),
    ],
)  # fmt: skip
def test_an_edited_config_is_not_the_runs(run, old, new, message):
    edit(run, old, new)
    before = contents(run)
    for opened in (folder.resume, folder.open_run):
        with pytest.raises(ValueError, match=message):
            opened(run)
    assert contents(run) == before


def test_a_segment_that_was_never_trained(run):
    with (run / "config.toml").open("a", encoding="utf-8") as file:
        file.write("\n[[segment]]\nstart = 2\nlr = 1.0\n")
    with pytest.raises(ValueError, match=r"the segments \[\{'start': 2, 'lr': 1\.0\}\] instead of \[\]"):
        folder.resume(run)


def test_the_checkpoint_of_another_run_is_not_taken(run, tmp_path):
    folder.train(folder.start(Config(gan, gan.Options(**SMALL | {"seed": 1})), tmp_path / "other"))
    shutil.copy(tmp_path / "other" / "checkpoint.safetensors", run)
    with pytest.raises(ValueError, match="not the config of the checkpoint beside it: seed = 0 instead of 1"):
        folder.resume(run)


def test_the_checkpoint_of_another_recipe(run):
    arrays, meta = checkpoint.load(run / "checkpoint.safetensors")
    meta["run"]["recipe"] = "vae"
    checkpoint.save(run / "checkpoint.safetensors", arrays, meta)
    for opened in (folder.resume, folder.open_run):
        with pytest.raises(
            ValueError, match=r"a config of the recipe gan, but the checkpoint .* belongs to the recipe vae"
        ):
            opened(run)


def test_what_is_planned_for_later_may_be_edited_and_download_has_no_meaning(run):
    with (run / "config.toml").open("a", encoding="utf-8") as file:
        file.write("\n[[segment]]\nstart = 4\nsteps = 6\nlr = 0.25\n")
    assert folder.resume(run).options.lr == 0.25
    edit(run, "download = false", "download = true ")
    with pytest.raises(ValueError, match="applies only to mnist"):
        folder.resume(run)


def test_a_run_without_config_or_checkpoint(run):
    (run / "config.toml").rename(run / "kept.toml")
    with pytest.raises(FileNotFoundError, match=r"holds a checkpoint, but no config\.toml with the options"):
        folder.resume(run)
    (run / "kept.toml").rename(run / "config.toml")
    checkpoint.save(run / "checkpoint.safetensors", {"theta": np.zeros(3)})
    with pytest.raises(ValueError, match="is not the checkpoint of a run: it does not say at which step it is"):
        folder.resume(run)


def test_a_run_of_an_earlier_version_is_opened_with_a_note(run):
    arrays, meta = checkpoint.load(run / "checkpoint.safetensors")
    for name in ("run", "data", "shares", "epochs"):
        del meta[name]
    checkpoint.save(run / "checkpoint.safetensors", arrays, meta)
    with pytest.warns(UserWarning, match="was made by an earlier version: whether its config, its data"):
        longer = folder.resume(run, steps=6)
    assert folder.train(longer).trainer.t == 6
    assert use.sample(run, 3)[0].exists()
    assert folder.resume(run).recorded  # from here on it is known


# ---- data --------------------------------------------------------------------------------------------------------------


def test_half_of_the_pictures_gone(pets):
    run, pictures = pets
    for i in range(2):
        (pictures / "cat" / f"{i}.png").unlink()
    before = contents(run)
    with pytest.raises(ValueError, match=r"8 samples instead of 10\. Put the old data back, .* --changed-data"):
        folder.resume(run, steps=8)
    assert contents(run) == before
    with pytest.warns(UserWarning, match="not those this run was trained on: 8 samples instead of 10"):
        longer = folder.resume(run, changed_data=True, steps=6)
    longer.trainer.run()
    assert folder.resume(run).trainer.t == 6  # they are its data now


def test_renamed_classes(pets):
    run, pictures = pets
    (pictures / "cat").rename(pictures / "zebra")  # dog is label 0 now
    with pytest.raises(ValueError, match="the classes are dog, zebra instead of cat, dog"):
        folder.resume(run)
    (pictures / "zebra").rename(pictures / "cats")
    with pytest.warns(UserWarning, match="only the names of the classes have changed, cat, dog to cats, dog"):
        folder.resume(run)


def test_other_pictures_of_the_same_names(pets):
    run, pictures = pets
    Image.new("RGB", (8, 8)).save(pictures / "dog" / "3.png")
    with pytest.raises(ValueError, match="as many samples as before, but with other contents"):
        folder.resume(run)


def test_data_that_moved_are_found_when_the_config_says_where(pets, tmp_path):
    run, pictures = pets
    pictures.rename(tmp_path / "moved")
    for opened in (folder.resume, folder.open_run, use.evaluate):
        with pytest.raises(
            FileNotFoundError, match=r"the data of .*run cannot be read: .*If they have moved, write .*config\.toml"
        ):
            opened(run)
    edit(run, f'data = "folder:{pictures}"', f'data = "folder:{tmp_path / "moved"}"')
    assert folder.resume(run).trainer.t == 4


def test_a_trainer_in_python_is_checked_too(tmp_path):
    from minigan.data import Stream
    from minigan.game import Game
    from minigan.trainer import Trainer

    class Counting(Game):
        def step(self, draw, rng):
            return {"loss": 1.0}

    x = np.random.default_rng(0).standard_normal((20, 2))
    Trainer(Counting(), x, batch=5, steps=4, out=tmp_path).run()
    for other in (x[:10], x + 1):
        with pytest.raises(ValueError, match=r"not those this run was trained on: .*restore\(changed_data=True\)"):
            Trainer(Counting(), other, batch=5, steps=4, out=tmp_path).restore()
    with pytest.warns(UserWarning, match="10 samples instead of 20"):
        Trainer(Counting(), x[:10], batch=5, steps=4, out=tmp_path).restore(changed_data=True)
    stream = Stream(lambda n, rng: x[:n], np.random.default_rng(0), (2,))
    with pytest.raises(ValueError, match="None samples instead of 20"):
        Trainer(Counting(), stream, batch=5, steps=4, out=tmp_path).restore()


# ---- samples without data ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["mlp", "dcgan", "dcgan_up"])
@pytest.mark.parametrize("labels", [True, False])
def test_samples_need_no_data(pets, tmp_path, model, labels):
    _, pictures = pets
    options = gan.Options(
        **SMALL | {"data": f"folder:{pictures}", "size": 8, "batch": 5, "model": model, "labels": labels}
    )
    run = folder.start(Config(gan, options), tmp_path / model).out
    label = "dog" if labels else None
    first = use.sample(run, 7, tmp_path / "with.png", label=label)[0].read_bytes()
    shutil.rmtree(pictures)
    before = contents(run)
    assert use.sample(run, 7, tmp_path / "without.png", label=label)[0].read_bytes() == first
    assert contents(run) == before
    if labels:
        with pytest.raises(ValueError, match="unknown label 'dogs': did you mean 'dog'"):
            use.sample(run, 7, label="dogs")


def test_points_and_embedded_sets_are_sampled_without_reading_them(tmp_path, monkeypatch):
    for name in ("ring", "digits8"):
        options = gan.Options(data=name, width=2, latent=3, batch=8, steps=4)
        run = folder.start(Config(gan, options), tmp_path / name).out
        with monkeypatch.context() as patch:
            patch.setattr("minigan.data.load", None)
            assert use.sample(run, 5)[0].exists()


def test_stacked_digits_in_python(tmp_path):
    """A stream: the game, a stand-in for its source and the checkpoint are enough."""
    from minigan.data import WithoutData
    from minigan.measure.results import stacked
    from minigan.trainer import Trainer

    s = stacked.RECIPE | {"steps": 2, "width": 2, "latent": 3}

    def trainer(source):
        return Trainer(stacked.built(s, np.random.default_rng(0)), source, batch=4, steps=2, out=tmp_path)

    digits = np.random.default_rng(1).integers(256, size=(9, 28, 28, 1)).astype(np.uint8)
    first = trainer(stacked.stacks(digits, np.random.default_rng(2)))
    first.run()
    again = trainer(WithoutData((32, 32, 3))).restore()
    expected = first.game.sample(3, np.random.default_rng(3))
    np.testing.assert_array_equal(again.game.sample(3, np.random.default_rng(3)), expected)
    with pytest.raises(ValueError, match="opened without its data"):
        again.step()


def test_the_checkpoint_is_loaded_once(run, monkeypatch):
    calls = []
    original = folder.load
    monkeypatch.setattr(folder, "load", lambda path: calls.append(path) or original(path))
    monkeypatch.setattr(checkpoint, "load", None)
    folder.resume(run)
    assert calls == [run / "checkpoint.safetensors"]
