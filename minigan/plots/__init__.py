"""Pictures of a training: sheets of samples, films, curves, the plane as D sees it, and samples beside real images."""

from minigan.plots.compare import pairs, scored
from minigan.plots.curves import curves
from minigan.plots.gif import save_gif
from minigan.plots.images import grid, save_png, to_image
from minigan.plots.panel import Panel
from minigan.plots.plane import scatter2d
from minigan.plots.show import show

__all__ = ["Panel", "curves", "grid", "pairs", "save_gif", "save_png", "scatter2d", "scored", "show", "to_image"]
