"""The command line: what it makes, where it says it is, and one sentence when it cannot."""

import contextlib
import dataclasses
import importlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minigan
from minigan import __version__, cli
from minigan.kernels.parallel import threads
from minigan.penalties import R1, R2, Dragan, WganGp
from minigan.running import checkpoint, runs
from minigan.running.config import Config

TINY = "--model mlp --width 4 --latent 5 --steps 3 --batch 16".split()  # noqa: SIM905
COMMANDS = tuple(cli._parser()._subparsers._group_actions[0].choices)  # train, resume, sample, ...


def failing(capsys, *argv) -> str:
    """Run a command that cannot do its work -> its one sentence."""
    assert cli.main([str(part) for part in argv]) == cli.WRONG == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"minigan {argv[0]}: ")
    assert said.err.count("\n") == 1
    return said.err


def refused(capsys, *argv) -> str:
    """Run a command that argparse refuses -> what it says."""
    with pytest.raises(SystemExit) as caught:
        cli.main([str(part) for part in argv])
    assert caught.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A finished run of three steps, in a folder whose name has a letter that not every terminal knows."""
    out = tmp_path_factory.mktemp("runs") / "é"
    assert cli.main(["train", *TINY, "--data", "digits8", "--seed", "5", "--out", str(out)]) == 0
    return out


# ---- help, version, options --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_that_works(capsys, command):
    with pytest.raises(SystemExit) as caught:
        cli.main([command, "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert said.isascii()
    example = said.split("example: ")[1].split()
    assert example[:2] == ["minigan", command]
    assert cli._parse(example[1:]).command == command


def test_help_lists_every_command_and_train_every_option(capsys):
    for argv, parts in (
        (["--help"], COMMANDS),
        (["train", "--help"], [f"--{item.name.replace('_', '-')}" for item in dataclasses.fields(Config)]),
    ):
        with pytest.raises(SystemExit):
            cli.main(argv)
        said = capsys.readouterr().out
        assert all(part in said for part in parts)


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"minigan {__version__}\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["train", "--stepz", "3"], "unknown option --stepz: did you mean --steps?"),
        (["train", "--d_steps=3"], "unknown option --d_steps=3: did you mean --d-steps?"),
        (["train", "--no-label"], None),  # an abbreviation argparse understands or not: never a traceback
        (["sample", "x", "--number", "3"], "unknown option --number: see minigan sample --help"),
        (["resume", "x", "y"], "unknown option y: see minigan resume --help"),
        (["train", "--steps", "many"], "argument --steps: invalid int value: 'many'"),
        (["train", "--lr", "x"], "argument --lr: invalid float value: 'x'"),
        (["trian"], "invalid choice: 'trian'"),
        ([], "required: COMMAND"),
        (["sample"], "required: RUN"),
    ],
)
def test_options_that_do_not_exist_or_fit(capsys, monkeypatch, argv, message):
    monkeypatch.setattr(runs, "start", lambda *_: (_ for _ in ()).throw(ValueError("not to be reached")))
    if message:
        assert message in refused(capsys, *argv)
    else:
        assert "not to be reached" in failing(capsys, *argv)


@pytest.fixture
def configured(monkeypatch):
    """`minigan train` that trains nothing; -> the configs and folders it would have trained."""
    given = []
    monkeypatch.setattr(runs, "start", lambda config, out: given.append((config, out)))
    monkeypatch.setattr(cli, "_go", lambda config, trainer: 0)
    return given


FLAGS = (
    "--model mlp --data digits8 --loss hinge --penalty r2,wgan_gp --gamma 0.5 --lam 2 --no-labels --steps 7 --batch 3 "
    "--d-steps 2 --lr 1e-4 --schedule linear --beta1 0.3 --beta2 0.7 --ema 0.5 --latent 9 --width 6 --size 16 --channels 1 "
    "--download --deterministic --seed 8"
)


def test_flags_and_a_file_give_the_same_config(configured, tmp_path):
    expected = Config(
        model="mlp", data="digits8", loss="hinge", penalty="r2,wgan_gp", gamma=0.5, lam=2.0, labels=False, steps=7, batch=3,
        d_steps=2, lr=1e-4, schedule="linear", beta1=0.3, beta2=0.7, ema=0.5, latent=9, width=6, size=16, channels=1,
        download=True, deterministic=True, seed=8,
    )  # fmt: skip
    path = tmp_path / "mine.toml"
    path.write_text(expected.to_toml(), encoding="utf-8")
    assert cli.main(["train", *FLAGS.split()]) == 0
    assert cli.main(["train", "--config", str(path), "--out", "there"]) == 0
    assert cli.main(["train", "--config", str(path), "--labels", "--no-download", "--seed", "0"]) == 0
    assert cli.main(["train"]) == 0
    flags, file, both, none = configured
    assert flags == (expected, None)
    assert file == (expected, Path("there"))
    assert both == (dataclasses.replace(expected, labels=True, download=False, seed=0), None)
    assert none == (Config(), None)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--model", "dcgann"], "unknown model 'dcgann': did you mean 'dcgan'?"),
        (["--data", "digits"], "unknown data set 'digits': did you mean 'digits8'?"),
        (["--steps", "0"], "steps must be at least 1, got 0"),
        (["--lr", "nan"], "lr must be 0 or more, and finite, got nan"),
        (["--data", "folder:/no/such/place"], "needs an existing folder of pictures, got '/no/such/place'"),
        (["--data", "digits8", "--download"], "digits8 needs neither"),
        (["--data", "digits8", "--batch", "1798"], "between 1 and all 1797 images, got batch=1798"),
        (["--data", "digits8", "--batch", "1"], "at least two values per channel"),
        (["--config", "/no/such.toml"], "No such file or directory: '/no/such.toml'"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(capsys, tmp_path, argv, message):
    argv = [*TINY, *argv, "--out", tmp_path / "run"]
    assert cli.main([str(part) for part in ["train", *argv]]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("minigan train: ")
    assert message in said


def test_a_missing_data_set_says_how_to_get_it(capsys, tmp_path, monkeypatch):
    from minigan.data import mnist

    monkeypatch.setattr(mnist, "_places", lambda *_: [], raising=True)
    assert cli.main(["train", *TINY, "--data", "mnist", "--out", str(tmp_path / "run")]) == 1
    said = capsys.readouterr().err
    assert "mnist: train-images-idx3-ubyte[.gz] was not found" in said
    assert "Traceback" not in said
    assert not (tmp_path / "run").exists()


# ---- train -------------------------------------------------------------------------------------------------------------


def test_train_says_where_everything_is(capsys, tmp_path):
    out = tmp_path / "mine"
    assert cli.main(["train", *TINY, "--data", "digits8", "--out", str(out)]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[1].startswith("3 steps in ")
    assert lines[2].startswith("frechet pixels 8x8 ")
    assert lines[2].endswith(" with 898 samples (in brackets: real samples)")
    places = dict(line.split() for line in lines[3:-2])
    assert list(places) == ["samples", "film", "curves", "walk", "table", "checkpoint", "config"]
    assert all(Path(place).exists() for place in places.values())
    assert lines[-2:] == [
        f"All measures: minigan evaluate {out}",
        f"More samples: minigan sample {out} --n 64 --out grid.png",
    ]
    assert "Frechet=" in said.err
    assert "D=" in said.err
    assert "G=" in said.err
    with Image.open(places["film"]) as film, Image.open(places["walk"]) as walk:
        assert (film.n_frames, walk.n_frames) == (4, 60)
    with Image.open(out / "samples" / "epoch_001.png") as sheet:
        assert sheet.size == (10 * (8 + 2) + 2, 8 * (8 + 2) + 2)


def test_a_run_without_out_gets_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs.start(Config(model="mlp", data="digits8", width=4, batch=8))
    runs.start(Config(data="ring", width=4))
    (tmp_path / "my pictures").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "my pictures" / "a.png")
    trainer = runs.start(Config(model="dcgan", data="folder:my pictures", width=4, size=8, batch=1))
    names = sorted(folder.name.rsplit("-", 2)[0] for folder in Path("runs").iterdir())
    assert names == ["digits8-mlp", "my pictures-dcgan", "ring-toy"]
    monkeypatch.chdir("/")  # a run finds its pictures again from anywhere
    config, again = runs.open_run(tmp_path / trainer.out)
    assert config.data == f"folder:{tmp_path / 'my pictures'}"
    assert again.source.x.shape == (1, 8, 8, 3)


def pictures(folder, *classes):
    """A folder of coloured noise, one subfolder a class."""
    rng = np.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(5):
            Image.fromarray(rng.integers(256, size=(9 + i, 12, 3), dtype=np.uint8)).save(folder / name / f"{i}.png")
    return f"folder:{folder}"


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("data", ["digits8", "mnist10k", "emoji"])
@pytest.mark.parametrize("model", ["mlp", "dcgan", "dcgan_up"])
def test_every_model_trains_on_every_data_set(model, data, labels, monkeypatch):
    monkeypatch.setattr(importlib.import_module("minigan.evaluation.watch"), "IMAGES", 50)
    config = Config(model=model, data=data, labels=labels, width=2, latent=4, batch=4, steps=2, penalty="r1,r2")
    trainer = runs.build(config)
    side, channels = {"digits8": (8, 1), "mnist10k": (28 if model == "mlp" else 32, 1), "emoji": (32, 3)}[data]
    assert trainer.source.shape == (side, side, channels)
    assert (
        trainer.game.classes
        == labels
        * {"digits8": 10, "mnist10k": 10, "emoji": trainer.source.y is None or trainer.source.y.max() + 1}[data]
    )
    rows = trainer.run()
    assert [row["step"] for row in rows] == [1, 2]
    frechet = "frechet_digitnet" if data == "mnist10k" else "frechet_pixels_8x8"
    assert rows[-1].keys() - rows[0].keys() == {frechet, "precision", "recall"}
    images = trainer.game.sample(3, np.random.default_rng(0))
    assert images.shape == (3, side, side, channels)
    assert np.abs(images).max() <= 1


@pytest.mark.parametrize("model", ["mlp", "dcgan", "dcgan_up"])
@pytest.mark.parametrize(("classes", "known"), [(("",), 0), (("cats", "dogs"), 2)])
def test_every_model_trains_on_a_folder(tmp_path, model, classes, known):
    data = pictures(tmp_path, *classes)
    for size, channels in ((8, 3), (11, 1)):  # 11 gets a frame to 16, except for the mlp
        config = Config(model=model, data=data, size=size, channels=channels, width=2, latent=4, batch=3, steps=2)
        trainer = runs.build(config)
        assert trainer.game.classes == known
        side = size if model == "mlp" else {8: 8, 11: 16}[size]
        assert trainer.run()[-1]["step"] == 2
        assert trainer.game.sample(2, np.random.default_rng(0)).shape == (2, side, side, channels)


def test_points_of_the_plane(capsys, tmp_path):
    assert runs.build(Config(data="ring", width=4, steps=2)).run()[-1]["step"] == 2
    out = tmp_path / "grid"
    assert cli.main(["train", "--data", "grid", "--width", "4", "--steps", "1", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "walk" not in said  # of points there is none
    assert "modes found 0" in said
    assert (out / "film.gif").exists()
    assert cli.main(["sample", str(out), "--n", "7", "--out", str(tmp_path / "points.png")]) == 0
    assert (tmp_path / "points.png").exists()


def test_a_handful_of_pictures_is_not_measured(capsys, tmp_path):
    argv = [
        *TINY,
        "--data",
        pictures(tmp_path / "few", ""),
        "--batch",
        "3",
        "--size",
        "8",
        "--out",
        str(tmp_path / "run"),
    ]
    assert cli.main(["train", *argv]) == 0
    assert "in brackets" not in capsys.readouterr().out
    message = failing(capsys, "evaluate", tmp_path / "run", "--n", "200")
    assert "statistics need at least 100 generated and 100 real images, got 200 and 5" in message


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_both_learning_rates_end_with_the_run(schedule):
    config = Config(model="mlp", data="digits8", width=2, batch=4, steps=10, d_steps=5, lr=0.1, schedule=schedule)
    game = runs.build(config).game
    game.opt_G.t, game.opt_D.t = 5, 25  # in the middle of the run
    middle = {"constant": 0.1, "linear": 0.05, "cosine": 0.05}[schedule]
    assert game.opt_G.rate() == pytest.approx(middle)
    assert game.opt_D.rate() == pytest.approx(middle)


def test_penalties_ema_and_loss_are_those_of_the_config():
    options = {"model": "mlp", "data": "digits8", "width": 2, "batch": 4}
    config = Config(
        **options, penalty="r1, r2,wgan_gp,dragan", gamma=3, lam=4, ema=0, loss="hinge", d_steps=2, latent=6
    )
    game = runs.build(config).game
    assert game.penalties == [R1(gamma=3.0), R2(gamma=3.0), WganGp(lam=4.0), Dragan(lam=4.0)]
    assert (game.ema, repr(game.loss), game.d_steps, game.latent) == (None, "Hinge", 2, 6)
    game = runs.build(Config(**options, penalty="none", ema=0.5)).game
    assert game.penalties == []
    assert game.ema.decay == 0.5


def test_the_streams_of_a_run_are_not_each_others():
    """The first weights, the points, the order and the noise are drawn from four streams, none of them twice."""
    trainer = runs.build(Config(data="ring", width=4, seed=3))
    states = {trainer.rng.bit_generator.state["state"]["state"]}
    for child in np.random.SeedSequence(3).spawn(4):
        states.add(np.random.default_rng(child).bit_generator.state["state"]["state"])
    assert len(states) == 4  # the noise stream, not drawn from yet, is one of them
    _, _, init, draw = np.random.SeedSequence(3).spawn(4)
    from minigan import data, models

    np.testing.assert_array_equal(trainer.source.x, data.ring(100_000, np.random.default_rng(draw)))
    G, _ = models.toy(trainer.game.latent, 4, rng=np.random.default_rng(init))
    np.testing.assert_array_equal(trainer.game.G.theta, G.theta)


# ---- a run on disk -----------------------------------------------------------------------------------------------------


def test_the_config_beside_a_run_repeats_it(digits, tmp_path):
    assert cli.main(["train", "--config", str(digits / "config.toml"), "--out", str(tmp_path / "again")]) == 0
    runs_ = [checkpoint.load(folder / "checkpoint.safetensors") for folder in (digits, tmp_path / "again")]
    assert all(runs_[0][0][name].tobytes() == runs_[1][0][name].tobytes() for name in runs_[0][0])
    for name in ("config.toml", "film.gif", "walk.gif", "curves.png", "samples/epoch_001.png"):
        assert (digits / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_folder_that_holds_a_run_is_not_overwritten(capsys, digits):
    before = (digits / "checkpoint.safetensors").read_bytes()
    message = failing(capsys, "train", *TINY, "--out", digits)
    assert f"{digits} already holds a run: go on with it (minigan resume {digits}), or choose another --out" in message
    assert (digits / "checkpoint.safetensors").read_bytes() == before


def test_sample_writes_a_sheet_and_says_where(capsys, digits, tmp_path, monkeypatch):
    out = tmp_path / "new" / "grid.png"
    assert cli.main(["sample", str(digits), "--n", "13", "--seed", "4", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    with Image.open(out) as sheet:
        assert sheet.size == (102, 22)
    assert cli.main(["sample", str(digits), "--n", "13", "--seed", "4"]) == 0
    (said,) = capsys.readouterr().out.splitlines()
    assert said == f"{digits}/sample_13_seed4.png"
    assert Path(said).read_bytes() == out.read_bytes()
    assert cli.main(["sample", str(digits), "--n", "13", "--seed", "5", "--out", str(out)]) == 0
    assert Path(said).read_bytes() != out.read_bytes()


def test_resume_of_a_finished_run_draws_its_pictures_again(capsys, digits):
    kept = {name: (digits / name).read_bytes() for name in ("film.gif", "curves.png", "checkpoint.safetensors")}
    (digits / "film.gif").unlink()  # as if the process had been killed before it was drawn
    assert cli.main(["resume", str(digits)]) == 0
    assert "is finished: all 3 steps are done" in capsys.readouterr().out
    assert {name: (digits / name).read_bytes() for name in kept} == kept


def test_a_finished_run_from_before_there_were_measures(capsys, damaged):
    log = damaged / "run.jsonl"
    rows = [
        {name: value for name, value in json.loads(line).items() if name in OLD}
        for line in log.read_text().splitlines()
    ]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli.main(["resume", str(damaged)]) == 0
    assert "in brackets" not in capsys.readouterr().out


OLD = ("step", "epoch", "seconds", "loss_D", "loss_G", "penalty", "score_real", "score_fake")


def test_a_run_whose_frames_were_thrown_away_has_no_film(capsys, damaged):
    assert cli.main(["resume", str(damaged)]) == 0
    said = capsys.readouterr().out
    assert f"walk       {damaged}/walk.gif" in said
    assert "film" not in said


@pytest.fixture
def damaged(digits, tmp_path):
    """A copy of the run, to be damaged."""
    for name in ("config.toml", "checkpoint.safetensors", "run.jsonl"):
        (tmp_path / name).write_bytes((digits / name).read_bytes())
    return tmp_path


def test_evaluate_prints_what_it_saves(capsys, damaged):
    assert cli.main(["evaluate", str(damaged), "--n", "150"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{damaged}, step 3\n\n| measure")
    assert "| Frechet distance, pixels 8x8 " in said
    assert "150 generated against 150 real; real against real: 150 against 150." in said
    places = dict(line.split() for line in said.splitlines() if line.startswith("  "))
    assert list(places) == ["table", "json", "scores", "nearest"]
    assert said.split("\n\n")[1] in Path(places["table"]).read_text()
    for name in ("scores", "nearest"):
        with Image.open(places[name]) as picture:
            assert picture.format == "PNG"
    first = Path(places["json"]).read_bytes()
    assert cli.main(["evaluate", str(damaged), "--n", "150"]) == 0
    assert Path(places["json"]).read_bytes() == first
    assert cli.main(["evaluate", str(damaged), "--n", "150", "--seed", "1"]) == 0
    assert Path(places["json"]).read_bytes() != first
    capsys.readouterr()
    assert "sample needs n >= 1 images, got 0" in failing(capsys, "evaluate", damaged, "--n", "0")


@pytest.mark.parametrize("command", ["sample", "resume", "evaluate"])
def test_folders_that_hold_no_sound_run(capsys, damaged, command):
    for nowhere in (damaged / "nowhere", damaged / "config.toml"):
        assert f"{nowhere} holds no run (no config.toml in it)" in failing(capsys, command, nowhere)
    config, blob = damaged / "config.toml", (damaged / "checkpoint.safetensors").read_bytes()
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("width = 4", "width = 5"), encoding="utf-8")
    assert "Build the network with the settings it was saved with" in failing(capsys, command, damaged)
    config.write_text(text.replace("width", "widht"), encoding="utf-8")
    assert "unknown option 'widht'" in failing(capsys, command, damaged)
    config.write_text(text, encoding="utf-8")
    (damaged / "checkpoint.safetensors").write_bytes(blob[:-7])
    assert "It was cut short or altered" in failing(capsys, command, damaged)
    (damaged / "checkpoint.safetensors").write_bytes(blob[:-7] + bytes(7))
    assert "was altered after it was saved" in failing(capsys, command, damaged)
    (damaged / "checkpoint.safetensors").unlink()
    assert "there is no checkpoint file" in failing(capsys, command, damaged)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--n", "0"], "sample needs n >= 1 images, got 0"),
        (["--n", "-2"], "sample needs n >= 1 images, got -2"),
        (["--seed", "-1"], "non-negative"),
        (["--out", "/"], "it is a folder; give the name of a file in it"),
    ],
)
def test_what_cannot_be_sampled(capsys, digits, argv, message):
    assert message in failing(capsys, "sample", digits, *argv)


# ---- interrupted, diverged ---------------------------------------------------------------------------------------------


@pytest.fixture
def stop_at(monkeypatch):
    """Let something be raised in the middle of `minigan train`."""

    def install(error, step=2):
        def broken(trainer):
            if trainer.t + 1 == step:
                raise error
            return original(trainer)

        original = runs.Trainer.step
        monkeypatch.setattr(runs.Trainer, "step", broken)

    return install


def test_ctrl_c_is_130_and_tells_how_to_go_on(capsys, tmp_path, stop_at):
    stop_at(KeyboardInterrupt)
    assert cli.main(["train", *TINY, "--data", "digits8", "--out", str(tmp_path)]) == 130
    assert f"stopped at step 1; go on with: minigan resume {tmp_path}" in capsys.readouterr().err


def test_ctrl_c_before_the_first_step_leaves_a_run_to_go_on_with(capsys, tmp_path, monkeypatch):
    def compiling(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(runs.GAN, "sample", compiling)
        assert cli.main(["train", *TINY, "--data", "digits8", "--out", str(tmp_path)]) == 130
    assert f"stopped at step 0; go on with: minigan resume {tmp_path}" in capsys.readouterr().err
    assert cli.main(["resume", str(tmp_path)]) == 0
    assert f"taking up {tmp_path} at step 0 of 3" in capsys.readouterr().out


def test_ctrl_c_elsewhere_is_quiet(capsys, monkeypatch):
    def slow(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "open_run", slow)
    assert cli.main(["sample", "x"]) == 130
    assert capsys.readouterr().err == ""


def test_a_run_that_diverges_is_one_sentence(capsys, tmp_path):
    argv = [*TINY, "--data", "digits8", "--lr", "1e30", "--schedule", "constant", "--out", str(tmp_path)]
    assert cli.main(["train", *argv]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "Warning" not in said
    assert "minigan train: step " in said
    assert f"The last checkpoint is kept: {tmp_path}/checkpoint.safetensors." in said


def test_an_error_of_ours_is_not_hidden(stop_at, tmp_path):
    stop_at(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        cli.main(["train", *TINY, "--data", "digits8", "--out", str(tmp_path)])


def test_certify_hands_on_its_verdict(monkeypatch):
    from minigan.measure import certify

    monkeypatch.setattr(certify, "run", lambda only: {None: 0, "Dense": 1}[only])
    assert cli.main(["certify"]) == 0
    assert cli.main(["certify", "--only", "Dense"]) == 1


def test_output_may_be_caught_in_a_string(digits, tmp_path):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert cli.main(["sample", str(digits), "--n", "1", "--out", str(tmp_path / "one.png")]) == 0
    assert said.getvalue() == f"{tmp_path}/one.png\n"


@pytest.mark.parametrize("line_buffering", [True, False])
def test_a_broken_pipe_is_quiet(digits, tmp_path, monkeypatch, line_buffering):
    read, write = os.pipe()
    os.close(read)
    with monkeypatch.context() as patch, open(write, "w", buffering=1 if line_buffering else -1) as stdout:
        patch.setattr(sys, "stdout", stdout)
        patch.setattr(sys, "stderr", None)
        assert cli.main(["sample", str(digits), "--n", "1", "--out", str(tmp_path / "one.png")]) == cli.BROKEN_PIPE
        print("what is said now goes nowhere, without an error", flush=True)
    assert (tmp_path / "one.png").exists()


# ---- real processes ----------------------------------------------------------------------------------------------------


def minigan_process(*argv, **options):
    path = os.pathsep.join([str(Path(minigan.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PYTHONPATH": path} | options.pop("env", {})
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    argv = [sys.executable, "-W", "error", "-m", "minigan", *map(str, argv)]
    return subprocess.run(argv, env=env, timeout=120, check=False, **options)


def test_a_terminal_that_knows_no_accents(digits, tmp_path):
    done = minigan_process("sample", digits, "--out", tmp_path / "é.png", env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == str(tmp_path / "é.png").encode("ascii", "backslashreplace") + b"\n"
    assert (tmp_path / "é.png").exists()


def test_a_reader_that_goes_away(digits, tmp_path):
    read, write = os.pipe()
    os.close(read)
    try:
        done = minigan_process(
            "sample", digits, "--out", tmp_path / "grid.png", stdout=write, env={"PYTHONUNBUFFERED": ""}
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (cli.BROKEN_PIPE, b"")
    assert (tmp_path / "grid.png").exists()


def test_closed_streams(digits):
    """minigan resume RUN >&- 2>&-: Python then has no sys.stdout and no sys.stderr."""

    def close():
        os.close(1)
        os.close(2)

    assert minigan_process("resume", digits, stdout=None, stderr=None, preexec_fn=close).returncode == 0


@pytest.fixture
def any_threads(monkeypatch):
    """Every call is cut, however small; the number of threads comes back afterwards."""
    monkeypatch.setattr(threads, "SMALL", 0)
    before = threads.get_threads(), threads.get_shares()
    yield
    threads.set_threads(*before)


def test_deterministic_runs_have_the_same_bits_on_one_thread_and_two(capsys, tmp_path, any_threads):
    def weights(n, *options):
        out = tmp_path / f"{n}{len(options)}"
        run = ["train", *TINY, "--model", "dcgan", "--data", "digits8", "--threads", str(n)]  # many sums over the batch
        assert cli.main([*run, *options, "--out", str(out)]) == 0
        return checkpoint.load(out / "checkpoint.safetensors")[0]["G.theta"].tobytes()

    assert weights(1, "--deterministic") == weights(2, "--deterministic")
    assert weights(1) != weights(2)  # else this test shows nothing


def test_no_threads_is_an_error(capsys, tmp_path):
    assert "must be a whole number of at least 1, got 0" in failing(
        capsys, "train", *TINY, "--data", "digits8", "--threads", 0, "--out", tmp_path / "run"
    )
