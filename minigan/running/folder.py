"""A run in a folder: start it, open it again, resume it, train it.  What is made of it is in use.py.

A folder with a config.toml is a run.  The config names the recipe, so whoever opens a run needs nothing but its path; the
checkpoint beside it holds all that the next step depends on.
"""

import contextlib
import dataclasses
import datetime
import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minigan import zoo
from minigan.data import Source, WithoutData
from minigan.running import options as config_file
from minigan.running.build import assemble, load_source
from minigan.running.checkpoint import load
from minigan.running.files import atomic_write, quoted
from minigan.running.identity import check_config
from minigan.running.lock import Lock
from minigan.running.options import Config
from minigan.running.run import Run
from minigan.zoo.recipe import POINTS

__all__ = ["Run", "open_run", "resume", "start", "train"]

CONFIG, CHECKPOINT = "config.toml", "checkpoint.safetensors"


def start(config: Config, out: str | Path | None = None) -> Run:
    """A new run in its own folder, runs/<data>-<recipe>-<time> without `out`.

    The first checkpoint is written at once, and before the config: what has a config is a run and can be resumed.
    Raises FileExistsError if the folder already holds a run, BlockingIOError if another process is writing one into it,
    ValueError for an option that has no effect.
    """
    config.options.check()
    options = config.options
    if options.data.startswith("folder:"):  # found again from wherever the run is resumed
        pictures = Path(options.data.removeprefix("folder:")).expanduser().resolve()
        config = dataclasses.replace(config, options=dataclasses.replace(options, data=f"folder:{pictures}"))
    runs_made = out is None and not Path("runs").exists()
    if out is None:
        made, out = True, _new_folder(config)
    else:
        out = Path(out)
        made = not out.exists()
        _refuse_second(out)
    try:
        run = _run(config, 0, out, load_source(config.options))
        with run.trainer.recorder.lock:
            _refuse_second(out)  # once more: another process may have started one meanwhile
            run.trainer.recorder.refuse_to_overwrite(0)
            run.trainer.save()
            atomic_write(out / CONFIG, config.to_toml())
    except BaseException:
        if made:
            with contextlib.suppress(OSError):  # only what is empty
                out.rmdir()
                if runs_made:
                    out.parent.rmdir()
        raise
    return run


def _new_folder(config: Config) -> Path:
    """Make runs/<data>-<recipe>-<time>, with -2, -3, ... at its end if a run was started in the same second."""
    data_name = Path(config.options.data.removeprefix("folder:")).name
    name = f"{data_name}-{zoo.name_of(config.recipe)}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    for k in itertools.count(1):
        out = Path("runs") / (name if k == 1 else f"{name}-{k}")
        with contextlib.suppress(FileExistsError):
            out.mkdir(parents=True)  # fails if it exists: two processes cannot both make it
            return out
    raise AssertionError("unreachable")


def _refuse_second(out: Path) -> None:
    if (out / CONFIG).exists():
        raise FileExistsError(
            f"{out} already holds a run: go on with it (minigan resume {quoted(out)}), or choose another --out"
        )


def open_run(path: str | Path, data: bool = True) -> Run:
    """The run in this folder, as its checkpoint left it; data=False: without its data, to draw samples only.

    Nothing is written, so a run may be opened while it is trained. Warns if the data have changed.
    Raises FileNotFoundError for a folder without a run or a run without its data, ValueError for a config or a checkpoint
    that is not sound, or if the two do not belong together.
    """
    path = Path(path)
    _refuse_no_config(path)
    return _open(path, config_file.read(path / CONFIG), {}, data, changed_data=True)


def resume(path: str | Path, changed_data: bool = False, **changes: Any) -> Run:
    """The run in this folder, as its checkpoint left it; changes of steps, batch or lr become a new segment of its config.

    Raises what `open_run` raises, BlockingIOError if another process is writing the run, and ValueError for an option that
    the recipe does not have, `steps` that are done, or data that have changed; with `changed_data` that is a warning.
    """
    path = Path(path)
    _refuse_no_config(path)
    with Lock(path):
        before = config_file.read(path / CONFIG)
        run = _open(path, before, changes, True, changed_data)
        if not run.recorded:
            warnings.warn(
                f"{path} was made by an earlier version: whether its config, its data and its number of threads are "
                "still those of the checkpoint is not known",
                stacklevel=2,
            )
        if run.config != before and run.finished:
            names = " and ".join(changes)
            raise ValueError(f"{path} is finished: {names} would have no effect without more steps, --steps N")
        if run.config != before:  # whatever does not fit has been refused by now
            atomic_write(path / CONFIG, run.config.to_toml())
    return run


def _open(path: Path, before: Config, changes: dict[str, Any], data: bool, changed_data: bool) -> Run:
    loaded = load(path / CHECKPOINT)
    meta, recorded = loaded[1], bool(loaded[1].get("run"))
    if "step" not in meta:
        raise ValueError(f"{path / CHECKPOINT} is not the checkpoint of a run: it does not say at which step it is")
    step = meta["step"]
    if recorded:
        check_config(path / CONFIG, meta["run"], before.facts(), step, config_file.CHANGEABLE)
    if changes.get("steps", step + 1) <= step:
        raise ValueError(f"{path} is at step {step} already: --steps is the new total, so it must be more than {step}")
    config = before.changed(step, changes)
    options = config.at(step)[0]
    if not data and "data" in meta and options.data not in POINTS:
        source: Source = WithoutData(**meta["data"])
    else:
        try:
            source = load_source(options)
        except OSError as error:
            raise FileNotFoundError(
                f"the data of {path} cannot be read: {error}. If they have moved, write their new place into {path / CONFIG}; "
                "only minigan sample needs no data"
            ) from error
    run = _run(config, step, path, source)
    run.recorded, trainer = recorded, run.trainer
    trainer.t, trainer.seconds, trainer.rows = trainer.recorder.restore(loaded, changed_data)
    return run


def _refuse_no_config(path: Path) -> None:
    if (path / CONFIG).exists():
        return
    if (path / CHECKPOINT).exists():
        raise FileNotFoundError(f"{path} holds a checkpoint, but no config.toml with the options it was trained with")
    raise FileNotFoundError(f"{path} holds no run (no config.toml in it); runs are made by minigan train")


def _run(config: Config, step: int, out: Path, source: Source) -> Run:
    """The run with the options of its segment at this step."""
    options, end = config.at(step)
    trainer = assemble(config.recipe, options, source, out)
    trainer.steps = end  # the schedules still see the total of the segment's options
    trainer.recorder.facts = config.facts()
    return Run(out, config, options, trainer)


def train(run: Run, progress: Callable[[int, dict], None] = lambda t, row: None) -> Run:
    """Train to the end of the last segment -> the run as it then is.  Raises as Trainer.run does."""
    run.trainer.run(progress)
    while not run.finished:  # another segment begins here
        run = open_run(run.out)
        run.trainer.run(progress)
    return run
