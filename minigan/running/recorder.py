"""What a run writes to disk, and when: its log, sheets of samples, the frames of its film, its checkpoint.

    run.jsonl                  one row per line                samples/epoch_003.png   each epoch
    checkpoint.safetensors     each epoch, and on Ctrl-C       frames/step_000012.png  often at first, then less often

The checkpoint holds everything that the next step depends on: weights, moments, averages, running statistics, the state
of the source and of the step's generator. A run that was killed and resumed ends with the same bits as one that was not.
"""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from minigan.data import Source
from minigan.game import Game
from minigan.running import checkpoint
from minigan.running.files import atomic_write, sweep
from minigan.running.film import step_of
from minigan.running.rows import read_rows, write_rows
from minigan.running.views import refuse_replaced

FRAMES = 48  # in the film of a run


class Recorder:
    """Writes one run to the folder `out`; with out=None it writes nothing.

    Parameters
    ----------
    game, source, rng : what a checkpoint saves and restores; rng is the generator that the steps use
    steps, epoch : training steps in the run and in an epoch
    picture : picture(samples, path) draws samples and saves them; None for no pictures
    sheet, seed : number of samples in a picture, and the seed of their noise, the same each time
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
        self.out = Path(out) if out is not None else None
        self.game, self.source, self.rng = game, source, rng
        self.epoch, self.picture, self.sheet, self.seed = epoch, picture, sheet, seed
        self.film = {round(steps * (k / FRAMES) ** 2) for k in range(FRAMES + 1)}  # the beginning in slow motion

    @property
    def checkpoint_path(self) -> Path:
        """The run's checkpoint. Raises ValueError for a run that is only in memory."""
        if self.out is None:
            raise ValueError("this run is only in memory: pass out= to the Trainer to write checkpoints")
        return self.out / "checkpoint.safetensors"

    def begin(self, t: int) -> None:
        """Call before the steps after t: delete what killed processes left, and frames after t, which the run will draw
        again; record step 0.

        Raises FileExistsError if the run is new but the folder holds another one, which would be overwritten, and ValueError
        if a network's layers do not see its theta.
        """
        refuse_replaced(self.game)
        if self.out is None:
            return
        if t == 0 and self.checkpoint_path.exists():
            found = checkpoint.load(self.checkpoint_path)[1].get("step", 0)
            if found:
                raise FileExistsError(
                    f"{self.out} holds a run that is at step {found}: call restore() to continue it, or choose another out="
                )
        for folder in (self.out, self.out / "frames", self.out / "samples"):
            sweep(folder)
        for frame in (self.out / "frames").glob("step_*.png"):
            if step_of(frame, default=t) > t and frame.is_file():
                frame.unlink()
        if t == 0:
            self.record(0, 0.0, [], last=False)

    def record(self, t: int, seconds: float, rows: list[dict], last: bool) -> None:
        """After step t, write what is due: a frame of the film; at the end of an epoch also a sheet and a checkpoint."""
        if self.out is None:
            return
        epoch_ends = t % self.epoch == 0 or last
        if self.picture and (epoch_ends or t in self.film):
            images = self.game.sample(self.sheet, np.random.default_rng(self.seed))
            frame = self.out / "frames" / f"step_{t:06d}.png"
            self.picture(images, frame)
            if epoch_ends:
                atomic_write(self.out / "samples" / f"epoch_{math.ceil(t / self.epoch):03d}.png", frame.read_bytes())
        if epoch_ends:
            self.save(t, seconds, rows)

    def save(self, t: int, seconds: float, rows: list[dict]) -> None:
        """Write run.jsonl and the checkpoint as they are after step t."""
        if self.out is None:
            return
        write_rows(self.out / "run.jsonl", rows)
        meta = {
            "step": t,
            "seconds": seconds,
            "source": self.source.state(),
            "game": self.game.state(),
            "rng": self.rng.bit_generator.state,
            "counts": {name: opt.t for name, opt in self.game.optimizers.items()},
            "averages": {name: ema.t for name, ema in self.game.averages.items()},
        }
        checkpoint.save(self.checkpoint_path, self.game.arrays(), meta)

    def restore(self) -> tuple[int, float, list[dict]]:
        """Restore game, source and rng from the checkpoint -> its step, its seconds, the rows up to it.  Files do not change."""
        mine = self.game.arrays()
        arrays, meta = checkpoint.load(self.checkpoint_path, expect=mine)
        for name, array in arrays.items():
            mine[name][...] = array
        self.source.restore(meta["source"] if "source" in meta else meta["order"])  # "order": in older checkpoints
        self.game.restore(meta.get("game", {}))
        self.rng.bit_generator.state = meta["rng"]
        for name, opt in self.game.optimizers.items():
            opt.t = meta["counts"][name]
        for name, ema in self.game.averages.items():
            ema.t = meta["averages"][name]
        rows = read_rows(self.checkpoint_path.with_name("run.jsonl"))
        return meta["step"], meta["seconds"], [row for row in rows if row["step"] <= meta["step"]]
