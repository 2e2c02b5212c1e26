"""The VAE table: no method trains on the images that judge it, and the bounds are in the order that the theory gives."""

import numpy as np
import pytest

from minigan import data
from minigan.data import Dataset
from minigan.measure.results import vae
from minigan.measure.results.table import Cell

pytestmark = pytest.mark.slow

TINY = {"data": "mnist10k", "epochs": 1, "codes": 20, "test": 40, "width": 8, "latent": 3, "batch": 500}


def test_the_parts_of_mnist10k_share_no_image():
    train, held_out = vae.split("mnist10k", 1000)
    assert (train.shape, held_out.shape) == ((9000, 28, 28, 1), (1000, 28, 28, 1))
    assert not {x.tobytes() for x in train} & {x.tobytes() for x in held_out}


def test_mnist_is_judged_on_its_own_test_set(monkeypatch):
    def load(name, split="train"):
        n, value = (60, 1) if split == "train" else (30, 2)
        return Dataset(np.full((n, 28, 28, 1), value, np.uint8), None, name)

    monkeypatch.setattr(data, "load", load)
    train, held_out = vae.split("mnist", 20)
    assert (len(train), train.max(), len(held_out), held_out.min()) == (60, 1, 20, 2)


@pytest.mark.parametrize("method", vae.METHODS)
def test_a_cell(method):
    settings = {name: TINY.get(name, value) for name, value in vae.METHODS[method].items()}
    found = vae.run_cell(Cell(method, 0, settings), True)
    assert found["nll"] < found["elbo"]  # 20 codes bound log p(x) more tightly than one
    assert 0 < found["kl"] < found["elbo"] < 28 * 28  # an untrained net has about 0.69 nats a pixel
    assert found["nll_at_1"] == pytest.approx(
        found["nll"], abs=3
    )  # the same 40 images with 100 codes, after the only epoch


def test_the_curve_is_drawn_from_the_rows(tmp_path):
    rows = [{"method": "VAE", "failure": "", "nll_at_1": "150", "nll_at_2": "120"}]
    (path,) = vae.draw(rows, tmp_path, quick=False)
    assert path == tmp_path / "vae.png"
    assert path.read_bytes()[:4] == b"\x89PNG"
