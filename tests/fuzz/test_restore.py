"""A forged checkpoint of a run, with a right checksum and anything in its metadata, is refused, or the run goes on from it.

A refused one leaves the weights of the game as they were, and no file of the run changes.
"""

import copy
import warnings

import numpy as np
import pytest

from fuzz import outcome
from fuzz.safetensors_file import forge
from minigan import models
from minigan.game import GAN
from minigan.losses import GAN_LOSSES
from minigan.optim import EMA, Adam
from minigan.running import checkpoint
from minigan.trainer import Trainer

pytestmark = pytest.mark.slow

X = np.random.default_rng(0).standard_normal((16, 2)).astype(np.float32)


def trainer(out, steps=3):
    G, D = models.toy(3, 4, rng=0)
    return Trainer(
        GAN(G, D, GAN_LOSSES["hinge"], (), Adam(G), Adam(D), 3, EMA(G, 0.9)), X, batch=4, steps=steps, out=out
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of three steps -> (folder, arrays, meta)."""
    out = tmp_path_factory.mktemp("run")
    trainer(out).run()
    return out, *checkpoint.load(out / "checkpoint.safetensors")


@pytest.mark.fuzz(150)
def test_restore_of_a_forged_checkpoint(rng, run, tmp_path):
    out, arrays, meta = run
    meta, arrays = copy.deepcopy(meta), dict(arrays)
    forge(rng, meta)
    if rng.random() < 0.2:
        name = list(arrays)[rng.integers(len(arrays))]
        arrays[name] = [arrays[name][:-1], arrays[name].astype(np.float64), np.float32(1.0) * np.inf * arrays[name]][
            rng.integers(3)
        ]
    path = tmp_path / "checkpoint.safetensors"
    with np.errstate(invalid="ignore"):
        checkpoint.save(path, arrays, meta)
    before = path.read_bytes()
    (tmp_path / "run.jsonl").write_bytes((out / "run.jsonl").read_bytes())
    mine = trainer(tmp_path, steps=5)
    weights = mine.game.G.theta.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other names of the classes are no reason to refuse
        _, refusal = outcome(mine.restore, ValueError)
    assert path.read_bytes() == before
    if refusal:
        assert str(path) in refusal or refusal.startswith("the data are not those this run was trained on")
        np.testing.assert_array_equal(mine.game.G.theta, weights)
    else:
        assert type(mine.t) is int
        assert mine.t >= 0
        if mine.t < mine.steps:
            outcome(mine.run, ValueError, ArithmeticError)  # such as NaN in a vector, found by the first step
