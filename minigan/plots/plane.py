"""The whole game in one picture, for data in the plane: real points, fake points, and how D judges each place.

G climbs D's slope: where the field brightens towards a mode, the fakes will move next; where it is flat, they learn
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from minigan.running.files import atomic_file

RESOLUTION = 160  # points of the score field along each side


def scatter2d(
    real: np.ndarray,
    fake: np.ndarray,
    path: str | os.PathLike,
    score: Callable[[np.ndarray], np.ndarray] | None = None,
) -> None:
    """Draw real and fake points, (n, 2) and (m, 2), over D's score where `score` is given; atomic.

    score: float32 (k, 2) -> (k,) or (k, 1), such as a network D.
    The frame is that of the real points and a margin; fakes beyond it are counted in the title. Raises ValueError for
    other shapes.
    """
    from matplotlib.figure import Figure

    for name, points in (("real", real), ("fake", fake)):
        if np.ndim(points) != 2 or np.shape(points)[1] != 2 or len(points) == 0:
            raise ValueError(f"{name} must be points of the plane (n, 2), got {np.shape(points)}")
    centre = (real.min(axis=0) + real.max(axis=0)) / 2
    reach = 0.65 * max(np.ptp(real, axis=0).max(), 1e-6)  # half the frame's side: the real points and 30 % around
    low, high = centre - reach, centre + reach
    outside = int(((fake < low) | (fake > high)).any(axis=1).sum())

    figure = Figure(figsize=(6.4, 6), dpi=120, layout="constrained")
    axes = figure.subplots()
    if score is not None:
        x, y = (np.linspace(low[i], high[i], RESOLUTION) for i in (0, 1))
        places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)  # (RESOLUTION^2, 2)
        field = np.asarray(score(places), dtype=float).reshape(RESOLUTION, RESOLUTION)
        shades = axes.imshow(
            field, extent=(low[0], high[0], low[1], high[1]), origin="lower", cmap="cividis", alpha=0.8
        )
        if np.ptp(field) > 0:  # an untrained or collapsed D may say the same everywhere
            axes.contour(x, y, field, levels=10, colors="white", linewidths=0.6, alpha=0.6, linestyles="solid")
        figure.colorbar(shades, ax=axes, label="D's score (high: looks real)", shrink=0.8)
    axes.scatter(*fake.T, s=14, marker="x", color="#e4002b", linewidths=0.9, label=f"fake ({len(fake)})")
    axes.scatter(
        *real.T, s=26, marker="o", facecolors="none", edgecolors="black", linewidths=0.8, label=f"real ({len(real)})"
    )
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    axes.set_title(
        "Real and fake points" + f", {outside} fakes outside the frame" * (outside > 0), loc="left", fontsize=11
    )
    axes.legend(loc="upper right", framealpha=0.9)
    with atomic_file(path) as file:
        figure.savefig(file, format=Path(path).suffix[1:] or "png")
