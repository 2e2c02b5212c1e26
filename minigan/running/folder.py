"""A run in a folder: start it, open it again, resume it, train it.  What is made of it is in use.py.

A folder with a config.toml is a run.  The config names the recipe, so whoever opens a run needs nothing but its path; the
checkpoint beside it holds all that the next step depends on.
"""

import contextlib
import copy
import dataclasses
import datetime
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from minigan import zoo
from minigan.data import Source, WithoutData
from minigan.optim import NonFiniteError
from minigan.running import options as config_file
from minigan.running import ranks
from minigan.running.build import assemble, load_source
from minigan.running.checkpoint import CheckpointError, load, step_in
from minigan.running.files import atomic_write, quoted
from minigan.running.identity import check_config, naming_data
from minigan.running.lock import Lock
from minigan.running.options import Config
from minigan.running.place import CHECKPOINT, CONFIG, full, numbered, refuse_file, shown
from minigan.running.run import Run
from minigan.zoo.recipe import POINTS

__all__ = ["Run", "open_run", "resume", "resuming", "start", "starting", "train"]


def start(config: Config, out: str | Path | None = None) -> Run:
    """A new run in its own folder, runs/<data>-<recipe>-<time> without `out`.

    The first checkpoint is written at once, and before the config: what has a config is a run and can be resumed.
    Raises FileExistsError if the folder already holds a run, BlockingIOError if another process is writing one into it,
    ValueError for an option that has no effect or a batch that the networks cannot be trained on.
    """
    with starting(config, out) as run:
        return run


@contextlib.contextmanager
def starting(config: Config, out: str | Path | None = None) -> Iterator[Run]:
    """`start`; in the block its folder stays locked, so that no other process can take the run over before it is trained."""
    config.options.check()
    options = config.options
    if options.data.startswith("folder:") and options.data != "folder:":  # found again from wherever the run is resumed
        pictures = Path(options.data.removeprefix("folder:")).expanduser().resolve()
        config = dataclasses.replace(config, options=dataclasses.replace(options, data=f"folder:{pictures}"))
    runs_made = out is None and not Path("runs").exists()
    if out is None:
        made, folder = True, _new_folder(config)
    else:
        folder = full(out)
        refuse_file(folder)
        made = not folder.exists()
        _refuse_second(folder)
    with contextlib.ExitStack() as held:
        try:
            run = _run(config, 0, folder, load_source(config.options))
            _try_batch_of_one(run)
            held.enter_context(run.trainer.recorder.lock)
            _refuse_second(folder)  # once more: another process may have started one meanwhile
            run.trainer.recorder.refuse_to_overwrite(0)
            run.trainer.save()
            atomic_write(folder / CONFIG, config.to_toml())
        except BaseException:
            held.close()
            if made:
                with contextlib.suppress(OSError):  # only what is empty
                    folder.rmdir()
                    if runs_made:
                        folder.parent.rmdir()
            raise
        yield run


def _new_folder(config: Config) -> Path:
    """Make runs/<data>-<recipe>-<time>, with -2, -3, ... at its end if a run was started in the same second."""
    data_name = Path(config.options.data.removeprefix("folder:")).name
    name = f"{data_name}-{zoo.name_of(config.recipe)}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    for out in numbered(full(Path("runs") / name)):
        with contextlib.suppress(FileExistsError):
            out.mkdir(parents=True)  # fails if it exists: two processes cannot both make it
            return out
    raise AssertionError("unreachable")


def _try_batch_of_one(run: Run) -> None:
    """Try a step on a copy of the game if a batch holds one sample, before anything is written: BatchNorm may need two.

    Raises what the step raises, except for numbers that are not finite, which depend on the weights.
    """
    trainer = run.trainer
    if trainer.batch > 1 or trainer.t >= trainer.steps:
        return
    state = trainer.source.state()
    with contextlib.suppress(NonFiniteError), np.errstate(all="ignore"):
        copy.deepcopy(trainer.game).step(lambda: trainer.source.batch(1), np.random.default_rng(0))
    trainer.source.restore(state)


def _refuse_second(out: Path) -> None:
    """Raise FileExistsError if the folder holds a run already, FileNotFoundError if it holds one without its checkpoint."""
    if (out / CONFIG).exists():
        _refuse_no_checkpoint(out)
        raise FileExistsError(
            f"{shown(out)} already holds a run: go on with it (minigan resume {quoted(shown(out))}), or choose another --out"
        )
    if step := step_in(out / CHECKPOINT):
        raise FileExistsError(
            f"{shown(out)} holds a run that is at step {step}, without its config.toml: put that file back to go on with it, "
            "or choose another --out"
        )


def open_run(path: str | Path, data: bool = True) -> Run:
    """The run in this folder, as its checkpoint left it; data=False: without its data, to draw samples only.

    Nothing is written, so a run may be opened while it is trained. Warns if the data have changed.
    Raises FileNotFoundError for a folder without a run or a run without its data, ValueError for a config or a checkpoint
    that is not sound, or if the two do not belong together.
    """
    path = full(path)
    _refuse_no_config(path)
    return _open(path, config_file.read(path / CONFIG), {}, data, changed_data=True)


def resume(path: str | Path, changed_data: bool = False, **changes: Any) -> Run:
    """The run in this folder, as its checkpoint left it; changes of steps, batch or lr become a new segment of its config.

    Raises what `open_run` raises, BlockingIOError if another process is writing the run, and ValueError for an option that
    the recipe does not have, `steps` that are done, or data that have changed; with `changed_data` that is a warning.
    """
    with resuming(path, changed_data, **changes) as run:
        return run


@contextlib.contextmanager
def resuming(path: str | Path, changed_data: bool = False, **changes: Any) -> Iterator[Run]:
    """`resume`; in the block its folder stays locked, so that of two processes that resume a run the first one trains it."""
    path = full(path)
    _refuse_no_config(path)
    with Lock(path) as lock:
        before = config_file.read(path / CONFIG)
        run = _open(path, before, changes, True, changed_data)
        if not run.recorded:
            warnings.warn(
                f"{shown(path)} was made by an earlier version: whether its config, its data and its number of threads are "
                "still those of the checkpoint is not known",
                stacklevel=4,
            )
        if run.config != before and run.finished:
            names = " and ".join(changes)
            raise ValueError(f"{shown(path)} is finished: {names} would have no effect without more steps, --steps N")
        _try_batch_of_one(run)
        if run.config != before:  # whatever does not fit has been refused by now
            atomic_write(path / CONFIG, run.config.to_toml())
        run.trainer.recorder.lock = lock
        yield run


def _open(path: Path, before: Config, changes: dict[str, Any], data: bool, changed_data: bool) -> Run:
    loaded = load(path / CHECKPOINT)
    meta, recorded = loaded[1], bool(loaded[1].get("run"))
    if "step" not in meta:
        raise ValueError(f"{path / CHECKPOINT} is not the checkpoint of a run: it does not say at which step it is")
    step = meta["step"]
    if recorded:
        try:
            check_config(path / CONFIG, meta["run"], before.facts(), step, config_file.CHANGEABLE)
            kept = meta["run"]["options"]["data"]
        except (KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{path / CHECKPOINT} is not the checkpoint of a run: {error!r}") from error
    else:
        kept = before.options.data
    if changes.get("steps", step + 1) <= step:
        raise ValueError(
            f"{shown(path)} is at step {step} already: --steps is the new total, so it must be more than {step}"
        )
    config = before.changed(step, changes)
    options = config.at(step)[0]
    with naming_data(path / CONFIG, kept, options.data):
        if not data and "data" in meta and options.data not in POINTS:
            source: Source = WithoutData(**meta["data"])
        else:
            try:
                source = load_source(options)
            except OSError as error:
                raise FileNotFoundError(
                    f"the data of {shown(path)} cannot be read: {error}. If they have moved, write their new place into "
                    f"{shown(path / CONFIG)}; only minigan sample needs no data"
                ) from error
        run = _run(config, step, path, source)
        run.recorded, trainer = recorded, run.trainer
        trainer.t, trainer.seconds, trainer.rows = trainer.recorder.restore(loaded, changed_data)
    return run


def _refuse_no_config(path: Path) -> None:
    """Raise FileNotFoundError unless the folder holds a config and a checkpoint."""
    if (path / CONFIG).is_file():
        _refuse_no_checkpoint(path)
    elif (path / CONFIG).exists():
        raise FileNotFoundError(f"{shown(path / CONFIG)} is not a file: put the config of the run back in its place")
    elif (path / CHECKPOINT).exists():
        raise FileNotFoundError(
            f"{shown(path)} holds a checkpoint, but no config.toml with the options it was trained with: put that file back"
        )
    else:
        raise FileNotFoundError(f"{shown(path)} holds no run (no config.toml in it); runs are made by minigan train")


def _refuse_no_checkpoint(path: Path) -> None:
    if not (path / CHECKPOINT).is_file():
        raise FileNotFoundError(
            f"{shown(path)} holds a run without its checkpoint.safetensors, so it cannot be used: put that file back, or train "
            f"the run again from its config: minigan train --config {quoted(shown(path / CONFIG))} --out ANOTHER"
        )


def _run(config: Config, step: int, out: Path, source: Source) -> Run:
    """The run with the options of its segment at this step."""
    options, end = config.at(step)
    trainer = assemble(config.recipe, options, source, out)
    trainer.steps = end  # the schedules still see the total of the segment's options
    trainer.recorder.facts, trainer.recorder.texts = config.facts(), {CONFIG: config.to_toml()}
    return Run(config, options, trainer)


def train(run: Run, progress: Callable[[int, dict], None] | None = None) -> Run:
    """Train to the end of the last segment -> the run as it then is.  Progress, and what is raised: as Trainer.run."""
    ranks.share(run.trainer)
    with run.trainer.recorder.lock as lock:
        run.trainer.run(progress)
        while not run.finished:  # another segment begins here
            ranks.wait()
            run = open_run(run.out)
            run.trainer.recorder.lock = lock
            ranks.share(run.trainer)
            run.trainer.run(progress)
    return run
