"""Show images: inline in a notebook, otherwise in the desktop's image viewer."""

from __future__ import annotations

import sys

import numpy as np

from minigan.plots.images import as_pil, grid
from minigan.running.arrays import as_array


def show(images: np.ndarray, scale: int = 2) -> None:
    """Display one image (H, W) or (H, W, C), or many (N, H, W, C) as a grid.

    Parameters
    ----------
    images
        uint8 or float in [-1, 1], C = 1 or 3.
    scale
        Each pixel is drawn as scale x scale pixels.
    """
    images = as_array("images", images)
    if images.ndim < 2:
        raise ValueError(f"expected images (H, W), (H, W, C) or (N, H, W, C), got {images.shape}")
    many = images if images.ndim == 4 else images.reshape(1, *images.shape[:2], -1)
    picture = as_pil(grid(many, pad=2 if len(many) > 1 else 0, scale=scale))
    if in_notebook():
        from IPython.display import display

        display(picture)
    else:
        picture.show(title="minigan")


def in_notebook() -> bool:
    """True inside a Jupyter kernel, which can display images; False in a terminal, including IPython's."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")
