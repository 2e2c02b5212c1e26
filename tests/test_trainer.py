"""A run that was stopped, however rudely, ends in the same bits as one that never was; a bad number stops it at once."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import minigan
from minigan import cli
from minigan.data import Epochs, Stream, ring
from minigan.game import GAN, Game
from minigan.layers import (
    BatchNorm,
    Beside,
    Concat,
    Conv2d,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LabelScore,
    LeakyReLU,
    Reshape,
    SpectralNorm,
    Tanh,
)
from minigan.losses import GAN_LOSSES, mse, relativistic, wasserstein
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam, NonFiniteError, RMSProp, cosine
from minigan.penalties import PENALTIES, r1, wgan_gp
from minigan.plots import Panel, curves
from minigan.running import checkpoint
from minigan.running.files import atomic_write
from minigan.running.recorder import FRAMES
from minigan.trainer import Trainer

ADAM = partial(Adam, beta1=0.5)
N, BATCH, STEPS = 50, 8, 23  # 6 steps an epoch, and a last epoch that is cut short


def data(dtype=np.uint8):
    rng = np.random.default_rng(0)
    x = rng.integers(256, size=(N, 4, 4, 1)).astype(np.uint8)
    return (x if dtype is np.uint8 else x / dtype(127.5) - 1).astype(dtype), rng.integers(3, size=N)


def picture(images, path):
    atomic_write(path, images.tobytes())


def quality(game):
    """A measure of a few samples: whatever is wrong with a resumed G or its average, this number shows."""
    return {"quality": float(game.sample(5, np.random.default_rng(1)).std())}


def trainer(out=None, optimizer=ADAM, seed=0, x=None, loss=relativistic, penalties=(r1,), **options):
    """Everything that has a memory at once: dropout, BatchNorm, spectral norm, EMA, moments, schedule, both streams."""
    G = Sequential(
        Concat(right=[Embedding(3, 2)]), Dense(5, 6), BatchNorm(6), Dropout(0.3), LeakyReLU(0.2), Dense(6, 16), Tanh(),
        Reshape(4, 4, 1), rng=[seed, 1],
    )  # fmt: skip
    body = [SpectralNorm(Conv2d(1, 3, 3, 1, 1)), LeakyReLU(0.2), Dropout(0.2), Flatten(), SpectralNorm(Dense(48, 4))]
    D = Sequential(Beside(*body, LeakyReLU(0.2)), LabelScore(4, 3), rng=[seed, 2])
    opts = [optimizer(net, lr=cosine(0.02, 2 * STEPS)) for net in (G, D)]
    game = GAN(G, D, loss, penalties, *opts, latent=3, ema=EMA(G, 0.9, warmup=True), classes=3, d_steps=2)
    images, y = data()
    images = images if x is None else x
    options = {
        "batch": BATCH, "steps": STEPS, "log_every": 4, "picture": picture, "sheet": 6, "evaluate": quality,
    } | options  # fmt: skip
    return Trainer(game, images, y, seed=seed, out=out, **options)


def without_seconds(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def rows_of(folder):
    return without_seconds(map(json.loads, (folder / "run.jsonl").read_text().splitlines()))


def assert_same_bits(a, b):
    """Two trainers in the same state, to the last bit."""
    arrays, others = a.arrays(), b.arrays()
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        assert array.tobytes() == others[name].tobytes(), name
    assert without_seconds(a.rows) == without_seconds(b.rows)
    assert (a.t, a.source.state(), a.rng.bit_generator.state) == (b.t, b.source.state(), b.rng.bit_generator.state)
    assert [opt.t for opt in a.game.optimizers.values()] == [opt.t for opt in b.game.optimizers.values()]
    assert [ema.t for ema in a.game.averages.values()] == [ema.t for ema in b.game.averages.values()]


def assert_same_run(a, b):
    """Two folders that hold the same run: every file, but for the seconds it took."""
    (arrays, meta), (others, other_meta) = (checkpoint.load(folder / "checkpoint.safetensors") for folder in (a, b))
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        assert array.tobytes() == others[name].tobytes(), name
    assert meta | {"seconds": 0} == other_meta | {"seconds": 0}
    assert rows_of(a) == rows_of(b)
    timed = ("checkpoint.safetensors", "run.jsonl")
    files, others = (
        {str(f.relative_to(folder)): f for f in folder.rglob("*") if f.is_file() and f.name not in timed}
        for folder in (a, b)
    )
    assert files.keys() == others.keys()  # nothing missing, and no temporary file left behind
    for name, file in files.items():
        assert file.read_bytes() == others[name].read_bytes(), name


class Crash(Exception):
    pass


def crash_at(step, error=Crash):
    def progress(t, row):
        if t == step:
            raise error

    return progress


# ---- the same bits -----------------------------------------------------------------------------------------------------


def test_the_same_seed_twice_gives_the_same_bits(tmp_path):
    a, b, other = trainer(tmp_path / "a"), trainer(tmp_path / "b"), trainer(seed=1)
    for each in (a, b, other):
        each.run()
    assert_same_bits(a, b)
    assert_same_run(tmp_path / "a", tmp_path / "b")
    for name, array in other.arrays().items():
        assert not np.array_equal(array, a.arrays()[name]), name  # so that each array has something to compare


def test_a_trainers_seed_is_the_order_and_the_noise_only():
    a, b = trainer(), trainer()
    b.rng.standard_normal()
    a.run()
    b.run()
    assert [row["loss_D"] for row in a.rows] != [row["loss_D"] for row in b.rows]
    assert a.source.state() == b.source.state()


@pytest.mark.parametrize("at", [1, 6, 11, 18])
@pytest.mark.parametrize("optimizer", [ADAM, partial(SGD, momentum=0.9), RMSProp])
def test_a_resumed_run_has_the_bits_of_one_never_stopped(tmp_path, optimizer, at):
    whole = trainer(tmp_path / "whole", optimizer)
    whole.run()
    with pytest.raises(Crash):
        trainer(tmp_path / "stopped", optimizer).run(crash_at(at))
    resumed = trainer(tmp_path / "stopped", optimizer).restore()
    assert resumed.t == at // 6 * 6  # the last end of an epoch up to the crash
    resumed.run()
    assert_same_bits(whole, resumed)
    assert_same_run(tmp_path / "whole", tmp_path / "stopped")


def test_restore_drops_what_came_after_the_checkpoint(tmp_path):
    with pytest.raises(Crash):
        trainer(tmp_path, log_every=1).run(crash_at(11))
    checkpointed = (tmp_path / "checkpoint.safetensors").read_bytes()
    atomic_write(tmp_path / "run.jsonl", "".join(json.dumps({"step": t}) + "\n" for t in range(1, 10)))
    resumed = trainer(tmp_path).restore()
    assert [row["step"] for row in resumed.rows] == [1, 2, 3, 4, 5, 6]
    resumed.steps = resumed.t
    resumed.run()
    assert max(frame.name for frame in (tmp_path / "frames").iterdir()) == "step_000006.png"
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == checkpointed
    (tmp_path / "run.jsonl").unlink()  # only the table is lost
    assert trainer(tmp_path).restore().rows == []


def test_another_run_is_refused(tmp_path):
    trainer(tmp_path).save()
    with pytest.raises(checkpoint.CheckpointError, match=r"'G\.optimizer\.m' is in the file but not expected"):
        trainer(tmp_path, RMSProp).restore()
    with pytest.raises(FileNotFoundError, match="there is no checkpoint file"):
        trainer(tmp_path / "elsewhere").restore()


@pytest.mark.parametrize("name", ["run.jsonl", "frames", "samples", "film.gif", "curves.png", "walk.gif"])
def test_files_of_others_are_not_overwritten(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "step_000900.png").write_text("mine")
    with pytest.raises(FileExistsError, match=rf"holds {name}, but no checkpoint that belongs to it"):
        trainer(tmp_path, steps=2).run()
    assert (tmp_path / name / "step_000900.png").read_text() == "mine"
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_a_measure_that_is_a_scalar_of_numpy_is_logged(tmp_path):
    rows = trainer(tmp_path, steps=2, evaluate=lambda game: {"quality": np.float32(0.5)}).run()
    assert rows[-1]["quality"] == 0.5
    assert rows_of(tmp_path)[-1]["quality"] == 0.5


def test_a_measure_that_is_no_number_is_named_and_the_run_is_saved(tmp_path):
    mine = trainer(tmp_path, steps=2, evaluate=lambda game: {"quality": "good"})
    with pytest.raises(TypeError, match="evaluate must return numbers by name, got 'quality': 'good'"):
        mine.run()
    assert checkpoint.load(tmp_path / "checkpoint.safetensors")[1]["step"] == mine.t == 2


def test_a_thread_of_ones_own_gives_the_same_bits(tmp_path):
    a, b = trainer(tmp_path / "a"), trainer(tmp_path / "b")
    a.run()
    thread = threading.Thread(target=b.run)  # where Python allows no signal handlers
    thread.start()
    thread.join()
    assert b.t == STEPS
    assert_same_bits(a, b)


# ---- what a run leaves -------------------------------------------------------------------------------------------------


def test_a_run_writes_a_table_sheets_frames_and_a_checkpoint(tmp_path):
    mine, steps = trainer(tmp_path / "deep" / "run"), []
    rows = mine.run(lambda t, row: steps.append((t, row)))
    out = tmp_path / "deep" / "run"
    assert [t for t, _ in steps] == list(range(1, STEPS + 1))
    assert [row["step"] for row in rows] == [1, 4, 6, 8, 12, 16, 18, 20, 23]
    assert [row["step"] for row in rows if "quality" in row] == [6, 12, 18, 23]  # the ends of the epochs
    assert [row["epoch"] for row in rows] == [row["step"] / 6 for row in rows]
    assert [row["seconds"] for row in rows] == sorted(row["seconds"] for row in rows)
    assert all(row.items() >= steps[row["step"] - 1][1].items() for row in rows)
    assert set(steps[0][1]) == {"loss_D", "loss_G", "penalty", "score_real", "score_fake"}
    assert [json.loads(line) for line in (out / "run.jsonl").read_text().splitlines()] == rows == mine.rows
    assert sorted(file.name for file in (out / "samples").iterdir()) == [f"epoch_{k:03d}.png" for k in range(5)]
    frames = sorted({round(STEPS * (k / FRAMES) ** 2) for k in range(FRAMES + 1)} | {0, 6, 12, 18, 23})
    assert sorted(file.name for file in (out / "frames").iterdir()) == [f"step_{t:06d}.png" for t in frames]
    assert {file.name for file in out.iterdir()} == {"samples", "frames", "run.jsonl", "checkpoint.safetensors"}
    last = mine.game.sample(6, np.random.default_rng(0)).tobytes()
    assert (out / "samples" / "epoch_004.png").read_bytes() == last == (out / "frames" / "step_000023.png").read_bytes()
    assert trainer(out).restore().run() == rows  # nothing is left to do


def test_a_run_in_memory_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    a, b = trainer(), trainer(tmp_path / "b")
    rows = a.run()
    b.run()
    a.save()
    assert_same_bits(a, b)
    assert rows is a.rows
    assert [file.name for file in tmp_path.iterdir()] == ["b"]


def test_without_a_picture_there_is_still_a_checkpoint(tmp_path):
    trainer(tmp_path, picture=None).run()
    assert {file.name for file in tmp_path.iterdir()} == {"run.jsonl", "checkpoint.safetensors"}


def test_bytes_and_floats_are_the_same_images():
    a, b = trainer(), trainer(x=data(np.float32)[0])
    a.run()
    b.run()
    np.testing.assert_allclose(a.rows[-1]["loss_D"], b.rows[-1]["loss_D"], rtol=1e-4)


def test_points_and_games_without_labels():
    class Mean(Game):
        """The smallest game: no network at all."""

        def step(self, draw, rng):
            x, y = draw()
            assert x.shape == (4, 2)
            assert y is None
            return {"mean": float(x.mean())}

    points = np.random.default_rng(0).standard_normal((10, 2))
    rows = Trainer(Mean(), points, batch=4, steps=5, log_every=1).run()
    assert [set(row) for row in rows] == [{"step", "epoch", "seconds", "mean"}] * 5


def test_what_does_not_fit_is_named():
    x, y = data()
    game = trainer().game
    with pytest.raises(ValueError, match="every image needs its label: got 50 images and 49 labels"):
        Trainer(game, x, y[:-1])
    with pytest.raises(ValueError, match="a batch must hold between 1 and all 50 images, got batch=51"):
        Trainer(game, x, y, batch=N + 1)
    with pytest.raises(ValueError, match="a batch needs a whole number batch >= 1, got batch=0"):
        Trainer(game, x, y, batch=0)
    for name in ("steps", "log_every"):
        with pytest.raises(ValueError, match=f"Trainer needs a whole number {name} >= 1, got {name}=0"):
            Trainer(game, x, y, batch=4, **{name: 0})
    with pytest.raises(ValueError, match="pass labels y"):
        Trainer(game, x, batch=4).step()
    with pytest.raises(TypeError, match=r"got int64: use x\.astype\(np\.uint8\)"):
        Trainer(game, x.astype(np.int64), y, batch=4)
    with pytest.raises(
        ValueError, match="the game has 3 classes, labels 0 to 2, but the data have labels up to 3: build"
    ):
        Trainer(game, x, np.where(y == 2, 3, y), batch=4)


# ---- sources -----------------------------------------------------------------------------------------------------------


def noise_images(n, rng):
    return rng.integers(256, size=(n, 4, 4, 1)).astype(np.uint8), rng.integers(3, size=n)


def streamed(out=None):
    """The same game on a stream, in which every image is new; its state is after the steps' generator's."""
    mine = trainer()
    stream = Stream(noise_images, np.random.default_rng(5), (4, 4, 1), classes=3)
    return Trainer(mine.game, stream, batch=BATCH, steps=9, seed=0, out=out)


def test_each_critic_step_sees_a_new_batch():
    mine, drawn = trainer(), []
    right = mine.source.batch
    mine.source.batch = lambda n: drawn.append(right(n)) or drawn[-1]
    for t in (1, 2, 3):
        mine.step()
        assert len(drawn) == 2 * t  # d_steps = 2
    assert len({x.tobytes() for x, _ in drawn}) == 6
    assert mine.drawn is drawn[-1]


def test_a_stream_resumes_with_the_bits_of_a_run_never_stopped(tmp_path):
    whole, stopped = streamed(), streamed(tmp_path)
    whole.run()
    with pytest.raises(KeyboardInterrupt):
        stopped.run(ctrl_c_at(4))
    stopped.source.rng.standard_normal(100)  # what happens after the checkpoint is not in it
    resumed = streamed(tmp_path).restore()
    assert resumed.t == 4
    resumed.run()
    for name, array in whole.arrays().items():
        assert array.tobytes() == resumed.arrays()[name].tobytes(), name
    assert whole.source.state() == resumed.source.state()
    assert whole.rng.bit_generator.state == resumed.rng.bit_generator.state


def test_an_array_and_its_epochs_are_the_same_run():
    x, y = data()
    a = trainer()
    b = Trainer(
        trainer().game, Epochs(x, y, rng=np.random.default_rng(np.random.SeedSequence(0).spawn(2)[0])), batch=BATCH
    )
    for _ in range(8):
        assert a.step() == b.step()
    with pytest.raises(ValueError, match="a Source brings its own labels: pass y to the Source, not to the Trainer"):
        Trainer(a.game, a.source, y, batch=BATCH)


# ---- another method ----------------------------------------------------------------------------------------------------


class Denoiser(Game):
    """A game of ten lines that is not a GAN: x from a noisy x. It counts its steps, to have a state of its own."""

    def __init__(self):
        self.net = Sequential(Dense(2, 8), Tanh(), Dense(8, 2), rng=1)
        self.opt, self.count = Adam(self.net, 0.01), 0
        self.networks, self.optimizers = {"net": self.net}, {"net": self.opt}
        self.panels = (Panel("Error", ("mse",)),)

    def step(self, draw, rng):
        (x, _), self.count = draw(), self.count + 1
        y, caches = self.net.forward(x + 0.1 * rng.standard_normal(x.shape))
        value, dy = mse(y, x)
        self.net.backward(dy, caches, need_dx=False)
        self.opt.step()
        return {"mse": value}

    def sample(self, n, rng, labels=None):
        return self.net(rng.standard_normal((n, 2)))

    def state(self):
        return {"count": self.count}

    def restore(self, state):
        self.count = state["count"]


def test_a_game_that_is_not_a_gan_trains_saves_resumes_and_plots(tmp_path):
    def made(out=None, steps=40):
        points = ring(100, np.random.default_rng(0))
        return Trainer(Denoiser(), points, batch=10, steps=steps, out=out, log_every=1, picture=picture, sheet=3)

    whole = made()
    rows = whole.run()
    assert rows[-1]["mse"] < rows[0]["mse"] / 2
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path).run(ctrl_c_at(13))
    resumed = made(tmp_path).restore()
    assert resumed.game.count == resumed.game.opt.t == 13
    assert without_seconds(resumed.run()) == without_seconds(rows)
    assert whole.game.net.theta.tobytes() == resumed.game.net.theta.tobytes()
    assert (tmp_path / "samples" / "epoch_004.png").read_bytes() == resumed.game.sample(
        3, np.random.default_rng(0)
    ).tobytes()
    curves(rows, tmp_path / "curves.png", whole.game.panels)
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_bad_number_in_a_game_without_inspect_is_still_named():
    mine = Trainer(Denoiser(), np.zeros((10, 2)), batch=5, steps=1)
    mine.source.x[...] = np.nan  # data are checked when the source is made
    with pytest.raises(NonFiniteError, match=r"step 1: net: the gradient of layer 2, Dense\(8, 2\), b\[1\] is nan"):
        mine.run()


def test_the_trainer_names_no_layer_no_loss_and_no_file():
    """What it may name of the library is in its imports; a method that needs a word more here shows that a seam is wrong."""
    source = Path(minigan.trainer.__file__).read_text()
    words = set(re.findall(r"\w+", source))
    layer_names = {name for name in dir(minigan.layers) if isinstance(getattr(minigan.layers, name), type)}
    loss_names = {*GAN_LOSSES, *(type(loss).__name__ for loss in GAN_LOSSES.values()), *PENALTIES}
    assert len(layer_names) > 20
    assert words & (layer_names | loss_names) == set()
    imported = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert {name for name in imported if name.startswith("minigan")} == {
        "minigan.data", "minigan.game", "minigan.optim", "minigan.running", "minigan.running.interrupt",
        "minigan.running.parts", "minigan.running.recorder",
    }  # fmt: skip
    assert len(source.splitlines()) < 150


# ---- evaluation --------------------------------------------------------------------------------------------------------


def evaluated(steps, **options):
    """The steps after which a run asks for its quality."""
    game = Game()
    game.step = lambda draw, rng: {"loss": 1.0}
    x = np.zeros((40, 2))
    asked = []
    mine = Trainer(game, x, batch=8, steps=steps, evaluate=lambda _: asked.append(mine.t) or {"good": 0.5}, **options)
    rows = mine.run()
    assert [row["step"] for row in rows if row.get("good") == 0.5] == asked
    return asked


def test_quality_is_measured_each_epoch_and_at_the_end():
    assert evaluated(20) == [5, 10, 15, 20]
    assert evaluated(24) == [5, 10, 15, 20, 24]
    assert evaluated(22) == [5, 10, 15, 22]  # the end comes too soon after 20
    assert evaluated(3) == [3]
    assert evaluated(20, evaluate_every=7) == [7, 14, 20]


@pytest.mark.parametrize("steps", [200, 203, 1111, 5000])
def test_a_long_run_is_not_measured_more_than_40_times(steps):
    asked = evaluated(steps)
    assert 20 <= len(asked) <= 40
    assert asked[-1] == steps
    assert {t % 5 for t in asked[:-1]} == {0}  # still at ends of epochs
    assert len(set(np.diff(asked[:-1]))) == 1


def test_progress_gets_the_quality_with_its_step():
    rows = {}
    trainer(log_every=100).run(lambda t, row: rows.update({t: row.get("quality")}))
    assert [t for t, value in rows.items() if value is not None] == [6, 12, 18, 23]


def test_without_an_evaluation_no_row_has_a_quality():
    a, b = trainer(evaluate=None), trainer()
    assert [row["step"] for row in a.run()] == [1, 4, 8, 12, 16, 20, 23]
    b.run()
    for name, array in a.arrays().items():
        assert array.tobytes() == b.arrays()[name].tobytes(), name  # looking changes nothing


# ---- Ctrl-C ------------------------------------------------------------------------------------------------------------


def ctrl_c_at(*steps):
    def progress(t, row):
        if t in steps:
            signal.raise_signal(signal.SIGINT)

    return progress


def test_ctrl_c_saves_and_the_run_goes_on(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    whole, stopped = trainer(tmp_path / "whole"), trainer(tmp_path / "stopped")
    whole.run()
    with pytest.raises(KeyboardInterrupt):
        stopped.run(ctrl_c_at(11))
    assert signal.getsignal(signal.SIGINT) is before
    assert stopped.t == 11
    resumed = trainer(tmp_path / "stopped").restore()
    assert resumed.t == 11
    assert_same_bits(stopped, resumed)
    with pytest.raises(KeyboardInterrupt):  # a run can be stopped as often as one likes
        resumed.run(ctrl_c_at(12))
    resumed = trainer(tmp_path / "stopped").restore()
    resumed.run()
    assert_same_bits(whole, resumed)
    assert_same_run(tmp_path / "whole", tmp_path / "stopped")


def test_a_second_ctrl_c_waits_for_nothing(tmp_path):
    def twice(t, row):
        if t == 8:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            pytest.fail("the second one is let through at once")

    mine = trainer(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        mine.run(twice)
    assert trainer(tmp_path).restore().t == 6  # the end of the epoch before


def test_ctrl_c_in_the_first_step_while_kernels_compile(tmp_path, monkeypatch):
    mine = trainer(tmp_path)

    def compiling(draw, rng):
        signal.raise_signal(signal.SIGINT)
        pytest.fail("Ctrl-C waited for the compiler")

    monkeypatch.setattr(mine.game, "step", compiling)
    with pytest.raises(KeyboardInterrupt):
        mine.run()
    assert trainer(tmp_path).restore().t == 0


# ---- NaN and Inf -------------------------------------------------------------------------------------------------------

LAST = r"Last finite values: loss_D -?[\d.e-]+, penalty [\d.e-]+, score_real .*loss_G -?[\d.e-]+\."


def stops(mine, step, *parts, last=LAST, optimizer=ADAM, x=None):
    """The run stops in this step with a message that has all these parts, and its last checkpoint is sound."""
    with pytest.raises(NonFiniteError) as caught:
        mine.run()
    message = str(caught.value)
    assert message.startswith(f"step {step}: ")
    for part in (*parts, re.escape(f"The last checkpoint is kept: {mine.out}/checkpoint.safetensors."), last):
        assert re.search(part, message), f"{part!r} is not in {message!r}"
    assert mine.t == step - 1
    good = trainer(mine.out, optimizer, x=x).restore()
    assert good.t == (step - 1) // 6 * 6
    assert all(np.isfinite(array).all() for array in good.arrays().values())
    return message


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_bad_number_in_the_data(tmp_path, value):
    x = data(np.float32)[0]
    source = Epochs(x, rng=trainer().source.rng)
    source.restore(trainer().source.state())
    seen = [source.indices(BATCH) for _ in range(10)]  # two critic steps a step: the last two are those of step 5
    (first, *_) = set(seen[8]) - {i for batch in seen[:8] for i in batch}
    mine = trainer(tmp_path, x=x)
    mine.source.identity()  # of the data before they are damaged
    mine.source.x[first, 2, 1, 0] = value  # data are checked when the source is made
    stops(
        mine,
        5,
        r"D: the gradient of layer \d, .*(nan|inf)",
        r"The first bad output is that of D, layer 0, .*, Conv2d\(1, 3, 3, pad=1\), "
        r"whose input was already bad: is there NaN or Inf in the data\?",
        x=data(np.float32)[0],
    )


def spoil(mine, at, change):
    """Let `change(game)` happen right before step `at`."""
    step = mine.game.step

    def spoiled(draw, rng):
        if mine.t + 1 == at:
            change(mine.game)
        return step(draw, rng)

    mine.game.step = spoiled
    return mine


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    ("net", "layer", "where"),
    [
        ("G", 1, r"G, layer 1, Dense\(5, 6\)\."),
        ("G", 2, r"G, layer 2, BatchNorm\(6\)\."),
        ("G", 5, r"G, layer 5, Dense\(6, 16\)\."),
        ("D", 1, r"D, layer 1, LabelScore\(4, 3\)\."),
    ],
)
def test_a_bad_weight(tmp_path, net, layer, where, value):
    def change(game):
        layer_ = game.networks[net].layers[layer]
        getattr(layer_, next(iter(layer_.parameters)))[...] = value

    stops(spoil(trainer(tmp_path), 9, change), 9, f"The first bad output is that of {where}")


@pytest.mark.parametrize("optimizer", [Adam, SGD])
def test_a_learning_rate_far_too_high(tmp_path, optimizer):
    def course(t):
        return 1e30 if t >= 12 else 1e-3  # D's 13th step, and so the 7th of the run, is a leap

    def leap(net, lr):
        return optimizer(net, course)

    mine = trainer(tmp_path, leap, loss=wasserstein, penalties=[partial(wgan_gp, lam=1.0)])
    stops(mine, 7, "of [GD]", "layer [0-9]", optimizer=optimizer)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda game: game.opt_G.v.__setitem__(2, np.inf), r"G\.theta\[2\] \(layer 0, .*Embedding.*, W\[1, 0\]\) is nan"),
        (lambda game: game.opt_G.m.__setitem__(9, np.nan), r"G\.theta\[9\] \(layer 1, .*Dense.*, W\[0, 3\]\) is nan"),
        (lambda game: game.ema.net.theta.__setitem__(1, np.nan), r"G\.average\.theta\[1\] \(layer 0, .*W\[0, 1\]\) is nan"),
        (lambda game: game.ema.net.state.__setitem__(0, np.nan), r"G\.average\.state\[0\] is nan"),
    ],
)  # fmt: skip
def test_a_bad_number_that_no_gradient_shows(tmp_path, change, named):
    mine = spoil(trainer(tmp_path), 10, change)
    stops(mine, 10, named)
    kept = mine.checkpoint_path.read_bytes()
    with pytest.raises(NonFiniteError, match=r"step 9: .* is nan; nothing was saved; the last checkpoint is kept: "):
        mine.save()  # what is broken cannot take its place
    assert mine.checkpoint_path.read_bytes() == kept


def test_a_bad_loss(tmp_path):
    mine = trainer(tmp_path)
    step = mine.game.step
    mine.game.step = lambda draw, rng: step(draw, rng) | {"loss_G": np.inf if mine.t == 8 else 0.5}
    stops(mine, 9, "step 9: loss_G is inf", last=r"loss_G 0\.5\.")


def test_a_bad_first_step_in_memory():
    mine = spoil(trainer(), 1, lambda game: game.D.theta.fill(np.nan))
    with pytest.raises(NonFiniteError, match=r"step 1: .*Last finite values: none yet\. Usual causes: a learning rate"):
        mine.run()


# ---- real processes, really killed -------------------------------------------------------------------------------------

TRAIN = (
    "--data digits8 --model mlp --width 8 --latent 6 --labels --steps 397 --batch 64 --loss relativistic --penalty r1,r2 "
    "--gamma 0.1 --lr 0.002 --schedule cosine --beta1 0.5 --beta2 0.99 --ema 0.95 --d-steps 2 --seed 3"
)  # 28 steps an epoch, 14 epochs and a bit


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run that nothing ever happened to."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    assert cli.main(["train", *TRAIN.split(), "--out", str(out)]) == 0
    return out


def train_until(sheet, out):
    """Train in a process of its own until this sheet is there -> the process, still running."""
    path = os.pathsep.join([str(Path(minigan.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-m", "minigan", "train", *TRAIN.split(), "--out", str(out)],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    until = time.monotonic() + 120
    while not (out / "samples" / sheet).exists():
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < until
        time.sleep(0.002)
    return process


@pytest.mark.slow
def test_kill_9_then_resume_gives_the_bits_of_a_whole_run(whole, tmp_path, capsys):
    out = tmp_path / "killed"
    with train_until("epoch_003.png", out) as process:
        process.kill()
    assert process.returncode == -signal.SIGKILL
    for leftover in out.rglob(".minigan-*.tmp"):  # what it was just writing, if anything; no reader sees it
        leftover.unlink()
    steps = checkpoint.load(out / "checkpoint.safetensors")[1]["step"]
    assert 2 * 28 <= steps < 397
    assert cli.main(["resume", str(out)]) == 0
    assert f"resuming {out} at step {steps} of 397" in capsys.readouterr().out
    assert_same_run(whole, out)


@pytest.mark.slow
def test_ctrl_c_exits_130_within_2_seconds_and_resume_goes_on(whole, tmp_path):
    out = tmp_path / "interrupted"
    with train_until("epoch_002.png", out) as process:
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        stderr = process.communicate(timeout=60)[1].decode()
        took = time.monotonic() - sent
    assert process.returncode == cli.INTERRUPTED == 130
    assert took < 2
    steps = checkpoint.load(out / "checkpoint.safetensors")[1]["step"]
    assert 2 * 28 <= steps < 397
    assert f"stopped at step {steps}; go on with: minigan resume {out}" in stderr
    assert "Traceback" not in stderr
    assert cli.main(["resume", str(out)]) == 0
    assert_same_run(whole, out)


def test_an_exception_in_the_last_progress_loses_nothing(tmp_path):
    class Counting(Game):
        def step(self, draw, rng):
            return {"loss": 1.0}

    def fail(t, row):
        if t == 10:
            raise RuntimeError

    x = np.zeros((35, 2), np.float32)
    with pytest.raises(RuntimeError):
        Trainer(Counting(), x, batch=5, steps=10, out=tmp_path).run(fail)
    assert Trainer(Counting(), x, batch=5, steps=10, out=tmp_path).restore().t == 10


def test_an_evaluation_that_raises_loses_no_row_and_no_checkpoint(tmp_path):
    """At step 5, the end of an epoch: the row is logged and the checkpoint is written all the same."""

    class Counting(Game):
        def step(self, draw, rng):
            return {"loss": 1.0}

    def evaluate(game):
        raise ZeroDivisionError("a bug in a measure")

    x = np.zeros((25, 2), np.float32)
    mine = Trainer(Counting(), x, batch=5, steps=10, out=tmp_path, evaluate=evaluate)
    with pytest.raises(ZeroDivisionError):
        mine.run()
    assert [row["step"] for row in mine.rows] == [1, 5]
    again = Trainer(Counting(), x, batch=5, steps=10, out=tmp_path).restore()
    assert again.t == 5
    assert [row["step"] for row in again.rows] == [1, 5]


def test_a_run_goes_on_in_its_own_number_of_shares(tmp_path):
    """run() of a restored run computes in as many shares as before, then gives the number back."""
    from minigan import kernels

    seen = []

    class Asking(Game):
        def step(self, draw, rng):
            seen.append(kernels.get_shares())
            return {"loss": 1.0}

    x = np.zeros((25, 2), np.float32)
    for shares, steps in ((1, 2), (3, 4)):
        kernels.set_threads(1, shares)
        mine = Trainer(Asking(), x, batch=5, steps=steps, out=tmp_path)
        (mine.restore() if steps == 4 else mine).run()
        assert kernels.get_shares() == shares
    assert seen == [1, 1, 1, 1]
