"""Show images, runs and games: inline in a notebook, in the desktop's image viewer, or, without either, in a file.

A game and a run show samples of theirs.  In a notebook, their name on the last line of a cell is enough; after `%load_ext minigan`
that holds for arrays of images too.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.plots.images import as_pil, grid
from minigan.running.arrays import as_array

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

SAMPLES, POINTS = 16, 1000  # of a game
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


class Pictured:
    """Something that draws samples, and therefore has a picture: in a notebook, and by `show`."""

    def sample(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """n new samples (n, H, W, C) in [-1, 1], or points (n, 2); with labels (n,), one sample per label."""
        raise NotImplementedError(f"{type(self).__name__} has to define sample(n, rng, labels=None)")

    def picture(self, n: int = SAMPLES, seed: int = 0, scale: int = 2) -> np.ndarray:
        """n new samples as one image, uint8 (H, W, C): a grid, or 1,000 points in the plane."""
        samples = self.sample(n, np.random.default_rng(seed))
        if samples.ndim == 2:
            return _plane(self.sample(POINTS, np.random.default_rng(seed)))
        return grid(samples, scale=scale)

    def _repr_png_(self) -> bytes | None:  # what a notebook asks for
        try:
            picture = as_pil(self.picture())
        except (NotImplementedError, ValueError):  # a game that is only trained, or one that has diverged
            return None
        return png(picture)


def show(what: Any, scale: int = 2) -> None:
    """Display images, or samples of a game or a run.  On a machine without a display, write a file and print its path.

    Parameters
    ----------
    what
        One image (H, W) or (H, W, C), or many (N, H, W, C), which are arranged in a grid: uint8 or float in [-1, 1], C = 1 or 3.
        Clips (N, T, H, W, C) are arranged as strips.
        Or a game or a run: 16 new samples, points in the plane as dots.
    scale
        Each pixel is drawn as scale x scale pixels.
    """
    if isinstance(what, Pictured):
        picture = as_pil(what.picture(scale=scale))
    else:
        images = as_array("images", what)
        if images.dtype.kind not in "buif":
            raise ValueError(f"show draws arrays of numbers, games and runs, got {what!r}; a file: read it with Pillow")
        if images.ndim < 2:
            raise ValueError(f"expected images (H, W), (H, W, C) or (N, H, W, C), got {images.shape}")
        many = images if images.ndim in (4, 5) else images.reshape(1, *images.shape[:2], -1)
        picture = as_pil(grid(many, pad=2 if len(many) > 1 else 0, scale=scale))
    if in_notebook():
        from IPython.display import display

        display(picture)
    elif has_display():
        picture.show(title="minigan")
    else:
        print(f"there is no display: {_write(picture)}")


def show_arrays(ipython: Any) -> None:
    """Have a notebook show arrays of images as pictures.   ipython: its shell, as `%load_ext minigan` passes it"""
    ipython.display_formatter.formatters["image/png"].for_type(np.ndarray, array_png)


def array_png(x: np.ndarray, most: int = 64) -> bytes | None:
    """The first images of an array (N, H, W, 1 or 3), uint8 or float in [-1, 1], or of clips, as a PNG; None for other arrays."""
    pixels = x.ndim in (4, 5) and x.shape[-1] in (1, 3) and 0 not in x.shape and max(x.shape[-3:-1]) <= 1024
    if not pixels or not (x.dtype == np.uint8 or (x.dtype.kind == "f" and np.abs(x).max() <= 1)):
        return None
    return png(as_pil(grid(x[:most], scale=2)))


def png(picture: PILImage) -> bytes:
    """The picture as the bytes of a PNG file."""
    file = io.BytesIO()
    picture.save(file, "png")
    return file.getvalue()


def in_notebook() -> bool:
    """True inside a Jupyter kernel, which can display images; False in a terminal, including IPython's."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def has_display() -> bool:
    """Can a window be opened?  macOS and Windows always can; elsewhere X11 or Wayland must be running."""
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in DISPLAYS)


def _write(picture: PILImage) -> str:
    handle, path = tempfile.mkstemp(prefix="minigan-", suffix=".png")
    with open(handle, "wb") as file:
        picture.save(file, "png")
    return path


def _plane(points: np.ndarray) -> np.ndarray:
    """Points (n, 2) as dots -> uint8 (H, W, 3)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 4), dpi=100, layout="constrained")
    figure.add_subplot(aspect="equal").plot(*points.T, ".", markersize=3)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()
