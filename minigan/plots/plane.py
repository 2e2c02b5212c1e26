"""The whole game in one picture, for data in the plane: real points, fake points, and D's score at every location.

G follows the gradient of D's score: where the field brightens towards a mode, the fakes will move there; where it is
flat, they learn nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from minigan.plots.checks import as_list, as_points
from minigan.running.arguments import check_function, check_path
from minigan.running.files import atomic_file

RESOLUTION = 160  # evaluations of the score along each axis


def scatter2d(
    real: np.ndarray,
    fake: np.ndarray,
    path: str | os.PathLike,
    score: Callable[[np.ndarray], np.ndarray] | None = None,
) -> None:
    """Draw real and fake points, over D's score if `score` is given.

    The frame holds the real points and a margin of 30 %; the title counts the fakes outside it.

    Parameters
    ----------
    real, fake
        Points (n, 2) and (m, 2).
    path
        The file to write, atomically; its suffix (.png, .svg, .pdf) sets the format.
    score
        float32 (k, 2) -> (k,) or (k, 1), such as a network D.

    Raises
    ------
    ValueError
        For other shapes, no points, NaN or Inf, and a score that does not return one number for each point.
    TypeError
        For a score that is no function, a path that is none, and points that are not real numbers.
    """
    from matplotlib.figure import Figure

    real, fake = as_points("real", real), as_points("fake", fake)
    check_function("scatter2d", score=score)
    check_path("scatter2d", path=path)
    centre = (real.min(axis=0) + real.max(axis=0)) / 2
    reach = 0.65 * max(
        np.ptp(real, axis=0).max(), 1e-6
    )  # half of the frame's side: 30 % more than the real points need
    low, high = centre - reach, centre + reach
    outside = int(((fake < low) | (fake > high)).any(axis=1).sum())

    figure = Figure(figsize=(6.4, 6), dpi=120, layout="constrained")
    axes = figure.subplots()
    if score is not None:
        x, y = (np.linspace(low[i], high[i], RESOLUTION) for i in (0, 1))
        points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)  # (RESOLUTION^2, 2)
        scores = np.asarray(score(points))
        if scores.size != len(points):
            raise ValueError(f"score must return one number for each of {len(points)} points, got {scores.shape}")
        field = as_list("score", scores.reshape(-1)).reshape(RESOLUTION, RESOLUTION)
        shades = axes.imshow(
            field, extent=(low[0], high[0], low[1], high[1]), origin="lower", cmap="cividis", alpha=0.8
        )
        if np.ptp(field) > 0:  # an untrained or collapsed D may give the same score everywhere
            axes.contour(x, y, field, levels=10, colors="white", linewidths=0.6, alpha=0.6, linestyles="solid")
        figure.colorbar(shades, ax=axes, label="D's score (high: looks real)", shrink=0.8)
    x, y = fake.T
    axes.scatter(x, y, 14, marker="x", color="#e4002b", linewidths=0.9, label=f"fake ({len(fake)})")
    x, y = real.T
    axes.scatter(
        x, y, 26, marker="o", facecolors="none", edgecolors="black", linewidths=0.8, label=f"real ({len(real)})"
    )
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    title = "Real and fake points" + f", {outside} fakes outside the frame" * (outside > 0)
    axes.set_title(title, loc="left", fontsize=11)
    axes.legend(loc="upper right", framealpha=0.9)
    with atomic_file(path) as file:
        figure.savefig(file, format=Path(path).suffix[1:] or "png")
