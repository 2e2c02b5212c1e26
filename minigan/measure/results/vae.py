"""Log-likelihood of MNIST: VAE and IWAE by the protocol of Burda et al. 2016, and the curve against epochs.

The measure: the bound of models/bound.py with k = 5,000 codes for each of the 10,000 test images, in nats; its negative is the
"NLL" of the papers.  The networks are theirs: 784-200-200-50 and back, tanh.  The pixels too: binarised anew at each use, each
white with a probability equal to its brightness ("dynamic binarisation").  Results on the fixed binarisation of Larochelle and
Murray are higher by about 1.5 nats and cannot be compared with these.

Different from the paper: 800 epochs of batches of 100, Adam at 1.5e-3 with a cosine to 0, and E sees images less their mean; the
paper takes 3,280 epochs of batches of 20, with a rate that falls in eight steps.
"""

from pathlib import Path
from typing import Any

import numpy as np

from minigan import data
from minigan.data import Epochs
from minigan.data.source import to_float
from minigan.measure.results.table import Cell, Column, Published, save_figure
from minigan.models.bound import elbo, log_likelihood
from minigan.trainer import Trainer
from minigan.zoo import vae

NAME, SEEDS, DATA = "vae", 1, ("mnist",)
RECIPE = {
    "data": "mnist",
    "model": "mlp",
    "likelihood": "bernoulli",
    "latent": 50,
    "width": 200,
    "batch": 100,
    "lr": 1.5e-3,
    "schedule": "cosine",
    "epochs": 800,
    "codes": 5000,
    "test": 10_000,
}
METHODS: dict[str, dict[str, Any]] = {"VAE": RECIPE | {"k": 1}, "IWAE, k = 5": RECIPE | {"k": 5, "epochs": 100}}
QUICK = {"data": "mnist10k", "epochs": 3, "codes": 50, "test": 500}
COLUMNS = {
    "nll": Column("NLL, nats", ".2f", "less"),
    "elbo": Column("-ELBO, nats", ".2f", "less"),
    "kl": Column("KL, nats", ".2f"),
    "train_nll": Column("NLL of training images", ".2f"),
    "epochs": Column("epochs", ".0f"),
}
BURDA = "Burda et al. 2016, table 1"
PUBLISHED = [
    Published("VAE", {"nll": 86.76, "epochs": 3280}, BURDA),
    Published("IWAE, k = 5", {"nll": 85.54, "epochs": 3280}, BURDA),
    Published("IWAE, k = 50", {"nll": 84.78, "epochs": 3280}, BURDA),
]
# epochs: the points of the curve, from CURVE images with CODES codes each
MARKS = (1, 2, 5, 10, 20, 50, 100, 200, 400, 800)
CURVE, CODES = 1000, 100


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train on the training images, with points of the curve on the way, and estimate log p of the test images."""
    s = dict(cell.settings)
    epochs, codes, test = s.pop("epochs"), s.pop("codes"), s.pop("test")
    train, held_out = split(s["data"], test)
    order, weights, noise = (np.random.default_rng(stream) for stream in np.random.SeedSequence(cell.seed).spawn(3))
    source = Epochs(train, rng=order)
    per_epoch = len(train) // s["batch"]
    options = vae.Options(seed=cell.seed, steps=epochs * per_epoch, **s)
    game = vae.build(options, source, weights)
    x = game.likelihood.prepare(to_float(held_out), noise)
    trainer = Trainer(game, source, batch=options.batch, steps=options.steps, seed=cell.seed)
    figures = {}
    for epoch in range(1, epochs + 1):
        for _ in range(per_epoch):
            trainer.step()
        if epoch in MARKS:
            figures[f"nll_at_{epoch}"] = nll(game, x[:CURVE], CODES, cell.seed)
    eps = noise.standard_normal((len(x), options.latent)).astype(game.G.dtype)
    log_p, kl = elbo(*networks(game), game.likelihood, x, eps)
    seen = game.likelihood.prepare(to_float(train[:: max(1, len(train) // CURVE)]), noise)
    return {
        "nll": nll(game, x, codes, cell.seed),
        "elbo": kl - log_p,
        "kl": kl,
        "train_nll": nll(game, seen, codes, cell.seed),
        "epochs": epochs,
    } | figures


def split(name: str, test: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and test images, uint8 (N, 28, 28, 1); mnist10k has no test set, so every tenth of its digits is held out."""
    if name == "mnist":
        return data.load(name).images, data.load(name, split="test").images[:test]
    images = data.load(name).images
    held_out = np.arange(len(images)) % 10 == 0
    return images[~held_out], images[held_out][:test]


def networks(game: vae.VAE) -> tuple[Any, Any]:
    """E and G, the averages if the game keeps them."""
    return game.best("E"), game.best("G")


def nll(game: vae.VAE, x: np.ndarray, codes: int, seed: int) -> float:
    """-log p(x) by importance sampling, the mean over the binary images x (N, 28, 28, 1)."""
    rng = np.random.default_rng([seed, 1])
    return -float(log_likelihood(*networks(game), game.likelihood, x, codes, rng).mean())


def draw(rows: list[dict[str, str]], folder: Path, quick: bool) -> list[Path]:
    """Plot the curve against epochs, with the published ends."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 5), dpi=120, layout="constrained")
    axes = figure.subplots()
    for k, method in enumerate(METHODS):
        for row in (row for row in rows if row["method"] == method and not row["failure"]):
            points = [(mark, float(row[f"nll_at_{mark}"])) for mark in MARKS if row.get(f"nll_at_{mark}")]
            axes.plot(*zip(*points, strict=True), color=f"C{k}", marker="os"[k % 2], markersize=5, label=method)
    for k, published in enumerate(PUBLISHED[: len(METHODS)]):
        value = published.figures["nll"]
        axes.axhline(value, color=f"C{k}", linestyle=":", label=f"{published.method}, 3,280 epochs, Burda et al.")  # type: ignore[arg-type]
    axes.set(xlabel="epochs", ylabel=f"NLL in nats: {CURVE:,} test images, {CODES} codes each", xscale="log")
    axes.set_title("The bound against epochs", loc="left", fontsize=11)
    axes.grid(alpha=0.25, which="both")
    axes.legend(frameon=False, fontsize=8)
    return save_figure(figure, NAME, folder, quick)
