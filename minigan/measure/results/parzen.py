"""Parzen log-likelihood of MNIST: the number reported by the first GAN paper, by its protocol, and why not to trust it.

Goodfellow et al. 2014, section 5: put a Gaussian on each of 10,000 samples, choose sigma as the best of ten on validation images,
and report the mean log-likelihood of the 10,000 test images in nats; all pixels are in [0, 1].  metrics/parzen.py computes it and
explains what is wrong with it.  That is why the first row is not a generator: it is 10,000 training images, used as samples.  A
method that scores higher does not draw better than the data; its samples are closer to the mean (Theis et al. 2016: the centres of
k-means win).  The second row demonstrates this with the same images, blurred.  The last row uses a known trick to draw closer to
the mean: z times 0.8 ("truncation", Brock et al. 2019); the factor was chosen on "mlp".

As in the paper: the number of samples, the sigmas, 1,000 validation images that no method trains on (the last of the training
set), all test images.  Different from the paper: its GANs were multilayer perceptrons with ReLU, sigmoid and maxout, without
labels.  "mlp" is the closest to them, but has BatchNorm, R1, Adam and a moving average.  A method with labels draws each digit as
often as it occurs among the training images.  The published error is that of the mean over the test images (ours: `test_error`
in the csv); the error in the table is over the seeds.
"""

import math

import numpy as np

from minigan import data
from minigan.game import GAN
from minigan.measure.results.harm import blurred
from minigan.measure.results.table import Cell, Column, Published
from minigan.metrics.parzen import parzen_log_likelihood, parzen_sigma
from minigan.running.build import build
from minigan.trainer import Trainer
from minigan.zoo import gan

NAME, SEEDS, DATA = "parzen", 3, ("mnist",)
SAME = {"data": "mnist", "samples": 10_000, "test": 10_000}
DEFAULT = {"model": "dcgan_up", "labels": True, "steps": 10_000, "lr": 2e-3}
METHODS = {
    "training images as samples": SAME,
    "training images, blurred": {**SAME, "blur": 0.8},
    "mlp": {**SAME, "model": "mlp", "labels": False, "steps": 20_000, "lr": 1e-3},
    "mlp, labels": {**SAME, "model": "mlp", "labels": True, "steps": 20_000, "lr": 1e-3},
    "dcgan_up, labels (the default)": {**SAME, **DEFAULT},
    "the default, z times 0.8": {**SAME, **DEFAULT, "shrink": 0.8},
}
QUICK = {"data": "mnist10k", "samples": 2000, "test": 1000, "steps": 400}
COLUMNS = {"nats": Column("log-likelihood, nats", ".1f", "more"), "sigma": Column("sigma", ".3f")}
PUBLISHED = [
    Published("DBN", {"nats": (138, 2)}, "Goodfellow et al. 2014, table 1"),
    Published("Stacked CAE", {"nats": (121, 1.6)}, "Goodfellow et al. 2014, table 1"),
    Published("Deep GSN", {"nats": (214, 1.1)}, "Goodfellow et al. 2014, table 1"),
    Published("GAN", {"nats": (225, 2)}, "Goodfellow et al. 2014, table 1"),
    Published("AAE", {"nats": (340, 2)}, "Makhzani et al. 2016"),
]
VALIDATION, SIGMAS = 1000, np.logspace(-1, 0, 10)  # 0.1 .. 1


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train the GAN of a method, if it has one, and score its samples with the best sigma of the validation images."""
    s = dict(cell.settings)
    n, test, blur, shrink = s.pop("samples"), s.pop("test"), s.pop("blur", 0.0), s.pop("shrink", 1.0)
    rng = np.random.default_rng([cell.seed, 1])
    x, y, validation, test = split(s["data"], test)
    if "model" in s:
        samples = drawn(trained(gan.Options(seed=cell.seed, **s), x, y), n, y, rng, shrink)
    else:
        samples = x[rng.choice(len(x), n, replace=False)]
    if blur:
        samples = blurred(samples / np.float32(127.5) - 1, blur)
    samples, validation, test = map(pixels, (samples, validation, test))
    sigma = parzen_sigma(samples, validation, SIGMAS)
    nats = parzen_log_likelihood(samples, test, sigma)  # (N,)
    return {"nats": nats.mean(), "sigma": sigma, "test_error": nats.std(ddof=1) / math.sqrt(len(nats))}


def split(name: str, test: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """-> training images and labels, validation images, test images, uint8 (N, 28, 28, 1).  mnist10k is split into all three."""
    found = data.load(name)
    if name == "mnist":
        order, tested = np.arange(len(found)), data.load(name, split="test").images[:test]
    else:
        order = np.random.default_rng(0).permutation(len(found))
        order, tested = order[test:], found.images[order[:test]]
    learned, held = order[:-VALIDATION], order[-VALIDATION:]
    assert found.labels is not None
    return found.images[learned], found.labels[learned], found.images[held], tested


def trained(config: gan.Options, x: np.ndarray, y: np.ndarray) -> GAN:
    """The game that `minigan train` trains with this config, but on these images only."""
    built = build(gan, config)  # the same networks as for the full data set
    margin = (built.source.shape[0] - x.shape[1]) // 2  # a convolutional network sees 28 x 28 padded to 32 x 32
    x = np.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    Trainer(built.game, x, y if config.labels else None, batch=config.batch, steps=config.steps, seed=config.seed).run()
    assert isinstance(built.game, GAN)
    return built.game


def drawn(game: GAN, n: int, y: np.ndarray, rng: np.random.Generator, shrink: float = 1.0) -> np.ndarray:
    """G(shrink z) -> n images (n, H, W, 1) in [-1, 1]; a conditional G gets the labels of n random training images."""
    labels = rng.choice(y, n) if game.classes else None
    z = np.float32(shrink) * game.prior(n, game.latent, rng).astype(np.float32)
    return game.generate((z, labels) if game.classes else z)


def pixels(images: np.ndarray) -> np.ndarray:
    """(N, H, W, 1), uint8 or float in [-1, 1] -> (N, 784) in [0, 1], without the padding."""
    margin = (images.shape[1] - 28) // 2
    inside = images[:, margin : margin + 28, margin : margin + 28].reshape(len(images), -1)
    return inside / 255 if inside.dtype == np.uint8 else (inside + 1) / 2
