"""Loss curves, to be read with care.

A GAN's losses do not fall to zero: G and D pull against each other, and at the equilibrium D scores real and fake
alike. Then the loss stands at a value known from theory (2 log 2 for D and log 2 for G in the original game), which
can be drawn as a reference line. The second panel shows D's mean score on real and on fake: a gap that grows without
end means that D has won. Whether the samples are any good, neither of them tells; the other panels do, if it was measured.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path

import numpy as np

from minigan.running.files import atomic_file

STYLES = (("-", "#1f4e9c"), ("--", "#d1600a"), ("-.", "#2e7d32"), (":", "#7b1fa2"))  # told apart without colour too


def curves(
    rows: Sequence[Mapping[str, float]],
    path: str | os.PathLike,
    reference: Mapping[str, float] | None = None,
    losses: Sequence[str] = ("loss_D", "loss_G"),
    scores: Sequence[str] = ("score_real", "score_fake"),
    *,
    score_reference: Mapping[str, float] | None = None,
    distances: Sequence[str] = (),
    shares: Sequence[str] = (),
    floor: Mapping[str, float] | None = None,
) -> None:
    """Draw a run: losses above, D's mean scores below, each a bold running mean over its faint raw values; atomic.

    rows       one mapping per logged step, with "step" and any of the named values; a row may lack some
    reference  label -> height of a thin line across the loss panel: {"D at equilibrium, 2 log 2": 1.386}; likewise score_reference
    scores     () leaves the second panel out
    distances  measures of quality, the lower the better: a panel with a logarithmic axis, if any row has one of them
    shares     measures of quality from 0 to 1, the higher the better: a panel, if any row has one of them
    floor      measure -> what real samples get, a thin line in its panel
    The suffix of `path` (.png, .svg, .pdf) chooses the format. Raises ValueError for no rows or no value to draw.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogFormatter

    if len(rows) == 0:
        raise ValueError("there is nothing to draw: rows is empty; log at least one step")
    distances, shares = (_measured(rows, names) for names in (distances, shares))
    heights = [3.6] + [2.8] * bool(scores) + [2.3] * bool(distances) + [2.3] * bool(shares)
    figure = Figure(figsize=(8, sum(heights)), dpi=120, layout="constrained")
    panels = np.ravel(figure.subplots(len(heights), sharex=True, height_ratios=heights))
    axes = iter(panels)
    _panel(next(axes), rows, losses, "Losses (bold: running mean, faint: each logged step)", "loss", reference)
    if scores:
        _panel(next(axes), rows, scores, "D's mean score on real and on fake", "score", score_reference)
    if distances:
        _quality(
            below := next(axes), rows, distances, "Distance of the samples from real ones (lower is better)", floor
        )
        below.set_yscale("log")
        below.yaxis.set_major_formatter(LogFormatter())
        below.yaxis.set_minor_formatter(LogFormatter())
    if shares:
        _quality(below := next(axes), rows, shares, "Quality of the samples (higher is better)", floor)
        below.set_ylim(-0.03, 1.03)
    panels[-1].set_xlabel("training step")
    for each in panels:
        each.grid(alpha=0.25)
        each.spines[["top", "right"]].set_visible(False)
        each.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, handlelength=3)
    with atomic_file(path) as file:
        figure.savefig(file, format=Path(path).suffix[1:] or "png")


def _panel(axes, rows, names: Sequence[str], title: str, unit: str, reference: Mapping[str, float] | None) -> None:
    drawn = _measured(rows, names)
    if not drawn:
        raise ValueError(f"no row has any of {', '.join(names)}; the first has {', '.join(sorted(rows[0]))}")
    step = [row["step"] for row in rows]
    for name, (dashes, colour) in zip(drawn, cycle(STYLES)):
        raw = np.array([row.get(name, np.nan) for row in rows], dtype=float)
        axes.plot(step, raw, color=colour, alpha=0.22, linewidth=0.8)
        axes.plot(step, smooth(raw), dashes, color=colour, linewidth=2, label=name.replace("_", " "))
    for label, height in (reference or {}).items():
        axes.axhline(height, color="0.3", linewidth=1.2, linestyle=":", label=label)
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_ylabel(unit)


def _quality(axes, rows, names: Sequence[str], title: str, floor: Mapping[str, float] | None) -> None:
    """What was measured now and then: each value a point; what real samples get: a thin line of the same colour."""
    for name, (dashes, colour) in zip(names, cycle(STYLES)):
        step, values = zip(*[(row["step"], row[name]) for row in rows if name in row])
        axes.plot(
            step, values, dashes, color=colour, linewidth=1.6, marker="o", markersize=4, label=name.replace("_", " ")
        )
        if name in (floor or {}):
            axes.axhline(floor[name], color=colour, linewidth=1.2, linestyle=":", label="real samples")
    axes.set_title(title, loc="left", fontsize=11)


def _measured(rows, names: Sequence[str]) -> list[str]:
    return [name for name in names if any(name in row for row in rows)]


def smooth(values: np.ndarray, share: float = 0.03) -> np.ndarray:
    """Mean of the finite values in a window of about `share` of the run, centred on each point: (n,) -> (n,).

    NaN and Inf become NaN, a gap in the line.
    """
    window = np.ones(2 * round(len(values) * share / 2) + 1)
    finite = np.isfinite(values)
    total = np.convolve(np.where(finite, values, 0), window, "same")
    count = np.convolve(finite, window, "same")
    return np.divide(total, count, out=np.full(len(values), np.nan), where=finite)
