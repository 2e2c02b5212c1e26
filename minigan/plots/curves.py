"""Loss curves, to be read with care.

A GAN's losses do not fall to zero: G and D pull against each other, and at the equilibrium D scores real and fake
alike. Then the loss stands at a value known from theory (2 log 2 for D and log 2 for G in the original game), which
can be drawn as a reference line. The second panel shows D's mean score on real and on fake: a gap that grows without
end means that D has won.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path

import numpy as np

from minigan.files import atomic_file

STYLES = (("-", "#1f4e9c"), ("--", "#d1600a"), ("-.", "#2e7d32"), (":", "#7b1fa2"))  # told apart without colour too


def curves(
    rows: Sequence[Mapping[str, float]],
    path: str | os.PathLike,
    reference: Mapping[str, float] | None = None,
    losses: Sequence[str] = ("loss_D", "loss_G"),
    scores: Sequence[str] = ("score_real", "score_fake"),
) -> None:
    """Draw a run: losses above, D's mean scores below, each a bold running mean over its faint raw values; atomic.

    rows       one mapping per logged step, with "step" and any of the named values; a row may lack some
    reference  label -> height of a thin line across the loss panel: {"D at equilibrium, 2 log 2": 1.386}
    scores     () leaves the second panel out
    The suffix of `path` (.png, .svg, .pdf) chooses the format. Raises ValueError for no rows or no value to draw.
    """
    from matplotlib.figure import Figure

    if len(rows) == 0:
        raise ValueError("there is nothing to draw: rows is empty; log at least one step")
    figure = Figure(figsize=(8, 6.4 if scores else 3.6), dpi=120, layout="constrained")
    panels = np.ravel(figure.subplots(2 if scores else 1, sharex=True))
    _panel(panels[0], rows, losses, "Losses (bold: running mean, faint: each logged step)", "loss")
    for label, height in (reference or {}).items():
        panels[0].axhline(height, color="0.3", linewidth=1.2, linestyle=":", label=label)
    if scores:
        _panel(panels[1], rows, scores, "D's mean score on real and on fake", "score")
    panels[-1].set_xlabel("training step")
    for axes in panels:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, handlelength=3)
    with atomic_file(path) as file:
        figure.savefig(file, format=Path(path).suffix[1:] or "png")


def _panel(axes, rows: Sequence[Mapping[str, float]], names: Sequence[str], title: str, unit: str) -> None:
    drawn = [name for name in names if any(name in row for row in rows)]
    if not drawn:
        raise ValueError(f"no row has any of {', '.join(names)}; the first has {', '.join(sorted(rows[0]))}")
    step = [row["step"] for row in rows]
    for name, (dashes, colour) in zip(drawn, cycle(STYLES)):
        raw = np.array([row.get(name, np.nan) for row in rows], dtype=float)
        axes.plot(step, raw, color=colour, alpha=0.22, linewidth=0.8)
        axes.plot(step, smooth(raw), dashes, color=colour, linewidth=2, label=name.replace("_", " "))
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_ylabel(unit)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def smooth(values: np.ndarray, share: float = 0.03) -> np.ndarray:
    """Mean of the finite values in a window of about `share` of the run, centred on each point: (n,) -> (n,).

    NaN and Inf become NaN, a gap in the line.
    """
    window = np.ones(2 * round(len(values) * share / 2) + 1)
    finite = np.isfinite(values)
    total = np.convolve(np.where(finite, values, 0), window, "same")
    count = np.convolve(finite, window, "same")
    return np.divide(total, count, out=np.full(len(values), np.nan), where=finite)
