"""A run in its folder: named, found again, opened by the recipe in its config."""

import datetime
from pathlib import Path

import pytest
from PIL import Image

from minigan import kernels
from minigan.kernels.parallel import threads
from minigan.running import folder
from minigan.running.checkpoint import load
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


def test_two_runs_of_one_second_have_two_folders(tmp_path, monkeypatch):
    class Clock(datetime.datetime):
        @classmethod
        def now(cls):
            return cls(2026, 1, 2, 3, 4, 5)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folder.datetime, "datetime", Clock)
    made = [folder.start(Config(gan, gan.Options(**SMALL | {"seed": seed}))).out for seed in range(3)]
    names = [f"runs/digits8-gan-20260102-030405{end}" for end in ("", "-2", "-3")]
    assert made == [tmp_path / name for name in names]
    assert [folder.open_run(out).options.seed for out in made] == [0, 1, 2]


def test_a_start_that_fails_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrong = Config(gan, gan.Options(**SMALL | {"batch": 10_000}))
    (tmp_path / "mine").mkdir()
    for out in (None, "new", "mine"):
        with pytest.raises(ValueError, match="between 1 and all 1797 images"):
            folder.start(wrong, out)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_second_start_into_one_folder_is_refused_at_any_moment(tmp_path, monkeypatch):
    """While the first one is building its networks, while it trains, and after it."""
    config, seen = Config(gan, gan.Options(**SMALL)), []

    def second(*_):
        with pytest.raises((BlockingIOError, FileExistsError)) as caught:
            folder.start(config, tmp_path / "run")
        seen.append(type(caught.value))

    run = folder.start(config, tmp_path / "run")
    run.trainer.run(second)
    second()
    assert seen == [FileExistsError] * 5
    assert folder.open_run(tmp_path / "run").finished

    original = folder.load_source

    def slow(options):  # another process takes the folder while this one reads its data
        monkeypatch.setattr(folder, "load_source", original)
        folder.start(config, tmp_path / "other")
        return original(options)

    monkeypatch.setattr(folder, "load_source", slow)
    with pytest.raises(FileExistsError, match="already holds a run"):
        folder.start(config, tmp_path / "other")


def test_a_running_run_is_read_but_not_resumed(tmp_path):
    run = folder.start(Config(gan, gan.Options(**SMALL)), tmp_path)
    said = []

    def progress(t, row):
        assert folder.open_run(tmp_path).trainer.t == (4 if t == 4 else 0)
        with pytest.raises(BlockingIOError, match="being written by another Trainer of this process, since") as caught:
            folder.resume(tmp_path)
        said.append(caught.value)

    run.trainer.run(progress)
    assert len(said) == 4
    assert folder.resume(tmp_path).finished


def test_a_folder_of_a_trainer_is_not_overwritten(tmp_path):
    run = folder.start(Config(gan, gan.Options(**SMALL)), tmp_path)
    run.trainer.run()
    (tmp_path / "config.toml").unlink()
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    with pytest.raises(FileExistsError, match="holds a run that is at step 4"):
        folder.start(Config(gan, gan.Options(**SMALL)), tmp_path)
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before


@pytest.mark.parametrize("deterministic", [False, True])
def test_deterministic_holds_in_python_too(tmp_path, deterministic):
    options = gan.Options(**SMALL | {"deterministic": deterministic})
    kernels.set_threads(1)
    folder.train(folder.start(Config(gan, options), tmp_path))
    assert load(tmp_path / "checkpoint.safetensors")[1]["shares"] == (2 if deterministic else 1)


@pytest.mark.parametrize(("shares", "others"), [(1, 2), (2, 1), (3, 2)])
def test_a_run_has_the_same_bits_on_fewer_and_on_more_threads(tmp_path, monkeypatch, shares, others):
    """Half of the steps with one number of threads, half with another: the bits of a run that was never stopped."""
    monkeypatch.setattr(threads, "SMALL", 0)  # every call is cut, however small
    config = Config(gan, gan.Options(**SMALL | {"model": "dcgan", "steps": 2}))

    def run(name, n, steps):
        kernels.set_threads(n)
        again = (tmp_path / name).exists()
        trainer = (folder.resume(tmp_path / name) if again else folder.start(config, tmp_path / name)).trainer
        trainer.steps, trainer.evaluate = steps, None
        trainer.run()
        return trainer.game.G.theta.tobytes()

    full = run("full", shares, 2)
    run("stopped", shares, 1)
    assert run("stopped", others, 2) == full
    assert run("other", others, 2) != full  # else this test shows nothing
