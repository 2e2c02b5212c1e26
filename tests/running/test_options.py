"""A config says everything a run depends on, survives its file, and refuses what no run could do."""

import dataclasses
import tomllib

import pytest

from minigan.running.options import Config, read
from minigan.zoo import gan
from minigan.zoo.gan import Options

SOME = Options(
    model="mlp", data='folder:/tmp/my "best"\\pictures é 😀', loss="hinge", penalty="wgan_gp, r2", gamma=1e-05, lam=0.25,
    labels=False, steps=7, batch=3, d_steps=5, lr=1 / 3, schedule="linear", beta1=0.125, beta2=0.75, ema=0.0, latent=11,
    width=13, size=17, channels=1, download=True, deterministic=True, seed=2**60 + 1,
)  # fmt: skip
OTHER = Options(  # every field unlike SOME
    model="dcgan", data="folder:c:\\new", loss="wasserstein", penalty="none", gamma=1e22, lam=0.0, labels=True, steps=8,
    batch=4, d_steps=6, lr=1e-300, schedule="constant", beta1=0.0, beta2=0.0, ema=0.1, latent=12, width=14, size=18,
    channels=3, download=False, deterministic=False, seed=0, condition="hair_color",
)  # fmt: skip


def test_the_defaults_are_valid_and_described():
    for item in dataclasses.fields(Options):
        assert item.metadata["help"]
        assert type(getattr(Options(), item.name)) is item.type


def test_a_config_is_frozen_and_compares_by_value():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Options().lr = 1.0
    assert Options() == Options()
    assert Options(lr=1) == Options(lr=1.0)
    assert type(Options(lr=1).lr) is float
    assert hash(Options(seed=1)) != hash(Options(seed=2))


@pytest.mark.parametrize("options", [Options(), SOME, OTHER], ids=["default", "some", "other"])
def test_a_file_gives_the_same_config(tmp_path, options):
    path = tmp_path / "config.toml"
    for config in (Config(gan, options), Config(gan, options).changed(2, {"lr": 1 / 7, "steps": 9, "batch": 5})):
        path.write_text(config.to_toml(), encoding="utf-8")
        assert read(path) == config
        names = ["recipe", *(item.name for item in dataclasses.fields(Options)), *["segment"] * len(config.segments)]
        assert list(tomllib.loads(config.to_toml())) == names


def test_the_two_configs_tell_every_field_apart():
    assert [name for name, value in dataclasses.asdict(SOME).items() if value == getattr(OTHER, name)] == []


def test_a_file_may_say_little_and_flags_win(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("steps = 5\nlr = 1\n", encoding="utf-8")
    assert read(path) == Config(gan, Options(steps=5, lr=1.0))
    assert read(path, steps=6, seed=2) == Config(gan, Options(steps=6, lr=1.0, seed=2))
    assert read(path, "gan") == read(path)


@pytest.mark.parametrize(
    ("penalty", "names"),
    [("r1", ("r1",)), ("r1,r2", ("r1", "r2")), (" r1 , dragan ", ("r1", "dragan")), ("none", ()), ("", ())],
)
def test_penalties(penalty, names):
    assert Options(penalty=penalty).penalties == names


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": "dcgann"}, r"^unknown model 'dcgann': did you mean 'dcgan'\? Choose from mlp, dcgan, dcgan_up, toy"),
        ({"model": "?"}, r"^unknown model '\?'; choose from mlp, "),
        ({"data": "mnist10"}, r"^unknown data set 'mnist10': did you mean 'mnist10k'\? Choose from .*folder:PATH, ring, "),
        ({"data": "rings"}, "did you mean 'ring'"),
        ({"loss": "hing"}, "^unknown loss 'hing': did you mean 'hinge'"),
        ({"penalty": "r1,r3"}, "^unknown penalty 'r3'; choose from r1, r2, wgan_gp"),
        ({"penalty": "wgan-gp"}, "^unknown penalty 'wgan-gp': did you mean 'wgan_gp'"),
        ({"schedule": "cosinus"}, "^unknown schedule 'cosinus': did you mean 'cosine'"),
        ({"model": "toy", "data": "digits8"}, "toy is for points in the plane .*digits8 needs one of mlp, dcgan, dcgan_up"),
        ({"steps": 0}, "^steps must be at least 1, got 0"),
        ({"batch": -1}, "^batch must be at least 1, got -1"),
        ({"d_steps": 0}, "^d_steps must be at least 1"),
        ({"latent": 0}, "^latent must be at least 1"),
        ({"width": 0}, "^width must be at least 1"),
        ({"size": 0}, "^size must be at least 1"),
        ({"lr": -1e-3}, "^lr must be finite and at least 0, got -0.001"),
        ({"lr": float("inf")}, "^lr must be finite and at least 0, got inf"),
        ({"lr": float("nan")}, "^lr must be finite and at least 0, got nan"),
        ({"gamma": -1}, "^gamma must be finite and at least 0"),
        ({"lam": -1}, "^lam must be finite and at least 0"),
        ({"seed": -1}, "^seed must be at least 0, got -1"),
        ({"ema": 1}, r"^ema must be in \[0, 1\), got 1.0"),
        ({"beta1": 1.5}, r"^beta1 must be in \[0, 1\)"),
        ({"beta2": float("nan")}, r"^beta2 must be in \[0, 1\)"),
        ({"steps": "3"}, "^steps must be a whole number, got '3'"),
        ({"steps": 3.0}, "^steps must be a whole number, got 3.0"),
        ({"steps": True}, "^steps must be a whole number, got True"),
        ({"lr": True}, "^lr must be a number, got True"),
        ({"lr": "fast"}, "^lr must be a number, got 'fast'"),
        ({"labels": 1}, "^labels must be true or false, got 1"),
        ({"data": 8}, "^data must be a text, got 8"),
    ],
)  # fmt: skip
def test_what_no_run_could_do_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Options(**wrong)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"stepz = 3\n", r"^unknown option 'stepz' in .*bad\.toml: did you mean 'steps'\? Choose from data, labels, "),
        (b"[train]\nsteps = 3\n", r"^unknown option 'train' in .*bad\.toml; choose from "),
        (b"steps = \n", r"bad\.toml is not valid TOML: .*line 1"),
        (b"data = '\xff'\n", r"bad\.toml is not valid TOML: 'utf-8' codec can't decode byte 0xff"),
        (b"steps = 0\n", r"bad\.toml: steps must be at least 1, got 0"),
        (b"steps = [3]\n", r"bad\.toml: steps must be a whole number, got \[3\]"),
    ],
)
def test_a_bad_file_is_named(tmp_path, text, message):
    (tmp_path / "bad.toml").write_bytes(text)
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "bad.toml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.toml"):
        read(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lr = " + "9" * 400, "bad.toml: lr must be finite and at least 0, got inf$"),
        ("seed = " + "9" * 400, r"bad.toml: seed must be less than 2\*\*128, got 999+\.\.\.9+$"),
        ("seed = 0x" + "f" * 5000, r"bad.toml: seed must be less than 2\*\*128, got int of a huge number$"),
        ("steps = " + "9" * 5000, "bad.toml is not valid TOML: .*digits"),
        ("data = " + "[" * 5000 + "]" * 5000, "bad.toml is not a config: a value in it is nested too deeply"),
        ("x = '" + "x" * 2**20 + "'", "bad.toml is not a config: it has more than 1,048,576 bytes"),
        ("x" * 5000 + " = 1", r"^unknown option 'x+\.\.\.x+' in .*bad.toml; choose from"),
        ("recipe = 5", "bad.toml: recipe must be a text, got 5"),
        ("recipe = 'gann'", "bad.toml: unknown recipe 'gann'.*: did you mean 'gan'"),
        ("segment = [3]", r"bad.toml: a segment is written as a table \[\[segment\]\], got segment = \[3\]"),
        ("[[segment]]\nstart = 1\nlr = 'x'", "bad.toml: lr must be a number, got 'x'"),
    ],
)
def test_a_file_of_nonsense_is_refused_in_a_sentence(tmp_path, text, message):
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        read(tmp_path / "bad.toml")
    assert len(str(caught.value)) < 1000


def test_a_wrong_flag_is_not_blamed_on_the_file(tmp_path):
    (tmp_path / "good.toml").write_text("lr = 1\n")
    with pytest.raises(ValueError, match=r"^steps must be at least 1, got 0"):
        read(tmp_path / "good.toml", steps=0)


def test_a_name_that_is_not_utf8_is_refused_before_it_is_written():
    with pytest.raises(ValueError, match=r"^data must be UTF-8, got 'folder:\\udcff': rename the file or folder"):
        Options(data="folder:\udcff")
    assert tomllib.loads(Config(gan, Options(data="folder:\x7f")).to_toml())["data"] == "folder:\x7f"
