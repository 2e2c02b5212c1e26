"""The film of the race: what each method draws, side by side, and the curves up to that moment."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigan import plots
from minigan.data.pictures import open_picture

SIDE = 4  # images in a row and in a column of a method's square


class Entry(NamedTuple):
    """A method: its frames (F, n, H, W, C) from time 0 on, and its Frechet distances, evenly spaced in `minutes`."""

    method: str
    frames: np.ndarray
    curve: Sequence[float]
    minutes: float


def frames_of(file: Path, n: int = SIDE * SIDE) -> np.ndarray:
    """The picture in which each row is a moment, n square images wide -> uint8 (F, n, H, H, C)."""
    sheet = np.asarray(open_picture(file))
    sheet = sheet.reshape(*sheet.shape[:2], -1)
    side, channels = sheet.shape[1] // n, sheet.shape[2]
    return sheet.reshape(-1, side, n, side, channels).transpose(0, 2, 1, 3, 4)


def film(entries: Sequence[Entry], stem: Path) -> list[Path]:
    """Write STEM.gif, and STEM.png with its last frame; a film lasts twelve seconds."""
    count = min(len(entry.frames) for entry in entries)
    pictures = [picture(entries, k, count) for k in range(count)]
    gif, last = stem.with_suffix(".gif"), stem.with_suffix(".png")
    plots.save_gif(gif, pictures, seconds=12, hold=3)
    plots.save_png(last, pictures[-1])
    return [gif, last]


def picture(entries: Sequence[Entry], k: int, count: int) -> np.ndarray:
    """Frame k of the film, uint8 (H, W, 3)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    share = k / (count - 1)
    columns = min(5, len(entries))
    rows = -(-len(entries) // columns)
    figure = Figure(figsize=(8, 1.75 * rows + 2.4), dpi=100)
    canvas = FigureCanvasAgg(figure)
    grid = figure.add_gridspec(
        rows + 1, columns, height_ratios=[1.75] * rows + [2.2], left=0.08, right=0.98, top=0.95, bottom=0.09
    )
    below = figure.add_subplot(grid[rows, :])
    for i, entry in enumerate(entries):
        axes = figure.add_subplot(grid[i // columns, i % columns])
        axes.imshow(plots.grid(entry.frames[k], SIDE, pad=1).squeeze(), cmap="gray", vmin=0, vmax=255)
        axes.set_title(entry.method, fontsize=9, color=f"C{i}")
        axes.axis("off")
        minutes = entry.minutes * np.arange(1, len(entry.curve) + 1) / len(entry.curve)
        past = minutes <= share * entry.minutes * (1 + 1e-9)
        below.plot(minutes[past], np.asarray(entry.curve)[past], color=f"C{i}", marker=".", markersize=3)
    values = [value for entry in entries for value in entry.curve if np.isfinite(value)]
    longest = max(entry.minutes for entry in entries)
    below.set(xlim=(0, longest), ylim=(0.8 * min(values), 1.2 * max(values)), yscale="log")
    below.set_ylabel("Frechet distance", fontsize=8)
    below.set_xlabel(f"core minutes of training: {share * longest:.1f} of {longest:g}", fontsize=8)
    below.tick_params(labelsize=8)
    below.grid(alpha=0.25)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()
