"""What a run writes to disk, and when: its log, sheets of samples, the frames of its film, its checkpoint.

    run.jsonl                  one row per line                samples/epoch_003.png   each epoch
    checkpoint.safetensors     each epoch, and on Ctrl-C       frames/step_000012.png  often at first, then less often

The checkpoint holds everything that the next step depends on: weights, moments, averages, running statistics, the state
of the source and of the step's generator, the number of shares that a call is cut into. A run that was killed and resumed
ends with the same bits as one that was not.
"""

import math
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from minigan import kernels
from minigan.data import Source
from minigan.game import Game
from minigan.running import checkpoint, restored
from minigan.running import rows as log
from minigan.running.exclusive import exclusively
from minigan.running.files import atomic_write, sweep
from minigan.running.film import step_of
from minigan.running.lock import Lock
from minigan.running.place import CHECKPOINT, FOLDERS, LOG, PICTURES, full, numbered, refuse_file, refuse_linked, shown
from minigan.running.views import refuse_other_shape, refuse_replaced

FRAMES = 48  # in the film of a run
WRITTEN = (LOG, *FOLDERS, *PICTURES)  # besides config and checkpoint


class Recorder:
    """Writes one run to the folder `out`; with out=None it writes nothing.

    Parameters
    ----------
    game, source, rng : what a checkpoint saves and restores; rng is the generator that the steps use
    steps, epoch : training steps in the run and in an epoch
    picture : picture(samples, path) draws samples and saves them; None for no pictures
    sheet, seed : number of samples in a picture, and the seed of their noise, the same each time

    Attributes
    ----------
    shares : number of shares to compute the run in, once it is known; see kernels.set_threads
    facts : more that the checkpoint holds, under "run": what a run's folder says about it
    texts : name -> text of the files that must be in the folder besides, if it has to be made again

    A relative `out` is resolved at once.  Raises ValueError for an `out` that is empty, NotADirectoryError for a file.
    """

    def __init__(
        self,
        out: str | Path | None,
        game: Game,
        source: Source,
        rng: np.random.Generator,
        steps: int,
        epoch: int,
        *,
        picture: Callable[[np.ndarray, Path], None] | None = None,
        sheet: int = 80,
        seed: int = 0,
    ):
        self.out, self.steps = None if out is None else full(out), steps
        if self.out is not None:
            refuse_file(self.out)
        self.game, self.source, self.rng = game, source, rng
        self.epoch, self.picture, self.sheet, self.seed = epoch, picture, sheet, seed
        self.since, self.before = 0, 0.0  # the step from which an epoch has this length, and the epochs until then
        self.shares: int | None = None
        self.facts: dict[str, Any] = {}
        self.texts: dict[str, str] = {}
        self.lock: Lock | nullcontext = nullcontext() if self.out is None else Lock(self.out)
        self.film = {round(steps * (k / FRAMES) ** 2) for k in range(FRAMES + 1)}  # the beginning in slow motion

    @property
    def checkpoint_path(self) -> Path:
        """The run's checkpoint. Raises ValueError for a run that is only in memory."""
        if self.out is None:
            raise ValueError("this run is only in memory: pass out= to the Trainer to write checkpoints")
        return self.out / CHECKPOINT

    def epochs(self, t: int) -> float:
        """The number of epochs in the first t steps, whose batches may have had several sizes."""
        return self.before + (t - self.since) / self.epoch

    @contextmanager
    def writing(self, t: int) -> Iterator[None]:
        """Around the steps after t: hold the lock of the folder, and compute in the number of shares of this run.

        Raises RuntimeError if another thread trains these networks, BlockingIOError if another process writes this run, and
        what `begin` raises.
        """
        with exclusively((*self.game.networks.values(), self.source)), self.lock:
            threads, shares = kernels.get_threads(), kernels.get_shares()
            other = self.shares is not None and self.shares != shares
            try:
                if other:
                    kernels.set_threads(threads, self.shares)
                self.begin(t)
                yield
            finally:
                if other:
                    kernels.set_threads(threads, shares)

    def begin(self, t: int) -> None:
        """Call before the steps after t: delete what killed processes left, and frames after t, which the run will draw
        again; record step 0.

        Raises FileExistsError if the folder holds a run that is further, whose steps would be lost, and ValueError if a
        network's layers do not see its theta.
        """
        refuse_replaced(self.game)
        images = self.draw() if t == 0 else None
        if images is not None:
            refuse_other_shape(images.shape[1:], tuple(self.source.shape))
        if self.out is None:
            return
        self.refuse_to_overwrite(t)
        refuse_linked(self.out)
        for folder in (self.out, *(self.out / name for name in FOLDERS)):
            sweep(folder)
        for frame in (self.out / "frames").glob("step_*.png"):
            if step_of(frame, default=t) > t and frame.is_file():
                frame.unlink()
        if t == 0:
            self.record(0, 0.0, [], False, images if self.picture else None)

    def refuse_to_overwrite(self, t: int) -> None:
        """Raise FileExistsError if the folder holds a run that is further than step t, or files of a run without one."""
        found = checkpoint.step_in(self.checkpoint_path)
        folder, name = self.checkpoint_path.parent, shown(self.checkpoint_path.parent)
        others = [file for file in WRITTEN if (folder / file).exists()]
        if LOG in others and (folder / LOG).is_file() and not (folder / LOG).stat().st_size:
            others.remove(LOG)  # a disk was full, or a process killed, before the first row
        if t == 0 and others and not self.checkpoint_path.exists():
            raise FileExistsError(
                f"{name} holds {', '.join(others)}, but no checkpoint that belongs to it: choose another folder, or an empty one"
            )
        if found > t:
            raise FileExistsError(
                f"{name} holds a run that is at step {found}: call restore() to continue it, or choose another out="
            )

    def measures(self, found: Any, row: dict) -> dict[str, float]:
        """What an evaluation returned, as numbers that the row can take up.  Raises TypeError or ValueError."""
        return log.measures(found, (*row, *log.HEAD))

    def draw(self) -> np.ndarray | None:
        """The samples of a picture, or two in a run without pictures; None if the game draws none."""
        try:
            return self.game.sample(self.sheet if self.out and self.picture else 2, np.random.default_rng(self.seed))
        except NotImplementedError:  # a game that is only trained
            return None

    def record(self, t: int, seconds: float, rows: list[dict], last: bool, images: np.ndarray | None = None) -> None:
        """After step t, write what is due: a frame of the film; at the end of an epoch also a sheet and a checkpoint.

        images : the samples of the picture, if they have been drawn
        """
        if self.out is None:
            return
        full = t == 0 or int(self.epochs(t)) > int(self.epochs(t - 1))
        epoch_ends = full or last
        if self.picture and (epoch_ends or t in self.film):
            if images is None:
                images = self.game.sample(self.sheet, np.random.default_rng(self.seed))
            self.stay()
            frame = self.out / "frames" / f"step_{t:06d}.png"
            self.picture(images, frame)
            if epoch_ends:
                number = int(self.epochs(t)) if full else math.ceil(self.epochs(t))
                atomic_write(self.out / "samples" / f"epoch_{number:03d}.png", frame.read_bytes())
        if epoch_ends:
            self.save(t, seconds, rows)

    def save(self, t: int, seconds: float, rows: list[dict]) -> None:
        """Write run.jsonl and the checkpoint as they are after step t."""
        if self.out is None:
            return
        meta = {
            "step": t,
            "seconds": seconds,
            "source": self.source.state(),
            "game": self.game.state(),
            "rng": self.rng.bit_generator.state,
            "counts": {name: opt.t for name, opt in self.game.optimizers.items()},
            "averages": {name: ema.t for name, ema in self.game.averages.items()},
            "epochs": {"length": self.epoch, "since": self.since, "before": self.before},
            "shares": self.shares or kernels.get_shares(),
            "data": self.source.identity(),
            "run": self.facts,
        }
        with self.lock:
            self.stay()
            log.write_rows(self.out / LOG, rows)
            checkpoint.save(self.checkpoint_path, self.game.arrays(), meta)

    def stay(self) -> None:
        """Call before something is written, with the lock held: if the folder was renamed, follow it; if it was deleted, make
        it again.  Warns of both."""
        if self.out is None or isinstance(self.lock, nullcontext) or self.lock.is_here:
            return
        before, found = self.out, self.lock.find()
        if found is not None:
            self.out = found
            warnings.warn(
                f"{shown(before)} was renamed while its run was written: it goes on in {shown(found)}", stacklevel=2
            )
            return
        self.out = next(folder for folder in numbered(before) if not os.path.lexists(folder))
        self.lock.move(self.out)
        for name, text in self.texts.items():
            atomic_write(self.out / name, text)
        warnings.warn(
            f"{shown(before)} was deleted while its run was written: it goes on in {shown(self.out)}, made again, without the "
            "frames and samples until now",
            stacklevel=2,
        )

    def restore(
        self, loaded: tuple[dict[str, np.ndarray], dict] | None = None, changed_data: bool = False
    ) -> tuple[int, float, list[dict]]:
        """Restore game, source and rng from the checkpoint -> its step, its seconds, the rows up to it: see restored.py."""
        return restored.restore(self, loaded, changed_data)
