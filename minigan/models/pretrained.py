"""Trained models that come with the package, or from a weights file: load one and draw.

    from minigan.models import pretrained

    x = pretrained.load("vaegan-portraits").sample(16, np.random.default_rng(0))     # (16, 32, 32, 3) in [-1, 1]

No data is needed, and none is read. How each file was made: docs/howto/pretrained.md.
"""

import os

from minigan.game import Game
from minigan.running import model

__all__ = ["load", "names"]


def names() -> list[str]:
    """The names that `load` knows, such as "vaegan-portraits"."""
    return model.names()


def load(name: str | os.PathLike) -> Game:
    """The game of a trained model, in float32: `sample`, `generate`, and for a VAE-GAN `encode`, `reconstruct`, `score`.

    Parameters
    ----------
    name : one of `names()`, or the path of a weights file (`minigan export RUN --weights FILE`) or of a run's folder

    Raises ValueError for an unknown name, with the nearest one, and for a file that is damaged or of another kind;
    FileNotFoundError for a path that does not exist.
    """
    return model.open_model(name).trainer.game
