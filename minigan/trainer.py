"""The loop around a game, and nothing but the loop: draw a batch, take a step, log, evaluate, record, stop.

The Trainer depends on no particular method, kind of data or file. Batches come from a Source, which decides their order;
the game defines a step and how to sample; running/recorder.py decides what is written and when, and running/nan_watch.py
reports bad numbers.
"""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigan.data import Source, as_source
from minigan.game import GAN, Game, d_step, g_step
from minigan.optim import NonFiniteError
from minigan.running import bar, nan_watch, rates
from minigan.running.interrupt import Interrupt
from minigan.running.parts import check_trainer
from minigan.running.recorder import Recorder

__all__ = ["GAN", "Game", "Trainer", "d_step", "g_step"]

EVALUATIONS = 40  # at most, in a run: each takes as long as several steps


class Trainer:
    """Train `game` on x: a Source, or images (N, H, W, C), uint8 or float in [-1, 1], or points (N, 2), with labels y.

        trainer = Trainer(game, x, y, batch=64, steps=4000, seed=0, out="runs/digits")
        rows = trainer.run()

    Parameters
    ----------
    y : labels (N,) of an array x, or None; a Source has its own
    batch, steps : samples per batch, total number of training steps
    seed : of the order of an array x and of everything the steps draw
    out : folder for run.jsonl, checkpoint.safetensors, samples/ and frames/; None keeps the rows in `rows` only
    log_every : steps between two logged rows; the first, last and evaluated steps are logged too
    picture, sheet : picture(samples, path) draws `sheet` samples and saves them
    evaluate : evaluate(game) -> measures by name, which are added to the rows
    evaluate_every : steps between two evaluations, by default an epoch; more in a long run, to have at most 40 in all

    An epoch is len(x) // batch steps, 500 for a Stream. Raises ValueError for a batch larger than the data and for numbers that
    are not whole or too small, TypeError for arguments of another kind.
    """

    def __init__(
        self,
        game: Game,
        x: np.ndarray | Source,
        y: np.ndarray | None = None,
        *,
        batch: int = 64,
        steps: int = 1000,
        seed: int = 0,
        out: str | Path | None = None,
        log_every: int = 10,
        picture: Callable[[np.ndarray, Path], None] | None = None,
        sheet: int = 80,
        evaluate: Callable[[Any], dict[str, float]] | None = None,
        evaluate_every: int | None = None,
    ):
        functions, sizes = {"picture": picture, "evaluate": evaluate}, {"steps": steps, "log_every": log_every}
        check_trainer(game, out, evaluate_every, seed, functions, **sizes, sheet=sheet)
        order, self.rng = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(2))
        self.source = as_source(x, y, order, getattr(game, "classes", 0))
        self.game, self.batch, self.steps, self.log_every, self.evaluate = game, batch, steps, log_every, evaluate
        self.epoch_steps = self.source.epoch(batch)
        self.t, self.seconds = 0, 0.0
        self.rows: list[dict] = []
        self.last: dict[str, float] = {}  # the scalars of the last step
        self.drawn: tuple[Any, Any] | None = None  # the last batch
        run, when = (game, self.source, self.rng), (steps, self.epoch_steps)
        self.recorder = Recorder(out, *run, *when, picture=picture, sheet=sheet, seed=seed)
        self.out = self.recorder.out
        stride = evaluate_every or self.epoch_steps
        stride *= math.ceil(steps / stride / EVALUATIONS)
        self.evaluated = {*range(stride, steps - stride // 2, stride), steps}

    def run(self, progress: Callable[[int, dict], None] | None = None) -> list[dict]:
        """Train until self.steps; `progress(t, row)` is called after each step, by default a progress bar. Returns the logged rows.

        Ctrl-C finishes the step, writes a checkpoint and raises KeyboardInterrupt; SIGTERM and SIGHUP then end the process.
        A NaN or Inf raises NonFiniteError, a second run at the same time RuntimeError. Warns if a schedule ends, at 0, before the run.
        """
        with Interrupt() as stop, self.recorder.writing(self.t), bar.shown(self, progress) as tell:
            started = time.perf_counter() - self.seconds
            while self.t < self.steps:
                rates.warn_if_ended(self.game, first=not stop.ready)
                row = self.step()
                stop.ready = True
                measured = self.evaluate if self.t in self.evaluated else None
                try:
                    row |= self.recorder.measures(measured(self.game), row) if measured else {}
                finally:  # if it raises, the step and its row are kept
                    self.seconds = time.perf_counter() - started
                    if measured or self.t % self.log_every == 0 or self.t in (1, self.steps):
                        epoch, seconds = self.recorder.epochs(self.t), round(self.seconds, 3)
                        self.rows.append({"step": self.t, "epoch": epoch, "seconds": seconds, **row})
                    self.recorder.record(self.t, self.seconds, self.rows, last=self.t == self.steps)
                tell(self.t, row)  # last, so that an exception in it loses nothing
                if stop.pressed:
                    self.save()
                    stop.deliver()
        return self.rows

    def step(self) -> dict[str, float]:
        """One step of the game -> its scalars. Raises NonFiniteError, naming the place, if a number is NaN or Inf."""
        with np.errstate(all="ignore"):  # silences NumPy's warnings: nan_watch checks every number
            try:
                row = self.game.step(self.draw, self.rng)
                nan_watch.refuse_non_finite(self.game, row)
            except NonFiniteError as error:
                kept = str(self.checkpoint_path) if self.out else ""
                message = nan_watch.report(error, self.game, self.drawn, self.t + 1, self.last, kept)
                raise NonFiniteError(message) from error
        self.t, self.last = self.t + 1, row
        return row

    def draw(self) -> tuple[np.ndarray, np.ndarray | None]:
        """The next batch (x, y) of the source; a game's step calls this whenever it needs new data."""
        self.drawn = self.source.batch(self.batch)
        return self.drawn

    @property
    def checkpoint_path(self) -> Path:
        """The checkpoint in the folder of this run."""
        return self.recorder.checkpoint_path

    def arrays(self) -> dict[str, np.ndarray]:
        """Every vector the next step depends on, by name: the live arrays, not copies."""
        return self.game.arrays()

    def save(self) -> None:
        """Write run.jsonl and a checkpoint now. Raises NonFiniteError, and writes nothing, if a number is NaN or Inf."""
        try:
            nan_watch.refuse_non_finite(self.game, {})
        except NonFiniteError as error:
            kept = f"; the last checkpoint is kept: {self.checkpoint_path}" if self.out else ""
            raise NonFiniteError(f"step {self.t}: {error}; nothing was saved{kept}") from error
        self.recorder.save(self.t, self.seconds, self.rows)

    def restore(self, changed_data: bool = False) -> "Trainer":
        """Resume the run in `out`; `run` redoes what came after its checkpoint. Other data: ValueError, or only a warning."""
        self.t, self.seconds, self.rows = self.recorder.restore(changed_data=changed_data)
        return self
