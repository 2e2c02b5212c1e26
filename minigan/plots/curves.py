"""Curves of a run: whatever its panels name, losses and scores and measures, against the training step.

Read a GAN's losses with care: they do not fall to zero. G and D pull against each other, and at equilibrium D scores
real and fake alike; the losses then have values known from theory (2 log 2 for D and log 2 for G in the original game),
drawn as reference levels, with which `minigan doctor` compares them. A gap between D's mean scores on real and on fake
that grows without bound means that D has won. Neither shows whether the samples are any good; the measures do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from minigan.running.arguments import check_path, short
from minigan.running.files import atomic_file

STYLES = (("-", "#1f4e9c"), ("--", "#d1600a"), ("-.", "#2e7d32"), (":", "#7b1fa2"))  # distinct without colour too
MARK = "#b00020"  # what a finding of the doctor is about


def curves(
    rows: Sequence[Mapping[str, float]],
    path: str | os.PathLike,
    panels: Sequence[Any],
    floor: Mapping[str, float] | None = None,
    marks: Sequence[tuple[str, float, float, str]] = (),
) -> None:
    """Draw a run, one panel below another, and write the file atomically.

    Parameters
    ----------
    rows : one mapping per logged step, with "step" and any of the values that the panels name; a row may lack some
    path : its suffix (.png, .svg, .pdf) chooses the format
    panels : each with `title`, `names`, `levels` and `scale`, as minigan.game.Panel; one without a value is left out.
        A name that most rows have is drawn as a bold running mean over its faint raw values, any other as points.
    floor : name -> what real samples get, drawn as a thin line in the same colour
    marks : (name, first step, last step, text): a stretch to be marked, with its text, in each panel that shows `name`

    Raises ValueError if there are no rows or no value to draw.
    """
    from matplotlib.figure import Figure

    check_path("curves", path=path)
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise TypeError(f"rows must be a list of dicts, one for each logged step, got {short(rows)}")
    if not isinstance(panels, Sequence) or not all(hasattr(panel, "names") for panel in panels):
        raise TypeError(f"panels must be a list of plots.Panel, such as game.panels, got {short(panels)}")
    if not isinstance(floor, Mapping | None):
        raise TypeError(f"floor must be a dict, name -> value, or None, got {short(floor)}")
    if len(rows) == 0:
        raise ValueError("there is nothing to draw: rows is empty; log at least one step")
    read = {"step", *(name for panel in panels for name in panel.names)}
    for i, row in enumerate(rows):
        wrong = [name for name in read & row.keys() if not isinstance(row[name], int | float | np.number)]
        if wrong or "step" not in row:
            got = f"{wrong[0]}={short(row[wrong[0]])}" if wrong else f"only {', '.join(sorted(row)) or 'nothing'}"
            raise ValueError(f"row {i} needs a step and numbers, got {got}")
    drawn = [panel for panel in panels if any(name in row for name in panel.names for row in rows)]
    if not drawn:
        names = ", ".join(name for panel in panels for name in panel.names)
        raise ValueError(
            f"no row has any of {names or 'the names, as there is no panel'}; the first has {', '.join(sorted(rows[0]))}"
        )
    heights = [3.6] + [2.8] * (len(drawn) - 1)
    figure = Figure(figsize=(8, sum(heights)), dpi=120, layout="constrained")
    axes = np.ravel(figure.subplots(len(heights), sharex=True, height_ratios=heights))
    for each, panel in zip(axes, drawn, strict=True):
        _draw(each, rows, panel, floor or {})
        _mark(each, [mark[1:] for mark in marks if mark[0] in panel.names])
        each.grid(alpha=0.25)
        each.spines[["top", "right"]].set_visible(False)
        each.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, handlelength=3)
    axes[-1].set_xlabel("training step")
    with atomic_file(path) as file:
        figure.savefig(file, format=Path(path).suffix[1:] or "png")


def _draw(axes: Any, rows: Sequence[Mapping[str, float]], panel: Any, floor: Mapping[str, float]) -> None:
    present = [name for name in panel.names if any(name in row for row in rows)]
    for name, (dashes, colour) in zip(present, cycle(STYLES)):
        step, values = (np.array(a, float) for a in zip(*[(row["step"], row[name]) for row in rows if name in row]))
        label = name.replace("_", " ")
        if 2 * len(step) > len(rows):
            axes.plot(step, values, color=colour, alpha=0.22, linewidth=0.8)
            axes.plot(step, smooth(values), dashes, color=colour, linewidth=2, label=label)
        else:
            axes.plot(step, values, dashes, color=colour, linewidth=1.6, marker="o", markersize=4, label=label)
        if name in floor:
            axes.axhline(floor[name], color=colour, linewidth=1.2, linestyle=":", label="real samples")
    for label, height in panel.levels.items():
        axes.axhline(height, color="0.3", linewidth=1.2, linestyle=":", label=f"reference level:\n{label}")
    if panel.scale == "log":
        from matplotlib.ticker import LogFormatter

        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(LogFormatter())
        axes.yaxis.set_minor_formatter(LogFormatter())
    elif panel.scale == "share":
        axes.set_ylim(-0.03, 1.03)
    axes.set_title(panel.title, loc="left", fontsize=11)


def _mark(axes: Any, marks: Sequence[tuple[float, float, str]]) -> None:
    box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1}
    for i, (first, last, text) in enumerate(marks):
        axes.axvspan(first, last, color=MARK, alpha=0.12, linewidth=0)
        place = {"xy": (last, 1), "xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        axes.annotate(text, xytext=(-4, -12 - 12 * i), ha="right", fontsize=9, color=MARK, bbox=box, **place)


def smooth(values: np.ndarray, share: float = 0.03) -> np.ndarray:
    """Mean of the finite values in a window of about `share` of the run, centred on each point: (n,) -> (n,).

    NaN and Inf become NaN, a gap in the line.
    """
    window = np.ones(2 * round(len(values) * share / 2) + 1)
    finite = np.isfinite(values)
    total = np.convolve(np.where(finite, values, 0), window, "same")
    count = np.convolve(finite, window, "same")
    return np.divide(total, count, out=np.full(len(values), np.nan), where=finite)
