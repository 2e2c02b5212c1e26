"""One style for the figures of the lessons.

A figure shows one idea, and its title states the finding, not the topic: "Too small a step is worse than one too large", not
"Error against h".  Lines differ in dashes (and in markers, if requested) as well as in colour, so a figure printed in grey is
still readable.  The title is also the text for screen readers and terminals.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES = {  # each new line takes the next of each
    "color": ("#1f4e9c", "#d1600a", "#2e7d32", "#7b1fa2", "#5d4037", "#00838f"),
    "linestyle": ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3))),
    "marker": ("o", "s", "^", "D", "v", "x"),
}
RC = {
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25, "lines.linewidth": 1.8,
    "lines.markersize": 5, "legend.frameon": False, "legend.handlelength": 3.6, "axes.titlesize": 10,
    "axes.titlelocation": "left", "font.size": 10, "figure.dpi": 120,
}  # fmt: skip


@contextmanager
def figure(
    title: str, panels: int | tuple[int, int] = 1, size: tuple[float, float] | None = None, marker: bool = False
) -> Iterator:
    """Yield axes to draw on; at the end of the `with` the figure is displayed, with a legend of all labels.

        with figure("Central differences gain twice the digits") as ax:
            ax.loglog(h, error, label="central")

    Parameters
    ----------
    title : str
        The finding, at least five words.
    panels : int or (int, int)
        The number of panels in a row, or (rows, columns).  With more than one, an array of axes is yielded.
    size : (float, float), optional
        Width and height in inches; by default 8, and 3.6 per row.
    marker : bool
        Lines have markers as well as dashes, for curves with few points.
    """
    import matplotlib
    from cycler import cycler
    from matplotlib.figure import Figure

    rows, columns = panels if isinstance(panels, tuple) else (1, panels)
    cycle = cycler(color=STYLES["color"]) + cycler(linestyle=STYLES["linestyle"])
    if marker:
        cycle += cycler(marker=STYLES["marker"])
    settings: Any = RC | {"axes.prop_cycle": cycle}
    with matplotlib.rc_context(settings):
        made = Figure(figsize=size or (8, 3.6 * rows), layout="constrained")
        made.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=11)
        axes = made.subplots(rows, columns, squeeze=False)
        yield axes[0, 0] if rows == columns == 1 else axes[0] if rows == 1 else axes
        for ax in axes.flat:
            if ax.get_legend() is None and ax.get_legend_handles_labels()[1]:
                ax.legend()
        display(made, title)


def display(made: Figure, title: str) -> None:
    """Display the figure in the notebook; in a terminal, print its title."""
    from minigan.plots.show import in_notebook

    if not in_notebook():
        print(f"[figure: {title}]")
        return
    from IPython.display import publish_display_data

    file = io.BytesIO()
    made.savefig(file, format="png", bbox_inches="tight")
    width = int(np.ceil(made.get_figwidth() * 100))
    publish_display_data(
        {"image/png": file.getvalue(), "text/plain": title}, metadata={"image/png": {"width": width, "alt": title}}
    )
