"""The progress bar of Trainer.run: tqdm's, in a terminal and in a notebook, where the last sheet of samples is shown below it.

A program whose output goes to a file gets no bar.  TQDM_DISABLE=1 in the environment switches it off everywhere, as it does for
every bar of tqdm.
"""

import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from minigan.plots.show import in_notebook
from minigan.running import job

Progress = Callable[[int, dict], None]
SECONDS = 2.0  # between two sheets in a notebook, at least


@contextmanager
def shown(trainer: Any, progress: Progress | None) -> Iterator[Progress]:
    """What Trainer.run calls after each step: `progress`, or, if it is None, a bar that ends with the block."""
    notebook, off = in_notebook(), job.rank() > 0 or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    if progress is not None or off:
        yield progress or (lambda t, row: None)
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*IProgress not found")  # without ipywidgets the bar is text
        from tqdm.auto import tqdm
    disable = False if notebook else None  # None: unless standard error is a terminal
    with tqdm(total=trainer.steps, initial=trainer.t, unit="step", desc="training", disable=disable) as bar:
        sheet, advance = Sheet(notebook), advances(bar, trainer.game.panels)

        def step(t: int, row: dict) -> None:
            advance(row)
            if t in trainer.evaluated:
                sheet.show(trainer.game, last=t == trainer.steps)

        yield step


def advances(bar: Any, panels: Any) -> Callable[[dict], None]:
    """advance(row): one step more on tqdm's bar, with the numbers that the panels have a short name for, as last in a row."""
    short = {name: label for panel in panels for name, label in panel.short.items()}
    latest: dict[str, float] = {}

    def advance(row: dict) -> None:
        latest.update({label: row[name] for name, label in short.items() if name in row})
        bar.set_postfix({name: f"{value:.2f}" for name, value in latest.items()}, refresh=False)
        bar.update()

    return advance


class Sheet:
    """The last samples of a game in a notebook, each sheet in the place of the one before."""

    def __init__(self, on: bool):
        self.on, self.handle, self.time = on, None, 0.0

    def show(self, game: Any, last: bool) -> None:
        """Draw 16 samples, unless there was a sheet a moment ago.  Their noise is their own: the training does not notice."""
        if not self.on or not (last or time.monotonic() - self.time > SECONDS):
            return
        picture = game._repr_png_()
        if picture is None:  # a game that draws nothing
            return
        from IPython.display import Image, display

        self.time = time.monotonic()
        if self.handle is None:
            self.handle = display(Image(picture), display_id=True)
        else:
            self.handle.update(Image(picture))
