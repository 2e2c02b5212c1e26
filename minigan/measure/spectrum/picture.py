"""Two panels: the eigenvalues of a step around the unit circle, and the spectrum of the scores with the periods that they predict."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigan.measure.spectrum.eigenvalues import Mode
from minigan.measure.spectrum.oscillation import power


def picture(found: Sequence[Mode], scores: np.ndarray | None, marked: Sequence[Mode], title: str) -> Any:
    """A matplotlib Figure.   marked: the modes whose periods are drawn into the right panel; scores None: no right panel."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11 if scores is not None else 5.5, 4.8), dpi=120, layout="constrained")
    panels = figure.subplots(1, 2 if scores is not None else 1, squeeze=False)[0]
    mu = np.array([mode.mu for mode in found])
    turn = np.linspace(0, 2 * np.pi, 400)
    panels[0].plot(np.cos(turn), np.sin(turn), color="0.6", linewidth=1)
    panels[0].plot(mu.real, mu.imag, ".", color="0.15", markersize=5)
    panels[0].plot(mu.real, -mu.imag, ".", color="0.15", markersize=5)
    for mode in marked:
        panels[0].plot(mode.mu.real, mode.mu.imag, "o", color="C1", markerfacecolor="none", markersize=11)
        panels[0].annotate(f"  {mode.period:.0f} steps", (mode.mu.real, mode.mu.imag), color="C1")
    panels[0].set(
        aspect="equal", xlabel="Re μ", ylabel="Im μ", title="Eigenvalues of one step: a mode fades inside the circle"
    )
    if scores is not None:
        period, of = power(scores)
        panels[1].loglog(period, of / np.median(of), color="0.15")
        for mode in marked:
            panels[1].axvline(mode.period, color="C1", linestyle="--")
        panels[1].set(
            xlabel="period, steps", ylabel="power of D(G(z)) / median", title="Measured; dashed: predicted periods"
        )
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title)
    return figure
