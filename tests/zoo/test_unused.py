"""An option that would have no effect is refused before a run starts, and a size that the model cannot have too."""

import numpy as np
import pytest

from minigan.running.build import build
from minigan.running.options import Config, read
from minigan.zoo import context, gan, vae, vaegan
from minigan.zoo.gan import Options


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 16}, "^size = 16 would have no effect: only the pictures of a folder .*, not mnist10k; leave it out"),
        ({"channels": 1}, "^channels = 1 would have no effect: only the pictures of a folder"),
        ({"data": "ring", "size": 16}, "^size = 16 would have no effect: .* not ring"),
        ({"download": True}, "^download = True would have no effect: only mnist and fashion_mnist can be downloaded"),
        ({"data": "folder:x", "download": True}, "^download = True would have no effect"),
        ({"data": "ring", "model": "dcgan"}, "^model = 'dcgan' would have no effect: the points of ring always have"),
        ({"penalty": "none", "gamma": 2.0}, r"^gamma = 2\.0 would have no effect: it is the weight of r1 and r2, and the penalty is none"),
        ({"penalty": "wgan_gp", "gamma": 2.0}, "^gamma = .* and the penalty is wgan_gp"),
        ({"lam": 5.0}, r"^lam = 5\.0 would have no effect: it is the weight of wgan_gp and dragan, and the penalty is r1"),
        ({"data": "folder:x", "size": 48}, "a side of 8, 16, 32, 64, .* got size 48: choose 32 or 64"),
        ({"data": "folder:x", "size": 5}, "got size 5: choose 8$"),
    ],
)  # fmt: skip
def test_what_would_be_ignored_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Options(**given).check()
    with pytest.raises(ValueError, match=message):
        build(gan, Options(**given))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"data": "folder:x", "size": 64, "channels": 1},
        {"data": "folder:x", "size": 48, "model": "mlp"},
        {"data": "mnist", "download": True},
        {"data": "ring", "model": "toy", "labels": False},
        {"penalty": "r2, dragan", "gamma": 3.0, "lam": 4.0},
        {"penalty": "none"},
    ],
)
def test_what_has_an_effect_is_not(given):
    Options(**given).check()


@pytest.mark.parametrize(
    ("recipe", "given", "message"),
    [
        (
            vae,
            {"s": 0.5},
            r"^s = 0\.5 would have no effect: it belongs to the likelihoods gaussian and perceptual, not to bernoulli",
        ),
        (vae, {"k": 5, "beta": 2.0}, r"^beta = 2\.0 would have no effect: the bound of k = 5 codes"),
        (vae, {"labels": False}, "^labels = False would have no effect: the networks see images alone"),
        (vae, {"data": "folder:x", "size": 48, "model": "conv"}, "got size 48: choose 32 or 64"),
        (vaegan, {"data": "folder:x", "size": 48}, "got size 48: choose 32 or 64"),
        (context, {"data": "folder:x", "size": 48}, "got size 48: choose 32 or 64"),
        (
            vae,
            {"data": "portraits", "condition": "beard"},
            "^condition = 'beard' would have no effect: the networks see images alone",
        ),
        (
            context,
            {"data": "portraits", "condition": "beard"},
            "^condition = 'beard' would have no effect: the networks see",
        ),
        (context, {"labels": False}, "^labels = False would have no effect: the networks see images alone"),
        (context, {"mask": "center"}, "unknown mask 'center': did you mean 'centre'"),
        (vaegan, {"size": 16}, "^size = 16 would have no effect"),
    ],
)
def test_the_autoencoders_refuse_too(recipe, given, message):
    recipe.Options().check()
    with pytest.raises(ValueError, match=message):
        recipe.Options(**given).check()


def test_a_flag_with_the_default_value_is_refused_too():
    """`minigan train --size 32` would be as useless on mnist10k as --size 16."""
    with pytest.raises(ValueError, match=r"^size = 32 would have no effect"):
        Options().check(given=["size", "lr"])
    Options().check(given=["lr", "gamma"])


def test_the_config_of_an_older_run_is_still_read(tmp_path):
    """A run that was started with such an option can be opened: it is only refused before a new run starts."""
    old = Options(size=16, gamma=2.0, penalty="none", model="dcgan")
    (tmp_path / "config.toml").write_text(Config(gan, old).to_toml(), encoding="utf-8")
    assert read(tmp_path / "config.toml").options == old
    assert old.frame(np.zeros((1, 20, 28, 1), np.uint8)).shape == (1, 32, 32, 1)
