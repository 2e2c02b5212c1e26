"""The table of the families: held-out images are not trained on, and each kind has the figures that it can have."""

import math

import numpy as np
import pytest

from minigan.measure.results import families
from minigan.measure.results.table import Cell
from minigan.models.likelihood import Gaussian
from minigan.models.vae import vae_conv
from minigan.optim import Adam
from minigan.zoo import vae

pytestmark = pytest.mark.slow

TINY = {"core_minutes": 0.001, "width": 4, "latent": 3, "batch": 8}


@pytest.mark.parametrize("name", ["mnist10k", "portraits"])
def test_held_out_images_are_not_trained_on(name):
    images, held_out = families.split(vae.Options(data=name, model="conv"))
    assert images.shape[1:3] == held_out.shape[1:3] == (32, 32)
    assert len(held_out) == len(images) // 9
    assert not {x.tobytes() for x in images} & {x.tobytes() for x in held_out}
    again = families.split(vae.Options(data=name, model="conv", seed=5))
    np.testing.assert_array_equal(held_out, again[1])


@pytest.mark.parametrize(
    ("method", "own"),
    [
        ("portraits/GAN", set()),
        ("mnist10k/IMLE", set()),
        ("portraits/VAE", {"psnr", "sharpness", "bits"}),
        ("portraits/VAE, perceptual", {"psnr", "sharpness"}),
        ("portraits/projected GAN", set()),
        ("mnist10k/VAE-GAN", {"psnr", "sharpness"}),
    ],
)
def test_a_cell(method, own):
    settings = {name: TINY.get(name, value) for name, value in families.METHODS[method].items()}
    found = families.run_cell(Cell(method, 0, settings), True)
    some = {"psnr", "sharpness", "bits"}
    assert found.keys() & some == own
    assert found.keys() >= families.COLUMNS.keys() - some
    assert all(np.isfinite(value) for value in found.values())


def test_the_bound_in_bits_by_hand():
    E, G = vae_conv((8, 8, 1), 2, 4, rng=0)
    E.theta[:], G.theta[:] = 0, 0  # q = N(0, 1), so the KL divergence is 0; every reconstruction is 0
    game = vae.VAE(E, G, Gaussian(0.1), Adam(E), Adam(G), latent=2)
    held_out = np.full((3, 8, 8, 1), 255, np.uint8)  # x = 1, except one pixel
    held_out[0, 4, 4] = 254
    found = families.rebuilt(game, held_out, np.random.default_rng(0))
    assert found["psnr"] == pytest.approx(20 * math.log10(2), rel=1e-3)  # error 1, range 2
    nats = 1 / (2 * 0.1**2) + math.log(0.1) + 0.5 * math.log(2 * math.pi)
    assert found["bits"] == pytest.approx(nats / math.log(2), rel=1e-3)
    assert found["sharpness"] == 0  # of images without any edge


def test_sharpness_by_hand():
    x = np.zeros((2, 4, 4, 1))
    x[:, 1, 1] = 1  # of the four inner pixels: 4 there, -1 beside it twice
    assert families.sharpness(x) == pytest.approx((4 + 1 + 1) / 4)


def test_the_curves_are_drawn_from_the_rows(tmp_path):
    rows = [{"method": "portraits/VAE"} | {f"frechet_at_{mark}": f"{200 - mark}" for mark in families.MARKS}]
    (path,) = families.draw(rows, tmp_path, quick=False)
    assert path == tmp_path / "families.png"
    assert path.read_bytes()[:4] == b"\x89PNG"
