"""Stacked MNIST: three digits as red, green and blue make 1000 modes.  How many does a GAN find, and how evenly?

The measure (Metz et al. 2017; Srivastava et al. 2017): of 26,000 samples, a classifier reads each channel, and the three digits form
a number from 000 to 999.  Modes are the numbers that occur; KL is sum p log(1000 p), with p their shares.  Even for 26,000 real images
KL is about 999 / 52,000 = 0.019 by chance, and a little more because digits are not equally frequent: see the row "real images".

Different from the papers:
* The classifier is the library's DigitNet; the papers use other classifiers (and not all the same).
* Images are 32 x 32 (28 x 28 with a black border); the papers use 28 x 28, 32 x 32 or 64 x 64.
* The networks are `models.dcgan_up`: an upsampling G with BatchNorm, a D without normalisation.  DCGAN, ALI, Unrolled, VEEGAN and
  PacGAN share one transposed-convolution DCGAN; StyleGAN2, DDGAN and R3GAN have much larger networks and train for days on GPUs.
  Ours train for one hour.
* Each real image is a new random triple of MNIST's 60,000 digits; most papers use one fixed set of triples.
* Loss and penalty also differ from the papers; METHODS holds all choices.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from minigan import data, models, plots
from minigan.data import Stream
from minigan.losses import GAN_LOSSES
from minigan.measure.results.table import Cell, Column, Published
from minigan.metrics.frechet import frechet_distance
from minigan.models import digitnet
from minigan.optim import EMA, Adam, cosine
from minigan.penalties import PENALTIES
from minigan.trainer import GAN, Trainer

NAME, SEEDS, DATA = "stacked", 1, ("mnist",)
SAME = {"data": "mnist", "samples": 26_000}
RECIPE = {
    **SAME,
    "steps": 24_000,
    "batch": 64,
    "width": 48,
    "latent": 128,
    "loss": "relativistic",
    "penalties": ["r1", "r2"],
    "gamma": 1.0,
    "lr": 2e-3,  # cosine to 0
    "beta1": 0.0,
    "beta2": 0.99,
    "ema": 0.998,
}
METHODS = {
    "real images": SAME,
    "relativistic + R1 + R2": RECIPE,
}
QUICK = {"data": "mnist10k", "samples": 2600, "steps": 400, "width": 16}
COLUMNS = {
    "modes": Column("modes of 1000", ".1f", "more"),
    "kl": Column("KL to uniform", ".3f", "less"),
    "frechet": Column("Frechet (DigitNet) of the single digits", ".2f"),
}
LATER = "collected in Huang et al. 2024 (R3GAN)"
PUBLISHED = [
    Published("DCGAN", {"modes": 99, "kl": 3.40}, "Srivastava et al. 2017 (VEEGAN)"),
    Published("ALI", {"modes": 16, "kl": 5.40}, "Srivastava et al. 2017 (VEEGAN)"),
    Published("Unrolled GAN", {"modes": 48.7, "kl": 4.32}, "Srivastava et al. 2017 (VEEGAN)"),
    Published("VEEGAN", {"modes": 150, "kl": 2.95}, "Srivastava et al. 2017"),
    Published("PacDCGAN2", {"modes": 1000, "kl": 0.06}, "Lin et al. 2018 (PacGAN)"),
    Published("WGAN-GP", {"modes": 959, "kl": 0.73}, LATER),
    Published("StyleGAN2", {"modes": 940, "kl": 0.42}, LATER),
    Published("PresGAN", {"modes": 1000, "kl": 0.12}, LATER),
    Published("DDGAN", {"modes": 1000, "kl": 0.071}, "Xiao et al. 2022"),
    Published("R3GAN", {"modes": 1000, "kl": 0.029}, "Huang et al. 2024"),
]


def stacks(digits: np.ndarray, rng: np.random.Generator) -> Stream:
    """An endless source of images uint8 (32, 32, 3), each made of three random digits out of `digits` (N, 28, 28, 1)."""
    framed = np.pad(digits[..., 0], ((0, 0), (2, 2), (2, 2)))  # (N, 32, 32)

    def draw(n: int, rng: np.random.Generator) -> np.ndarray:
        triples = rng.integers(len(framed), size=(n, 3))
        return np.moveaxis(framed[triples], 1, -1)  # (n, 3, 32, 32) -> (n, 32, 32, 3)

    return Stream(draw, rng, (32, 32, 3))


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Count the modes of samples: those of the GAN of this cell after training it, or real images."""
    s = cell.settings
    init, triples, noise = (np.random.default_rng(seed) for seed in np.random.SeedSequence(cell.seed).spawn(3))
    digits = data.load(s["data"]).images
    reference = digits[triples.choice(len(digits), min(10_000, s["samples"]), replace=False)]
    source = stacks(digits, triples)
    if "loss" not in s:
        return judged(lambda n: plots.to_image(source.batch(n)[0]), s["samples"], reference)
    game = built(s, init)
    Trainer(game, source, batch=s["batch"], steps=s["steps"], seed=cell.seed).run()
    return judged(lambda n: game.sample(n, noise), s["samples"], reference)


def built(s: dict, rng: np.random.Generator) -> GAN:
    """The GAN of a recipe, without labels: it has to find the modes itself."""
    G, D = models.dcgan_up((32, 32, 3), s["latent"], s["width"], rng=rng)
    opt_G, opt_D = (Adam(net, cosine(s["lr"], s["steps"]), s["beta1"], s["beta2"]) for net in (G, D))
    terms = [replace(PENALTIES[name], gamma=s["gamma"]) for name in s["penalties"]]  # type: ignore[call-arg]
    return GAN(G, D, GAN_LOSSES[s["loss"]], terms, opt_G, opt_D, s["latent"], EMA(G, s["ema"], warmup=True))


def judged(draw: Callable[[int], np.ndarray], n: int, reference: np.ndarray, block: int = 1000) -> dict[str, float]:
    """Modes and KL of n images, drawn block by block with draw(size); and the Frechet distance of their digits from the reference.

    reference: real digits (M, 28, 28, 1).  Modes alone say nothing about quality: DigitNet reads a digit confidently in noise too.
    """
    numbers, features = zip(*(read(draw(min(block, n - start))) for start in range(0, n, block)), strict=True)
    shares = np.bincount(np.concatenate(numbers), minlength=1000) / n
    return spread(shares) | {"frechet": frechet_distance(digitnet.features(reference)[0], np.concatenate(features))}


def read(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number 0 .. 999 in each image, and DigitNet's features of its three digits.   (N, 32, 32, 3) -> (N,), (3 N, 64)"""
    channels = np.moveaxis(images, -1, 1).reshape(-1, 32, 32, 1)  # (3 N, 32, 32, 1): r g b r g b ...
    features, p = digitnet.features(channels)
    return p.argmax(axis=1).reshape(-1, 3) @ [100, 10, 1], features


def spread(shares: np.ndarray) -> dict[str, float]:
    """modes = number of p > 0,   KL = sum p log(K p),  0 if all K are equally frequent.   shares (K,), summing to 1"""
    p = shares[shares > 0]
    return {"modes": float(len(p)), "kl": float(p @ np.log(len(shares) * p))}
