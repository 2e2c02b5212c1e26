"""A run stays in its own folder: copies made of links, os.chdir, a folder that is renamed or deleted, files that others write."""

import os
import shutil
import warnings

import numpy as np
import pytest

from minigan.game import Game
from minigan.running import checkpoint, folder, use
from minigan.running.files import atomic_write
from minigan.running.lock import Lock
from minigan.running.options import Config
from minigan.running.place import refuse_run_file, run_of, shown
from minigan.trainer import Trainer
from minigan.zoo import gan

pytestmark = pytest.mark.slow

SMALL = {"model": "mlp", "data": "digits8", "width": 2, "latent": 3, "batch": 300, "steps": 12}  # 5 steps an epoch


class Counting(Game):
    def step(self, draw, rng):
        draw()
        return {"loss": 1.0}


def counting(out, steps=4):
    return Trainer(Counting(), np.random.default_rng(0).standard_normal((20, 2)), batch=5, steps=steps, out=out)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run at step 10 of 12, with frames of later steps, as after a kill."""
    out = tmp_path_factory.mktemp("runs") / "original"
    run = folder.start(Config(gan, gan.Options(**SMALL)), out)
    run.trainer.evaluate = None
    kept = {}

    def progress(t, row):
        if t == 10:
            kept.update(contents(out))

    run.trainer.run(progress)
    for name in ("checkpoint.safetensors", "run.jsonl"):
        (out / name).write_bytes(kept[out / name])
    return out


def contents(run):
    return {path: path.read_bytes() for path in sorted(run.rglob("*")) if path.is_file()}


def linked(original, copy):
    """cp -rs original copy"""
    for path in original.rglob("*"):
        if path.is_file():
            target = copy / path.relative_to(original)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    return copy


# ---- a copy made of links --------------------------------------------------------------------------------------------------


def test_a_copy_of_links_goes_on_and_the_original_stays_as_it_is(stopped, tmp_path):
    copy, before = linked(stopped, tmp_path / "copy"), contents(stopped)
    (copy / "sample_3_seed0.png").symlink_to(stopped / "film.gif")
    use.sample(copy, 3)
    run = folder.train(folder.resume(copy, steps=15))
    use.finish(run)
    use.evaluate(copy, 200)
    assert folder.open_run(copy).trainer.t == 15
    assert contents(stopped) == before
    written = ("checkpoint.safetensors", "run.jsonl", "config.toml", "curves.png", "sample_3_seed0.png")
    assert not any((copy / name).is_symlink() for name in written)


def test_linked_subfolders_are_refused_by_name(stopped, tmp_path):
    copy, before = tmp_path / "copy", contents(stopped)
    copy.mkdir()
    for path in stopped.iterdir():
        (copy / path.name).symlink_to(path)
    with pytest.raises(OSError, match=r"copy/frames is a symbolic link to .*original/frames: copy that folder"):
        folder.train(folder.resume(copy))
    assert contents(stopped) == before


def test_a_linked_lock_is_refused_by_name(stopped, tmp_path):
    copy, victim = linked(stopped, tmp_path / "copy"), tmp_path / "victim"
    victim.write_text("mine")
    (copy / ".lock").symlink_to(victim)
    with pytest.raises(OSError, match=r"copy/\.lock is not the lock of this folder, but a link or a folder: delete it"):
        folder.resume(copy)
    assert victim.read_text() == "mine"


def test_links_outside_of_a_run_are_followed(tmp_path):
    (tmp_path / "config.toml").write_text("")  # as many a project has
    (tmp_path / "link.png").symlink_to(tmp_path / "target.png")
    atomic_write(tmp_path / "link.png", b"new")
    assert (tmp_path / "target.png").read_bytes() == b"new"


# ---- the path of a run -----------------------------------------------------------------------------------------------------


def test_a_relative_folder_does_not_follow_chdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    mine = counting("run")
    run = folder.start(Config(gan, gan.Options(**SMALL)), "digits")
    monkeypatch.chdir(tmp_path / "other")
    mine.run()
    run.trainer.evaluate = None
    use.finish(folder.train(run))
    assert os.listdir(tmp_path / "other") == []
    assert checkpoint.load(tmp_path / "run" / "checkpoint.safetensors")[1]["step"] == 4
    assert (tmp_path / "digits" / "film.gif").exists()


@pytest.mark.parametrize(
    "make", [counting, lambda out: folder.start(Config(gan, gan.Options(**SMALL)), out), folder.open_run]
)
def test_an_empty_name_is_no_folder(tmp_path, monkeypatch, make):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ValueError, match=r'the folder of a run must have a name, got "": write "\." for the current folder'
    ):
        make("")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["file", "file/inside/deeper"])
@pytest.mark.parametrize("make", [counting, lambda out: folder.start(Config(gan, gan.Options(**SMALL)), out)])
def test_a_file_is_no_folder(tmp_path, make, name):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(
        NotADirectoryError, match=rf"cannot write into .*{name}: .*file is not a folder; choose another"
    ):
        make(tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"


def test_paths_are_shown_as_short_as_they_can_be_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [shown(tmp_path / "runs" / "a"), shown(tmp_path), shown("/elsewhere")] == ["runs/a", ".", "/elsewhere"]


# ---- renamed and deleted while it is written -------------------------------------------------------------------------------


def moving(out, move, at=6):
    """Train a run to step 12 and call `move` in the middle -> the run, the warnings."""
    run = folder.start(Config(gan, gan.Options(**SMALL)), out)
    run.trainer.evaluate = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = folder.train(run, lambda t, row: move() if t == at else None)
    return run, [str(warning.message) for warning in caught]


def test_a_renamed_run_is_followed(tmp_path):
    run, said = moving(tmp_path / "run", lambda: (tmp_path / "run").rename(tmp_path / "new"))
    assert said == [f"{tmp_path}/run was renamed while its run was written: it goes on in {tmp_path}/new"]
    assert os.listdir(tmp_path) == ["new"]
    assert run.out == tmp_path / "new"
    assert folder.resume(run.out).finished
    assert not (run.out / ".lock").exists()


def test_a_deleted_run_is_made_again_and_can_be_resumed(tmp_path):
    run, said = moving(tmp_path / "run", lambda: shutil.rmtree(tmp_path / "run"))
    assert said == [
        f"{tmp_path}/run was deleted while its run was written: it goes on in {tmp_path}/run, made again, without the frames and "
        "samples until now"
    ]
    again = folder.resume(tmp_path / "run")
    assert again.finished
    np.testing.assert_array_equal(again.trainer.game.G.theta, run.trainer.game.G.theta)
    assert [row["step"] for row in again.trainer.rows] == [1, 10, 12]


def test_another_folder_of_the_same_name_is_left_alone(tmp_path):
    def replace():
        shutil.rmtree(tmp_path / "run")
        folder.start(Config(gan, gan.Options(**SMALL | {"seed": 7})), tmp_path / "run")

    _, said = moving(tmp_path / "run", replace)
    assert len(said) == 1
    assert f"it goes on in {tmp_path}/run-2, made again" in said[0]
    assert folder.resume(tmp_path / "run").options.seed == 7
    assert folder.open_run(tmp_path / "run").trainer.t == 0
    assert folder.resume(tmp_path / "run-2").finished


# ---- one writer, from resume to the end -----------------------------------------------------------------------------------


def test_the_lock_is_held_from_resume_to_the_end_of_the_training(stopped, tmp_path):
    copy = shutil.copytree(stopped, tmp_path / "copy")
    with folder.resuming(copy, steps=14) as first:
        with pytest.raises(BlockingIOError, match="is being written by"):
            folder.resume(copy)
        folder.train(first)
        with pytest.raises(BlockingIOError), Lock(copy):
            pass
    assert folder.resume(copy).finished


def test_the_lock_is_held_between_two_segments(tmp_path, monkeypatch):
    config = Config(gan, gan.Options(**SMALL | {"steps": 2})).changed(2, {"steps": 4})
    original = folder.open_run

    def between(path):
        with pytest.raises(BlockingIOError):
            folder.resume(path)
        return original(path)

    monkeypatch.setattr(folder, "open_run", between)
    assert folder.train(folder.start(config, tmp_path / "run")).trainer.t == 4


def test_the_lock_is_held_from_start_on(tmp_path):
    with folder.starting(Config(gan, gan.Options(**SMALL)), tmp_path / "run"), pytest.raises(BlockingIOError):
        folder.resume(tmp_path / "run")
    assert folder.resume(tmp_path / "run").trainer.t == 0


# ---- files of a run ----------------------------------------------------------------------------------------------------------


def test_the_files_of_a_run_are_known_through_links_too(stopped, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(stopped / "checkpoint.safetensors")
    frame = next((stopped / "frames").iterdir())
    names = ("config.toml", "checkpoint.safetensors", "run.jsonl", "film.gif", "frames/mine.png")
    for path in (*(stopped / name for name in names), frame, tmp_path / "link"):
        with pytest.raises(
            FileExistsError, match=f"cannot write {path}: it is a file of the run {stopped}; choose another"
        ):
            refuse_run_file(path)
    monkeypatch.chdir(stopped)
    with pytest.raises(FileExistsError, match=r"cannot write run\.jsonl: it is a file of the run \."):
        refuse_run_file("run.jsonl")
    for path in (stopped / "mine.png", tmp_path / "config.toml", stopped.parent / "checkpoint.safetensors"):
        refuse_run_file(path)
    assert run_of(stopped / "samples" / "x.png") == stopped


# ---- restore -----------------------------------------------------------------------------------------------------------------


def test_fewer_steps_than_the_checkpoint_has(tmp_path):
    counting(tmp_path, steps=8).run()
    with pytest.warns(
        UserWarning, match="is at step 8 already, so a run of steps=4 has nothing left to do: ask for more"
    ):
        assert counting(tmp_path, steps=4).restore().t == 8
    with warnings.catch_warnings(action="error"):
        assert counting(tmp_path, steps=8).restore().t == 8


def test_the_first_sheet_serves_to_compare_shapes(tmp_path):
    run = folder.start(Config(gan, gan.Options(**SMALL)), tmp_path / "run")
    drawn, sample = [], run.trainer.game.sample
    run.trainer.game.sample = lambda n, rng, labels=None: drawn.append(n) or sample(n, rng, labels)
    run.trainer.recorder.begin(0)
    assert drawn == [80]
