"""Data-parallel training: a training whose steps are shared by the ranks of an MPI job.

    mpiexec -n 4 minigan train --batch 256

Every rank holds all weights, draws the same batches and the same noise, computes on its slice, and sums gradients: one Allreduce
of the flat vector `grad` before each optimizer's step.  No step function knows of it: `share` wraps three calls of a trainer, the
batch that is drawn, the step of the game and the step of each optimizer.  Rank 0 writes and speaks; the others do neither.

BatchNorm's moments are those of a rank's own slice, as in PyTorch's DistributedDataParallel: to sum them, every BatchNorm would
wait for all ranks twice in each pass.  Its running averages, which samples are drawn with, are averaged over the ranks in the
Allreduce of the gradient.  So a network that mixes samples learns as it would with smaller batches; rank 0 says so.
"""

import hashlib
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from functools import partial
from typing import Any

import numpy as np

from minigan.data import Epochs
from minigan.kernels.parallel import ranks
from minigan.kernels.parallel.ranks import Slice, Sliced
from minigan.layers.parameters import all_layers
from minigan.running.interrupt import Interrupt
from minigan.running.job import count, rank
from minigan.running.run import Run
from minigan.trainer import Trainer

EVERY = 100  # steps between two comparisons of the ranks' weights
PATIENCE = 1.5  # seconds that an error of another rank waits for rank 0, which may have the same one to report


@contextmanager
def together(opening: AbstractContextManager[Run], open_run: Callable[[str], Run]) -> Iterator[Run]:
    """The run that rank 0 starts or resumes with `opening`; the other ranks open it from the same folder, and keep silent.

    With one rank this is `opening`.
    """
    with ExitStack() as held:
        if count() == 1:
            yield held.enter_context(opening)
        elif rank() == 0:
            comm = ranks.world()
            run = held.enter_context(opening)  # if this raises, the job ends, see kernels/parallel/ranks.py
            comm.bcast(str(run.out))
            yield run
        else:
            nowhere = held.enter_context(open(os.devnull, "w"))
            held.enter_context(redirect_stdout(nowhere))
            held.enter_context(redirect_stderr(nowhere))
            yield open_run(ranks.world().bcast(None))


def share(trainer: Trainer) -> None:
    """Let this trainer take its steps together with those of the other ranks.  With one rank this does nothing.

    Raises ValueError for a batch smaller than the number of ranks, and for a game that moves a network without an optimizer.
    """
    if count() > 1:
        _Shared(trainer, ranks.world())


def let_rank_0_speak() -> str:
    """Call before an error is printed: ranks that all fail alike need one message -> how to sign that of another rank."""
    with suppress(ValueError):  # that MPI cannot be used may be the very error
        ranks.world()  # from here on the end of a rank ends all, even if no run was begun
    if rank() == 0:
        return ""
    time.sleep(PATIENCE)  # rank 0, if it failed too, has ended the job by then
    return f" (rank {rank()} of {count()})"


def wait() -> None:
    """Until all ranks are here: what rank 0 has written can then be read."""
    if count() > 1:
        ranks.barrier()


class _Shared:
    """What the trainer of one rank does instead of drawing a batch, a step of the game, and a step of an optimizer."""

    def __init__(self, trainer: Trainer, comm: Any):
        game, source = trainer.game, trainer.source
        self.trainer, self.comm, self.part = trainer, comm, Slice.of(trainer.batch, comm.rank, comm.size)
        moved = [id(opt.net) for opt in game.optimizers.values()]
        if alone := [name for name, net in game.networks.items() if id(net) not in moved]:
            raise ValueError(
                f"{type(game).__name__} moves {alone[0]} without an optimizer, so there is no gradient for "
                f"{comm.size} ranks to sum: train it in one process, without mpiexec"
            )
        layers = [layer for net in game.networks.values() for layer in all_layers(net.layers)]
        mixing = [layer for layer in layers if layer.mixes]
        self.statistics = [getattr(layer, name) for layer in mixing for name in layer.buffers]  # of BatchNorm
        self.buffers = [getattr(layer, name) for layer in layers if not layer.mixes for name in layer.buffers]
        self._warn([str(layer) for layer in mixing if not layer.children()])
        ranks.set_slice(self.part)  # what the layers draw
        self.rng = trainer.rng = Sliced(trainer.rng, self.part)
        for deck in (source, *vars(source).values()):
            if isinstance(deck, Epochs):  # gather the rows of the slice only
                deck.indices = partial(self.indices, deck.indices)  # type: ignore[method-assign]
        for optimizer in game.optimizers.values():
            optimizer.step = partial(self.update, optimizer, optimizer.step)  # type: ignore[method-assign]
        game.step, trainer.draw = partial(self.step, game.step), self.draw  # type: ignore[method-assign]
        Interrupt.agree = staticmethod(self.signal)
        if comm.rank:
            recorder = trainer.recorder
            recorder.lock, trainer.evaluate = nullcontext(), None
            for name in ("begin", "record", "save"):
                setattr(recorder, name, lambda *_, **__: None)

    def _warn(self, mixing: list[str]) -> None:
        penalties = getattr(self.trainer.game, "penalties", ())
        mixing += ["DRAGAN" for penalty in penalties if getattr(penalty, "place", "") == "around"]
        if mixing:
            warnings.warn(
                f"{', '.join(dict.fromkeys(mixing))}: each rank takes its own statistics, over {self.part.n} samples of the "
                f"batch of {self.part.N}, so this training differs from that of one process",
                stacklevel=4,
            )

    def indices(self, whole: Callable[[int], np.ndarray], n: int) -> np.ndarray:
        """The samples of the next batch of n that are this rank's."""
        return self.part.rows(whole(n))

    def draw(self) -> tuple[Any, Any]:
        """This rank's rows of the next batch (x, y)."""
        x, y = (self._rows(a) for a in self.trainer.source.batch(self.part.N))
        self.trainer.drawn = x, y
        return x, y

    def _rows(self, a: np.ndarray | None) -> np.ndarray | None:
        return a if a is None or len(a) == self.part.n else self.part.rows(a)

    def step(self, step: Callable, draw: Callable, rng: np.random.Generator) -> dict[str, float]:
        """A step of the game -> its scalars, as means over the batch.  Raises ValueError if the ranks part."""
        self.rng.own = None
        row = step(draw, rng)
        means = np.array(list(row.values()), np.float64)
        self.mean(means)
        t = self.trainer.t + 1
        if t == 1 or t % EVERY == 0 or t == self.trainer.steps:
            self.compare(t)
        return dict(zip(row, means.tolist(), strict=True))

    def update(self, optimizer: Any, step: Callable[[], None]) -> None:
        """A step of the optimizer with the gradient of the whole batch; BatchNorm's running averages are averaged, too."""
        self.mean(optimizer.net.grad, *self.statistics)
        step()

    def mean(self, *arrays: np.ndarray) -> None:
        """array <- sum over ranks of (n_r / N) array_r, in place and in one Allreduce."""
        sums = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
        sums *= self.part.n / self.part.N
        ranks.all_reduce(sums)
        if len(arrays) > 1:
            for array, mean in zip(arrays, np.split(sums, np.cumsum([a.size for a in arrays])[:-1]), strict=True):
                array[...] = mean

    def compare(self, t: int) -> None:
        """Raise ValueError, on all ranks, unless they hold the same weights and will draw the same numbers."""
        digest = hashlib.sha256()
        for net in self.trainer.game.networks.values():
            digest.update(net.theta.tobytes())
        for buffer in self.buffers:
            digest.update(buffer.tobytes())
        digest.update(repr((self.rng.bit_generator.state, self.trainer.source.state())).encode())
        found = self.comm.allgather(digest.hexdigest())
        if others := [i for i, one in enumerate(found) if one != found[0]]:
            raise ValueError(
                f"step {t}: rank {others[0]} no longer holds the weights, or the state of the random streams, of rank 0, so "
                "their gradients do not belong together. Does a step change weights apart from its optimizers, or draw more "
                "on one rank than on another? Go on from the last checkpoint in one process, without mpiexec"
            )

    def signal(self, number: int) -> int:
        """The signal that stops this rank, 0 for none -> that of any rank, so that all stop after the same step."""
        found = np.array([number])
        ranks.all_reduce(found, largest=True)
        ranks.set_done(bool(found[0]) or self.trainer.t >= self.trainer.steps)
        return int(found[0])
