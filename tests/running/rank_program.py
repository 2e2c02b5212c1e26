"""What test_ranks.py runs under mpiexec: a small float64 GAN, trained by one or several ranks.

rank_program.py WHAT FOLDER [SETTINGS ...]: one training after the other, each with settings such as pairs=1,steps=5
"""

import sys
import time
from pathlib import Path

import numpy as np

from minigan import kernels
from minigan.kernels.parallel.ranks import rank
from minigan.layers import BatchNorm, Dense, Dropout, Tanh
from minigan.losses import non_saturating, relativistic
from minigan.network import Sequential
from minigan.optim import EMA, Adam
from minigan.penalties import r1, r2, wgan_gp
from minigan.running import ranks
from minigan.trainer import GAN, Trainer


def trainer(
    batch: int = 10, steps: int = 200, dropout: bool = False, norm: bool = False, pairs: bool = False
) -> Trainer:
    """A GAN on 60 random points in 3 dimensions: R1 and R2, or WGAN-GP; with Dropout or BatchNorm on request.

    A relativistic loss does not depend on D's last bias.  Its gradient would be rounding errors alone, of which Adam makes
    steps of any size, so D has none.
    """
    rng = np.random.default_rng(7)
    middle = [*([BatchNorm(6)] * norm), Tanh(), *([Dropout(0.3)] * dropout)]
    G = Sequential(Dense(2, 6), *([BatchNorm(6)] * norm), Tanh(), Dense(6, 3), rng=rng, dtype=np.float64)
    last = Dense(6, 1, bias=not pairs)
    D = Sequential(Dense(3, 6), *(middle if dropout else [Tanh()]), last, rng=rng, dtype=np.float64)
    loss, penalties = (relativistic, [wgan_gp]) if pairs else (non_saturating, [r1, r2])
    game = GAN(G, D, loss, penalties, Adam(G, 1e-2), Adam(D, 1e-2), latent=2, ema=EMA(G, 0.9), d_steps=2)
    return Trainer(game, rng.uniform(-1, 1, (60, 3)), batch=batch, steps=steps, seed=3)


def main() -> None:
    """Train as the command line says; rank 0 writes what it holds at the end."""
    what, folder, *trainings = sys.argv[1:]
    for settings in trainings:
        train(what, Path(folder), settings)


def train(what: str, folder: Path, settings: str) -> None:
    """One training; `what` sabotages it."""
    made = trainer(**{key: int(value) for key, value in (one.split("=") for one in settings.split(","))})
    ranks.share(made)

    def progress(t: int, row: dict) -> None:
        if what != "train":
            (folder / f"alive{rank()}").write_text(str(t))
        if what == "part" and rank() == 1:
            made.game.networks["D"].theta[0] += 1e-9
        if what == "raise" and rank() == 1 and t == 3:
            raise OSError("the disk of rank 1 is full")
        if what == "endless":
            made.steps = t + 10
            time.sleep(0.01)

    with kernels.use("reference"):
        rows = made.run(progress)
    if rank() == 0:
        np.savez(folder / f"{settings}.npz", last=list(rows[-1].values())[3:], **made.game.arrays())


if __name__ == "__main__":
    main()
