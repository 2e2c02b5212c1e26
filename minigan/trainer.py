"""The loop around a game: data order, log, pictures, checkpoints, resume.

The Trainer knows no method by name: it hands batches to game.step and asks game.sample for pictures.  Everything that the
next step depends on (weights, moments, averages, running statistics, both random streams, the place in the epoch) is in the
checkpoint, so a run that was killed and resumed ends in the same bits as one that was never stopped.
"""

import json
import math
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from minigan.game import GAN, Game, d_step, g_step
from minigan.layers import Beside
from minigan.optim import NonFiniteError
from minigan.running import checkpoint
from minigan.running.files import atomic_write

__all__ = ["GAN", "Game", "Trainer", "d_step", "g_step"]


FRAMES = 48  # of the film of a run
EVALUATIONS = 40  # of a run, at most: each takes as long as some steps


class Order:
    """A new random order of the n images each epoch, cut into whole batches.  Its memory: a generator and a place."""

    def __init__(self, n: int, batch: int, rng: np.random.Generator):
        if not 1 <= batch <= n:
            raise ValueError(f"a batch must hold between 1 and all {n} images, got batch={batch}")
        self.n, self.batch, self.rng, self.place = n, batch, rng, 0
        self.start = rng.bit_generator.state  # of this epoch
        self.order = rng.permutation(n)

    def next(self) -> np.ndarray:  # -> (batch,) indices
        if self.place + self.batch > self.n:
            self.start, self.place = self.rng.bit_generator.state, 0
            self.order = self.rng.permutation(self.n)
        self.place += self.batch
        return self.order[self.place - self.batch : self.place]

    def state(self) -> dict:
        return {"generator": self.start, "place": self.place}

    def restore(self, state: dict) -> None:
        self.rng.bit_generator.state = self.start = state["generator"]
        self.order, self.place = self.rng.permutation(self.n), state["place"]


class Trainer:
    """Train `game` on images x, uint8 or float in [-1, 1] (N, H, W, C) or points (N, 2), with labels y (N,) or None.

        trainer = Trainer(game, x, y, batch=64, steps=4000, seed=0, out="runs/digits")
        trainer.run()

    With `out`, the folder gets run.jsonl, checkpoint.safetensors, samples/ and frames/, all written atomically; without, the
    rows are only kept in trainer.rows.  `picture(images, path)` draws `sheet` samples and saves them.  `evaluate(game)` returns
    measures by name, which join the rows: each epoch, or each `evaluate_every` steps; in a long run less often, 40 times in all.
    """

    def __init__(
        self,
        game: Game,
        x: np.ndarray,
        y: np.ndarray | None = None,
        *,
        batch: int = 64,
        steps: int = 1000,
        seed: int = 0,
        out: str | Path | None = None,
        log_every: int = 10,
        picture: Callable | None = None,
        sheet: int = 80,
        evaluate: Callable[[Game], dict[str, float]] | None = None,
        evaluate_every: int | None = None,
    ):
        if y is not None and len(y) != len(x):
            raise ValueError(f"every image needs its label: got {len(x)} images and {len(y)} labels")
        if steps < 1 or log_every < 1:
            raise ValueError(f"steps and log_every must be at least 1, got {steps} and {log_every}")
        self.game, self.x, self.y, self.batch, self.steps, self.log_every = game, x, y, batch, steps, log_every
        self.seed, self.picture, self.sheet, self.evaluate = seed, picture, sheet, evaluate
        self.out = Path(out) if out is not None else None
        streams = np.random.SeedSequence(seed).spawn(2)
        self.order = Order(len(x), batch, np.random.default_rng(streams[0]))
        self.rng = np.random.default_rng(streams[1])  # noise and everything else a step draws
        self.t, self.seconds, self.rows, self.last = 0, 0.0, [], {}
        self.epoch_steps = len(x) // batch
        self.interrupted = self.warm = False
        self.film = {round(steps * (k / FRAMES) ** 2) for k in range(FRAMES + 1)}  # the beginning in slow motion
        stride = evaluate_every or self.epoch_steps
        stride *= math.ceil(steps / stride / EVALUATIONS)
        self.evaluated = {*range(stride, steps - stride // 2, stride), steps}

    # ---- the loop ----------------------------------------------------------------------------------------------------

    def run(self, progress: Callable[[int, dict], None] = lambda t, row: None) -> list[dict]:
        """Train until self.steps; `progress(t, row)` is called after each step.  Returns the logged rows.

        Ctrl-C finishes the step, writes a checkpoint and raises KeyboardInterrupt.  A NaN or Inf raises NonFiniteError.
        """
        previous = _on_interrupt(self._interrupt)
        try:
            if self.t == 0:
                self._record()
            started = time.perf_counter() - self.seconds
            while self.t < self.steps:
                row = self.step()
                self.warm = True
                quality = self.evaluate(self.game) if self.evaluate and self.t in self.evaluated else {}
                row |= quality
                self.seconds = time.perf_counter() - started
                if quality or self.t % self.log_every == 0 or self.t in (1, self.steps):
                    self.rows.append(
                        {"step": self.t, "epoch": self.t / self.epoch_steps, "seconds": round(self.seconds, 3), **row}
                    )
                progress(self.t, row)
                self._record()
                if self.interrupted:
                    self.save()
                    raise KeyboardInterrupt
        finally:
            _on_interrupt(previous)
        return self.rows

    def step(self) -> dict[str, float]:
        """One batch, one step of the game -> its scalars."""
        index = self.order.next()
        x = self.x[index]
        if x.dtype == np.uint8:
            x = x.astype(np.float32) / np.float32(127.5) - np.float32(1)  # 0..255 -> [-1, 1]
        y = None if self.y is None else self.y[index]
        with np.errstate(all="ignore"):  # NumPy's warnings; we look ourselves, and say where
            try:
                row = self.game.step(x, y, self.rng)
                self._refuse_non_finite(row)
            except NonFiniteError as error:
                raise NonFiniteError(self._report(str(error), getattr(error, "net", None), x, y)) from error
        self.t += 1
        self.last = row
        return row

    def _refuse_non_finite(self, row: dict) -> None:
        """Raise NonFiniteError if a scalar of this step, or any number a checkpoint would hold, is NaN or Inf."""
        for name, value in row.items():
            if not math.isfinite(value):
                raise NonFiniteError(f"{name} is {value}")
        for name, array in self.arrays().items():
            if not _finite(array):
                index = int(np.flatnonzero(~np.isfinite(array))[0])
                net = self.game.networks.get(name.split(".")[0])
                like_theta = net is not None and not name.endswith("state") and array.size == net.theta.size
                place = f" ({net.locate(index)})" if like_theta else ""
                raise NonFiniteError(f"{name}[{index}]{place} is {array[index]}")

    def _interrupt(self, *_):
        if self.interrupted or not self.warm:  # a second Ctrl-C, or kernels still compiling
            raise KeyboardInterrupt
        self.interrupted = True

    def _report(self, what: str, net, x, y) -> str:
        """The step, the network, the layer, the last finite values: all that is known when a run goes wrong."""
        owner = next((name for name, mine in self.game.networks.items() if mine is net), "")
        places = self.game.inspect(x, y, np.random.default_rng(0))
        where = next(filter(None, (_first_bad(name, net.layers, net.cast(x)) for name, net, x in places)), "")
        last = ", ".join(f"{name} {value:.4g}" for name, value in self.last.items()) or "none yet"
        kept = f" The last checkpoint stays: {self.checkpoint_path}." if self.out else ""
        return (
            f"step {self.t + 1}: {owner and owner + ': '}{what}.{where} Last finite values: {last}.{kept} "
            "Usual causes: a learning rate that is too high, a loss without a bound on D, images not in [-1, 1]."
        )

    # ---- pictures and files --------------------------------------------------------------------------------------------

    @property
    def checkpoint_path(self) -> Path:
        return self.out / "checkpoint.safetensors"

    def _record(self) -> None:
        """Each epoch: a sheet of samples and a checkpoint.  In between, at first often: a frame of the film."""
        if self.out is None:
            return
        epoch_ends = self.t % self.epoch_steps == 0 or self.t == self.steps
        if self.picture and (epoch_ends or self.t in self.film):
            images = self.game.sample(self.sheet, np.random.default_rng(self.seed))  # the same noise each time
            frame = self.out / "frames" / f"step_{self.t:06d}.png"
            self.picture(images, frame)
            if epoch_ends:
                sheet = self.out / "samples" / f"epoch_{math.ceil(self.t / self.epoch_steps):03d}.png"
                atomic_write(sheet, frame.read_bytes())
        if epoch_ends:
            self.save()

    def save(self) -> None:
        """Write run.jsonl and the checkpoint."""
        if self.out is None:
            return
        try:
            self._refuse_non_finite({})
        except NonFiniteError as error:
            raise NonFiniteError(
                f"step {self.t}: {error}; nothing was saved, the last checkpoint stays: {self.checkpoint_path}"
            ) from error
        atomic_write(self.out / "run.jsonl", "".join(json.dumps(row) + "\n" for row in self.rows))
        meta = {
            "step": self.t,
            "seconds": self.seconds,
            "order": self.order.state(),
            "rng": self.rng.bit_generator.state,
        }
        meta["counts"] = {name: opt.t for name, opt in self.game.optimizers.items()}
        meta["averages"] = {name: ema.t for name, ema in self.game.averages.items()}
        checkpoint.save(self.checkpoint_path, self.arrays(), meta)

    def arrays(self) -> dict[str, np.ndarray]:
        """Every vector the next step depends on, by name; the arrays are the live ones."""
        arrays = {}
        for name, net in self.game.networks.items():
            arrays |= {f"{name}.theta": net.theta, f"{name}.state": net.state}
        for name, opt in self.game.optimizers.items():
            arrays |= {f"{name}.optimizer.{slot}": vector for slot, vector in opt.vectors().items()}
        for name, ema in self.game.averages.items():
            arrays |= {f"{name}.average.theta": ema.net.theta, f"{name}.average.state": ema.net.state}
        return arrays

    def restore(self) -> "Trainer":
        """Take up the run in self.out where its checkpoint left it; pictures and rows after it are dropped, to be made again."""
        mine = self.arrays()
        arrays, meta = checkpoint.load(self.checkpoint_path, expect=mine)
        for name, array in arrays.items():
            mine[name][...] = array
        self.t, self.seconds = meta["step"], meta["seconds"]
        self.order.restore(meta["order"])
        self.rng.bit_generator.state = meta["rng"]
        for name, opt in self.game.optimizers.items():
            opt.t = meta["counts"][name]
        for name, ema in self.game.averages.items():
            ema.t = meta["averages"][name]
        log = self.out / "run.jsonl"
        rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        self.rows = [row for row in rows if row["step"] <= self.t]
        for frame in (self.out / "frames").glob("step_*.png"):
            if int(frame.stem.removeprefix("step_")) > self.t:
                frame.unlink()
        return self


def _first_bad(place, layers, x) -> str:
    """The first layer whose output on x is not finite, as a sentence; '' if there is none."""
    given = "" if _finite(x) else ", whose input was bad already: is there NaN or Inf in the data?"
    for i, layer in enumerate(layers):
        y = layer(x)
        if not _finite(y):
            if isinstance(layer, Beside):
                return _first_bad(f"{place}, layer {i}, Beside", layer.branches[0].layers, x[0])
            return f" The first bad output is that of {place}, layer {i}, {layer}{given or '.'}"
        x = y
    return ""


def _finite(x) -> bool:
    """Is every number of x, an array or a tuple of arrays, finite?"""
    if isinstance(x, tuple):
        return all(map(_finite, x))
    flat = np.asarray(x).reshape(-1)
    with np.errstate(all="ignore"):
        return math.isfinite(np.dot(flat, flat)) or bool(np.isfinite(flat).all())  # one fast pass; it may overflow


def _on_interrupt(handler):
    """Install a handler for Ctrl-C and return the one before; only the main thread can, elsewhere None."""
    if threading.current_thread() is threading.main_thread() and handler is not None:
        return signal.signal(signal.SIGINT, handler)
    return None
