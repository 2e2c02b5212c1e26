"""minigan train: flags and files of any recipe, what a run leaves, what stops it."""

import dataclasses
from contextlib import nullcontext
from pathlib import Path

import pytest
from PIL import Image

from cli import TINY, failing, refused
from cli.conftest import pictures
from minigan import cli
from minigan.game import GAN
from minigan.kernels.parallel import threads
from minigan.running import checkpoint, folder, options
from minigan.trainer import Trainer
from minigan.zoo import gan

pytestmark = pytest.mark.slow


@pytest.fixture
def configured(monkeypatch):
    """`minigan train` that trains nothing; -> the configs and folders it would have trained."""
    given = []
    monkeypatch.setattr(folder, "starting", lambda config, out: nullcontext(given.append((config, out))))
    monkeypatch.setattr("minigan.cli.progress.go", lambda run: 0)
    return given


def test_help_shows_the_options_of_the_recipe(capsys):
    for argv in (["train", "--help"], ["train", "gan", "--help"]):
        with pytest.raises(SystemExit):
            cli.main(argv)
        said = capsys.readouterr().out
        assert all(f"--{item.name.replace('_', '-')}" in said for item in dataclasses.fields(gan.Options))


FLAGS = (
    "--model mlp --data folder:pictures --loss hinge --penalty r2,wgan_gp --gamma 0.5 --lam 2 --no-labels --steps 7 --batch 3 "
    "--d-steps 2 --lr 1e-4 --schedule linear --beta1 0.3 --beta2 0.7 --ema 0.5 --latent 9 --width 6 --size 16 --channels 1 "
    "--deterministic --seed 8"
)


def test_flags_and_a_file_give_the_same_config(configured, tmp_path):
    expected = gan.Options(
        model="mlp", data="folder:pictures", loss="hinge", penalty="r2,wgan_gp", gamma=0.5, lam=2.0, labels=False, steps=7, batch=3,
        d_steps=2, lr=1e-4, schedule="linear", beta1=0.3, beta2=0.7, ema=0.5, latent=9, width=6, size=16, channels=1,
        deterministic=True, seed=8,
    )  # fmt: skip
    path = tmp_path / "mine.toml"
    path.write_text(options.Config(gan, expected).to_toml(), encoding="utf-8")
    assert cli.main(["train", *FLAGS.split()]) == 0
    assert cli.main(["train", "--config", str(path), "--out", "there"]) == 0
    assert cli.main(["train", "--config", str(path), "--labels", "--no-deterministic", "--seed", "0"]) == 0
    assert cli.main(["train"]) == 0
    assert [config.recipe for config, _ in configured] == [gan] * 4
    flags, file, both, none = ((config.options, out) for config, out in configured)
    assert flags == (expected, None)
    assert file == (expected, Path("there"))
    assert both == (dataclasses.replace(expected, labels=True, deterministic=False, seed=0), None)
    assert none == (gan.Options(), None)


def test_the_file_chooses_the_recipe(configured, tmp_path, monkeypatch, capsys):
    (tmp_path / "plain.py").write_text(RECIPE, encoding="utf-8")
    monkeypatch.setenv("MINIGAN_RECIPES", str(tmp_path))
    (tmp_path / "mine.toml").write_text('recipe = "plain"\nspeed = 3\n', encoding="utf-8")
    file = str(tmp_path / "mine.toml")
    for argv in (["--config", file, "--twice"], [f"--config={file}", "--twice"], ["plain", "--speed", "3", "--twice"]):
        assert cli.main(["train", *argv]) == 0
    found = [(config.recipe.__name__, config.options.speed, config.options.twice) for config, _ in configured]
    assert found == [("minigan_recipes.plain", 3.0, True)] * 3
    message = failing(capsys, "train", "gan", "--config", file)
    assert f"{file} is of the recipe plain, not of gan: leave the recipe out, or take another file" in message
    assert "unknown option --spede: did you mean --speed?" in refused(capsys, "train", "plain", "--spede", "3")
    assert "unknown option --speed=3: did you mean --seed?" in refused(capsys, "train", "--speed=3")
    assert "the recipe comes first: minigan train plain ..." in failing(capsys, "train", "--steps", "3", "plain")
    assert "unknown recipe 'plane': did you mean 'plain'?" in failing(capsys, "train", "--steps", "3", "plane")
    assert cli.main(["train", "--steps", "3", "gan"]) == 0
    with pytest.raises(SystemExit):
        cli.main(["train", "plain", "--help"])
    assert "how fast (default: 1.0)" in capsys.readouterr().out


RECIPE = """'A plain recipe.'
from dataclasses import dataclass
from minigan.zoo import recipe
from minigan.zoo.recipe import option

@dataclass(frozen=True)
class Options(recipe.Options):
    speed: float = option(1.0, "how fast")
    twice: bool = option(False, "do it again")

def build(options, source, rng):
    raise NotImplementedError
"""


def test_an_option_may_not_hide_a_flag_of_the_command(tmp_path, monkeypatch, capsys):
    (tmp_path / "plain.py").write_text(RECIPE.replace("speed", "out"), encoding="utf-8")
    monkeypatch.setenv("MINIGAN_RECIPES", str(tmp_path))
    message = failing(capsys, "train", "plain")
    assert "plain has an option out, but --out is a flag of minigan train itself: rename it" in message


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--model", "dcgann"], "unknown model 'dcgann': did you mean 'dcgan'?"),
        (["--data", "digits"], "unknown data set 'digits': did you mean 'digits8'?"),
        (["--steps", "0"], "steps must be at least 1, got 0"),
        (["--lr", "nan"], "lr must be finite and at least 0, got nan"),
        (["--data", "folder:/no/such/place"], "needs an existing folder of pictures, got '/no/such/place'"),
        (
            ["--data", "digits8", "--download"],
            "download = True would have no effect: only mnist and fashion_mnist can be",
        ),
        (["--data", "digits8", "--size", "32"], "size = 32 would have no effect: only the pictures of a folder"),
        (["--data", "digits8", "--lam", "3"], "lam = 3.0 would have no effect: it is the weight of wgan_gp and dragan"),
        (["--data", "digits8", "--batch", "1798"], "between 1 and all 1797 images, got batch=1798"),
        (["--data", "digits8", "--batch", "1"], "at least two values per channel"),
        (["--config", "/no/such.toml"], "there is no config file '/no/such.toml': check the path"),
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


# ---- a run ---------------------------------------------------------------------------------------------------------------


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


def test_points_of_the_plane(capsys, tmp_path):
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


def test_the_config_beside_a_run_repeats_it(digits, tmp_path):
    assert cli.main(["train", "--config", str(digits / "config.toml"), "--out", str(tmp_path / "again")]) == 0
    runs = [checkpoint.load(path / "checkpoint.safetensors") for path in (digits, tmp_path / "again")]
    assert all(runs[0][0][name].tobytes() == runs[1][0][name].tobytes() for name in runs[0][0])
    for name in ("config.toml", "film.gif", "walk.gif", "curves.png", "samples/epoch_001.png"):
        assert (digits / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_folder_that_holds_a_run_is_not_overwritten(capsys, digits):
    before = (digits / "checkpoint.safetensors").read_bytes()
    message = failing(capsys, "train", *TINY, "--out", digits)
    assert f"{digits} already holds a run: go on with it (minigan resume {digits}), or choose another --out" in message
    assert (digits / "checkpoint.safetensors").read_bytes() == before


# ---- interrupted, diverged ---------------------------------------------------------------------------------------------


@pytest.fixture
def stop_at(monkeypatch):
    """Let something be raised in the middle of `minigan train`."""

    def install(error, step=2):
        def broken(trainer):
            if trainer.t + 1 == step:
                raise error
            return original(trainer)

        original = Trainer.step
        monkeypatch.setattr(Trainer, "step", broken)

    return install


def test_ctrl_c_is_130_and_tells_how_to_go_on(capsys, tmp_path, stop_at):
    stop_at(KeyboardInterrupt)
    assert cli.main(["train", *TINY, "--data", "digits8", "--out", str(tmp_path)]) == 130
    assert f"stopped at step 1, saved at step 0; go on with: minigan resume {tmp_path}" in capsys.readouterr().err


def test_ctrl_c_before_the_first_step_leaves_a_run_to_go_on_with(capsys, tmp_path, monkeypatch):
    def compiling(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(GAN, "sample", compiling)
        assert cli.main(["train", *TINY, "--data", "digits8", "--out", str(tmp_path)]) == 130
    assert f"stopped at step 0; go on with: minigan resume {tmp_path}" in capsys.readouterr().err
    assert cli.main(["resume", str(tmp_path)]) == 0
    assert f"resuming {tmp_path} at step 0 of 3" in capsys.readouterr().out


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


@pytest.fixture
def any_threads(monkeypatch):
    """Every call is cut, however small."""
    monkeypatch.setattr(threads, "SMALL", 0)


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
