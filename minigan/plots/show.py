"""Show images where you are: inside a notebook, or in a window of the desktop's picture viewer."""

from __future__ import annotations

import sys

import numpy as np

from minigan.plots.images import as_pil, grid


def show(images: np.ndarray, scale: int = 2) -> None:
    """Display uint8 or float [-1, 1] images: one (H, W[, C]) or many (N, H, W, C) on a sheet, enlarged `scale` x."""
    images = np.asarray(images)
    many = images if images.ndim == 4 else images.reshape(1, *images.shape[:2], -1)
    picture = as_pil(grid(many, pad=2 if len(many) > 1 else 0, scale=scale))
    if in_notebook():
        from IPython.display import display

        display(picture)
    else:
        picture.show(title="minigan")


def in_notebook() -> bool:
    """A notebook has imported IPython and runs its kernel; a terminal, IPython's too, cannot draw."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")
