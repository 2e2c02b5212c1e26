"""Films in a notebook: pictures one after the other, or points that move.

Both repeat for ever and need no player, no file and no network: a GIF inside the page, and an SVG whose circles list their places.
"""

import base64
import html
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

SIZE, REACH = 320, 1.5  # pixels, and the largest coordinate that is shown


class Film:
    """What `film` returns: a notebook displays it, a terminal prints its title."""

    def __init__(self, title: str, page: str) -> None:
        self.title, self.page = title, page

    def _repr_html_(self) -> str:
        return self.page

    def __repr__(self) -> str:
        return f"[film: {self.title}]"


def film(title: str, frames: Sequence[np.ndarray], seconds: float = 6.0) -> Film:
    """A film of images (H, W, C), uint8 or float in [-1, 1], such as `plots.grid` returns, or of points (N, 2).

        film("Walking through latent space", [plots.grid(x, columns=10) for x in game.walk(48, 20, rng)])

    Parameters
    ----------
    title : str
        What it shows, also for screen readers.
    frames : sequence of arrays
        All of one shape.  Points are drawn where |x|, |y| < 1.5; row n of every frame is the same point.
    seconds : float
        The duration; then it begins again.

    Raises
    ------
    ValueError
        For no frames, and for frames of different shapes.
    """
    shapes = {np.shape(frame) for frame in frames}
    if len(shapes) != 1:
        raise ValueError(f"a film needs frames of one shape, got {' and '.join(map(str, sorted(shapes))) or 'none'}")
    (shape,) = shapes
    return Film(title, _moving(title, frames, seconds) if shape[1:] == (2,) else _gif(title, frames, seconds))


def _gif(title: str, frames: Sequence[np.ndarray], seconds: float) -> str:
    from minigan.plots import save_gif

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.gif"
        save_gif(path, list(frames), seconds=seconds, hold=0.0)
        data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{html.escape(title)}" src="data:image/gif;base64,{data}">'


def _moving(title: str, frames: Sequence[np.ndarray], seconds: float) -> str:
    """An SVG in which every point moves through all frames."""
    track = np.stack(frames, axis=1) * (1, -1)  # (N, frames, 2): y points down in an SVG
    dots = []
    for places in track:
        moves = ""
        for name, axis in zip(("cx", "cy"), places.T, strict=True):
            values = ";".join(f"{a:.2f}" for a in axis)
            moves += f'<animate attributeName="{name}" values="{values}" dur="{seconds}s" repeatCount="indefinite"/>'
        dots.append(
            f'<circle cx="{places[-1, 0]:.2f}" cy="{places[-1, 1]:.2f}" r="0.022" fill="#d1600a">{moves}</circle>'
        )
    side = 2 * REACH
    head = f'width="{SIZE}" height="{SIZE}" viewBox="{-REACH} {-REACH} {side} {side}" role="img" aria-label="{html.escape(title)}"'
    paper = f'<rect x="{-REACH}" y="{-REACH}" width="{side}" height="{side}" fill="#f7f7f5"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {head}>{paper}{"".join(dots)}</svg>'
