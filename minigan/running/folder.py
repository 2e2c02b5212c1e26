"""A run in a folder: start it, open it again, resume it, draw samples from it, measure it.

A folder with a config.toml is a run.  The config names the recipe, so whoever opens a run needs nothing but its path; the
checkpoint beside it holds all that the next step depends on.
"""

import dataclasses
import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigan import evaluation, plots, zoo
from minigan.plots import Panel
from minigan.running import options as config_file
from minigan.running.build import COLUMNS, assemble
from minigan.running.checkpoint import load
from minigan.running.draw import check_sheet, draw, save_separate
from minigan.running.files import atomic_write, quoted
from minigan.running.film import read_frames
from minigan.running.options import Config
from minigan.trainer import Trainer
from minigan.zoo.recipe import Options, one_of


@dataclass
class Run:
    """A run as its checkpoint left it."""

    out: Path
    config: Config
    options: Options  # those of the present segment
    trainer: Trainer
    classes: tuple[str, ...]  # names of the labels, () without labels

    @property
    def watch(self) -> evaluation.Watch | None:
        """The evaluation during the training; None if there is too little data for one."""
        return self.trainer.evaluate if isinstance(self.trainer.evaluate, evaluation.Watch) else None

    @property
    def panels(self) -> tuple[Panel, ...]:
        """What the curves and the progress bar show: the panels of the game, then those of the evaluation."""
        return (*self.trainer.game.panels, *(self.watch.panels if self.watch else ()))

    @property
    def steps(self) -> int:
        """The number of steps of all segments together."""
        return self.config.at(max([0, *(segment.start for segment in self.config.segments)]))[1]

    @property
    def finished(self) -> bool:
        """Are all steps of all segments done?"""
        return self.trainer.t >= self.config.at(self.trainer.t)[1]


# ---- start, open, resume ---------------------------------------------------------------------------------------------


def start(config: Config, out: str | Path | None = None) -> Run:
    """A new run in its own folder, runs/<data>-<recipe>-<time> without `out`.

    The first checkpoint is written at once, and before the config: what has a config is a run and can be resumed.
    Raises FileExistsError if the folder already holds a run.
    """
    options = config.options
    if options.data.startswith("folder:"):  # found again from wherever the run is resumed
        pictures = Path(options.data.removeprefix("folder:")).expanduser().resolve()
        config = dataclasses.replace(config, options=dataclasses.replace(options, data=f"folder:{pictures}"))
    if out is None:
        data_name = Path(options.data.removeprefix("folder:")).name
        out = Path("runs") / f"{data_name}-{zoo.name_of(config.recipe)}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    out = Path(out)
    if (out / "config.toml").exists():
        raise FileExistsError(
            f"{out} already holds a run: go on with it (minigan resume {quoted(out)}), or choose another --out"
        )
    run = _run(config, 0, out)
    run.trainer.save()
    atomic_write(out / "config.toml", config.to_toml())
    return run


def open_run(path: str | Path) -> Run:
    """The run in this folder, as its checkpoint left it.

    Raises FileNotFoundError for a folder without a run, ValueError for a config or a checkpoint that is not sound.
    """
    return resume(path)


def resume(path: str | Path, **changes: Any) -> Run:
    """The run in this folder, as its checkpoint left it; changes of steps, batch or lr become a new segment of its config.

    Raises what `open_run` raises, and ValueError for an option that the recipe does not have, or `steps` that are done.
    """
    path = Path(path)
    if not (path / "config.toml").exists():
        raise FileNotFoundError(f"{path} holds no run (no config.toml in it); runs are made by minigan train")
    before = config_file.read(path / "config.toml")
    step = load(path / "checkpoint.safetensors")[1]["step"]
    if changes.get("steps", step + 1) <= step:
        raise ValueError(f"{path} is at step {step} already: --steps is the new total, so it must be more than {step}")
    config = before.changed(step, changes)
    run = _run(config, step, path)
    run.trainer.restore()
    if config is not before:  # whatever does not fit has been refused by now
        atomic_write(path / "config.toml", config.to_toml())
    return run


def _run(config: Config, step: int, out: Path) -> Run:
    """The run with the options of its segment at this step."""
    options, end = config.at(step)
    trainer, classes = assemble(config.recipe, options, out)
    trainer.steps = end  # the schedules still see the total of the segment's options
    return Run(out, config, options, trainer, classes)


def train(run: Run, progress: Callable[[int, dict], None] = lambda t, row: None) -> Run:
    """Train to the end of the last segment -> the run as it then is.  Raises as Trainer.run does."""
    run.trainer.run(progress)
    while not run.finished:  # another segment begins here
        run = open_run(run.out)
        run.trainer.run(progress)
    return run


# ---- what is made of a run ---------------------------------------------------------------------------------------------


def finish(run: Run) -> dict[str, Path]:
    """Write the film, the curves and the latent walk of a run -> the files, by name."""
    trainer, out = run.trainer, run.out
    written = {}
    frames = read_frames(out / "frames")
    if frames:
        written["film"] = out / "film.gif"
        plots.save_gif(written["film"], frames)
    written["curves"] = out / "curves.png"
    plots.curves(trainer.rows, written["curves"], run.panels, run.watch.floor if run.watch else {})
    walk = list(trainer.game.walk(60, 3 * COLUMNS, np.random.default_rng(run.options.seed)))
    if walk and walk[0].ndim == 4:
        written["walk"] = out / "walk.gif"
        plots.save_gif(written["walk"], [plots.grid(images, columns=COLUMNS) for images in walk], seconds=6, hold=0)
    return written


def sample(
    path: str | Path,
    n: int,
    out: str | Path | None = None,
    seed: int = 0,
    label: str | None = None,
    separate: str | Path | None = None,
) -> list[Path]:
    """Draw n new samples from a run -> the files written.

    Parameters
    ----------
    out : file of one sheet, whose suffix sets the format (.png, .jpg, ...); by default in the run's folder, and none if only
        separate images are wanted
    seed : seed of the noise
    label : name of a class or its number, for a run that was trained with labels; by default all in turn
    separate : folder for one PNG for each sample

    Raises ValueError for a label that the run does not have, for points in the plane in `separate`, and for more samples
    than one sheet can hold; there is no limit to separate ones.
    """
    run = open_run(path)
    name = f"sample_{n}{'' if label is None else f'_label{label}'}_seed{seed}.png"
    sheet = Path(out) if out is not None else Path(path) / name if separate is None else None
    written: list[Path] = []
    kept, drawn = [], 0
    for samples in draw(run.trainer.game, n, seed, None if label is None else label_number(run, label)):
        if sheet:
            check_sheet(samples, n, sheet)
            kept.append(plots.to_image(samples) if samples.ndim == 4 else samples)
        if separate is not None:
            written += save_separate(samples, Path(separate), drawn, n)
        drawn += len(samples)
    if sheet:
        written.append(sheet)
        assert run.trainer.recorder.picture is not None  # build gave it one
        run.trainer.recorder.picture(np.concatenate(kept), written[-1])
    return written


def label_number(run: Run, label: str) -> int:
    """The number of a class that is given by name, or by its number."""
    classes = run.trainer.game.classes
    if not classes:
        raise ValueError("the samples of this run have no labels: leave --label out")
    names = run.classes or tuple(map(str, range(classes)))
    if label not in names and label.isdecimal() and int(label) < classes:
        return int(label)
    one_of("label", label, names)
    return names.index(label)


def evaluate(
    path: str | Path, n: int | None = None, seed: int = 0, features: str | None = None
) -> tuple[dict, dict[str, Path]]:
    """Take every measure of n new samples of a run; tables and pictures go into its folder -> the result, the files.

    features: the space in which images are compared, one of evaluation.FEATURES; default: the one that suits the data.
    """
    run = open_run(path)
    return evaluation.report(run.trainer, run.options.data, n, seed, features)
