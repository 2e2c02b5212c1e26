"""What a run leaves on disk, when, and what comes back from it."""

import json

import numpy as np
import pytest

from minigan.data import Stream
from minigan.game import Game
from minigan.layers import Dense
from minigan.network import Sequential
from minigan.optim import EMA, Adam
from minigan.running import checkpoint
from minigan.running.files import atomic_write
from minigan.running.recorder import FRAMES, Recorder


class Small(Game):
    """A network, its optimizer, its average, and a state of its own."""

    def __init__(self, seed=0):
        self.net = Sequential(Dense(2, 2), rng=seed)
        self.networks, self.optimizers = {"net": self.net}, {"net": Adam(self.net)}
        self.averages, self.level = {"net": EMA(self.net)}, 0

    def sample(self, n, rng, labels=None):
        return self.net(rng.standard_normal((n, 2)))

    def state(self):
        return {"level": self.level}

    def restore(self, state):
        self.level = state["level"]


def picture(images, path):
    atomic_write(path, images.tobytes())


def recorder(out, game=None, steps=20, picture=picture):
    source = Stream(lambda n, rng: rng.standard_normal((n, 2)), np.random.default_rng(1), (2,))
    return Recorder(
        out, game or Small(), source, np.random.default_rng(2), steps=steps, epoch=5, picture=picture, sheet=3
    )


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_each_epoch_a_sheet_and_a_checkpoint_and_frames_in_between(tmp_path):
    mine = recorder(tmp_path, steps=1000)
    assert {0, 2, 4} < mine.film
    assert 1000 in mine.film
    assert len(mine.film) <= FRAMES + 1
    seen = []
    for t in range(8):
        before = (tmp_path / "checkpoint.safetensors").exists()
        mine.record(t, 0.5, [{"step": t}], last=t == 7)
        if not before and (tmp_path / "checkpoint.safetensors").exists():
            seen.append(t)
    assert seen == [0]
    assert names(tmp_path / "samples") == ["epoch_000.png", "epoch_001.png", "epoch_002.png"]
    frames = sorted({t for t in mine.film if t < 8} | {0, 5, 7})
    assert names(tmp_path / "frames") == [f"step_{t:06d}.png" for t in frames]
    sheet = mine.game.sample(3, np.random.default_rng(0)).tobytes()  # the same noise each time
    assert (tmp_path / "samples" / "epoch_001.png").read_bytes() == sheet
    assert json.loads((tmp_path / "run.jsonl").read_text()) == {"step": 7}


def test_everything_comes_back(tmp_path):
    mine = recorder(tmp_path)
    game, rng = mine.game, np.random.default_rng(3)
    for array in game.arrays().values():
        array[...] = rng.standard_normal(array.shape)
    game.level, game.optimizers["net"].t, game.averages["net"].t = 4, 12, 13
    mine.source.batch(3), mine.rng.random(5)
    mine.save(12, 1.5, [{"step": 10}, {"step": 12}])
    arrays, meta = checkpoint.load(mine.checkpoint_path)
    assert set(arrays) == {
        "net.theta",
        "net.state",
        "net.optimizer.m",
        "net.optimizer.v",
        "net.average.theta",
        "net.average.state",
    }
    state = {"step", "seconds", "source", "game", "rng", "counts", "averages"}
    assert set(meta) == state | {"epochs", "shares", "data", "run"}

    other = recorder(tmp_path, Small(seed=9))
    assert other.restore() == (12, 1.5, [{"step": 10}, {"step": 12}])
    for name, array in other.game.arrays().items():
        np.testing.assert_array_equal(array, game.arrays()[name])
    assert (other.game.level, other.game.optimizers["net"].t, other.game.averages["net"].t) == (4, 12, 13)
    assert other.source.state() == mine.source.state()
    assert other.rng.bit_generator.state == mine.rng.bit_generator.state


def test_rows_and_frames_after_the_checkpoint_are_dropped(tmp_path):
    mine = recorder(tmp_path)
    mine.save(2, 0.0, [{"step": 1}, {"step": 2}, {"step": 3}])
    for t in (2, 3):
        picture(np.zeros(1), tmp_path / "frames" / f"step_{t:06d}.png")
    assert recorder(tmp_path).restore()[2] == [{"step": 1}, {"step": 2}]
    recorder(tmp_path).begin(2)
    assert names(tmp_path / "frames") == ["step_000002.png"]
    (tmp_path / "run.jsonl").unlink()  # only the table is lost
    assert recorder(tmp_path).restore()[2] == []


def test_in_memory_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mine = recorder(None)
    mine.record(0, 0.0, [], last=False)
    mine.save(0, 0.0, [])
    assert names(tmp_path) == []
    with pytest.raises(ValueError, match="this run is only in memory: pass out= to the Trainer"):
        _ = mine.checkpoint_path


def test_without_a_picture_there_is_still_a_checkpoint(tmp_path):
    recorder(tmp_path, picture=None).record(5, 0.0, [], last=False)
    assert names(tmp_path) == ["checkpoint.safetensors", "run.jsonl"]


def test_reading_a_run_changes_no_file_and_going_on_deletes_later_frames(tmp_path):
    made = recorder(tmp_path)
    made.save(12, 1.5, [{"step": 12}])
    frames = [tmp_path / "frames" / f"step_{t:06d}.png" for t in (4, 12, 20)]
    for frame in frames:
        frame.parent.mkdir(exist_ok=True)
        frame.write_bytes(b"")
    other = recorder(tmp_path)
    other.restore()
    assert [frame.exists() for frame in frames] == [True, True, True]
    other.begin(12)
    assert [frame.exists() for frame in frames] == [True, True, False]


def test_a_new_run_does_not_overwrite_another(tmp_path):
    recorder(tmp_path).save(0, 0.0, [])
    recorder(tmp_path).begin(0)  # a run that has not begun may begin
    recorder(tmp_path).save(400, 9.0, [])
    with pytest.raises(FileExistsError, match=r"at step 400: call restore\(\) to continue it"):
        recorder(tmp_path).begin(0)
    recorder(tmp_path).begin(400)


def test_sheets_of_a_smaller_batch_overwrite_no_older_sheet(tmp_path):
    """Epochs of 5 steps, then of 10: the sheet after step 20 is that of epoch 3, not that of epoch 2."""
    made = recorder(tmp_path)
    for t in range(11):
        made.record(t, 0.0, [], last=False)
    kept = (tmp_path / "samples" / "epoch_002.png").read_bytes()
    for _ in range(2):  # and it is so after another restore too
        other = recorder(tmp_path, Small(seed=9))
        other.epoch = 10
        other.restore()
        assert [other.epochs(t) for t in (10, 15, 20)] == [2.0, 2.5, 3.0]
    other.game.net.theta[...] += 1
    for t in range(11, 31):
        other.record(t, 0.0, [], last=t == 30)
    assert names(tmp_path / "samples") == [f"epoch_{k:03d}.png" for k in range(5)]
    assert (tmp_path / "samples" / "epoch_002.png").read_bytes() == kept


def test_a_batch_that_changes_in_the_middle_of_an_epoch(tmp_path):
    """Half of epoch 3 in steps of one size, half in another: its sheet comes when it is full."""
    made = recorder(tmp_path)
    made.epoch = 4
    made.save(10, 0.0, [])  # after 2.5 epochs
    other = recorder(tmp_path)
    other.epoch = 8
    other.restore()
    assert [other.epochs(t) for t in (10, 14, 22, 30)] == [2.5, 3.0, 4.0, 5.0]
    for t in range(11, 31):
        other.record(t, 0.0, [], last=False)
    assert names(tmp_path / "samples") == ["epoch_003.png", "epoch_004.png", "epoch_005.png"]  # steps 14, 22, 30


def test_a_file_that_is_no_checkpoint_of_a_run(tmp_path):
    checkpoint.save(tmp_path / "checkpoint.safetensors", Small().arrays(), {"step": 3})
    with pytest.raises(
        checkpoint.CheckpointError, match="is not the checkpoint of a run: it does not say seconds, rng"
    ):
        recorder(tmp_path).restore()


def test_a_run_that_went_on_elsewhere_is_not_overwritten(tmp_path):
    """Opened at step 4, while another process trained it to step 9: going on from 4 would lose those steps."""
    recorder(tmp_path).save(4, 0.0, [])
    mine = recorder(tmp_path)
    mine.restore()
    recorder(tmp_path).save(9, 0.0, [])
    with pytest.raises(FileExistsError, match="at step 9"), mine.writing(4):
        pass
    with mine.writing(9):
        assert (tmp_path / ".lock").exists()
    assert not (tmp_path / ".lock").exists()
