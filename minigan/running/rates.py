"""Warn if the schedule of a learning rate has ended: the steps that follow would compute everything and move nothing.

cosine(lr, 1000) and linear(lr, 1000) are 0 from step 1000 on. A run that is driven on from Python beyond that stands still.
"""

import warnings

from minigan.game import Game
from minigan.optim import Optimizer


def stands_still(game: Game) -> bool:
    """Are all learning rates 0, at the next step and at the one after it (so that it is not the start of a warm-up)?"""

    def at(optimizer: Optimizer, t: int) -> float:
        lr = optimizer.lr
        return lr(t) if callable(lr) else lr

    return bool(game.optimizers) and all(
        at(optimizer, t) == 0 for optimizer in game.optimizers.values() for t in (optimizer.t, optimizer.t + 1)
    )


def warn_if_ended(game: Game, first: bool) -> None:
    """Warn of every optimizer whose schedule has fallen to 0 since its last step; with `first`, at any step before.

    A rate of 0 that is a number, or the start of a warm-up, is what the user asked for: no warning.
    """
    for name, optimizer in game.optimizers.items():
        lr, t = optimizer.lr, optimizer.t
        if not callable(lr) or t == 0:
            continue
        ended = lr(t) == 0 and (first or lr(t - 1) != 0)
        if ended and any(lr(t * k // 8) != 0 for k in range(8)):  # else it has never been more than 0
            warnings.warn(
                f"the learning rate of {name} is 0 from its step {t} on, because its schedule has ended: nothing of {name} will move."
                f" To train on, give it a new rate: game.optimizers[{name!r}].lr = 1e-4, or cosine(lr, steps) with the new total",
                stacklevel=3,
            )
