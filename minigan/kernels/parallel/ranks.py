"""Ranks: the processes of one job that train one model together, each on its slice of every batch.

`mpiexec -n 4 minigan train` starts ranks 0 to 3.  A mean loss over N samples has the gradient

    grad = sum over ranks r of (n_r / N) grad_r,   grad_r the gradient of the mean over the n_r samples of rank r

so ranks that hold the same weights, draw the same batch and noise and sum their gradients take the step of one process.  This
file connects them, says which slice is whose, and gives each rank its rows of the random numbers; running/ranks.py attaches it
to a training, running/job.py counts the ranks.  With one rank mpi4py is not imported, and nothing here costs time.
"""

import atexit
import functools
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.kernels.parallel.pool import cores
from minigan.running.job import count, local_count, rank

INSTALL = "pip install 'minigan[mpi]'"


@functools.cache
def world() -> Any:
    """MPI's communicator of all ranks.  Raises ValueError if mpi4py is missing, or belongs to another MPI than mpiexec."""
    try:
        import mpi4py

        mpi4py.rc.finalize = False  # _leave decides how this process ends
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # RuntimeError: there is no MPI library
        raise ValueError(
            f"mpiexec started {count()} processes, but mpi4py cannot be used ({error}): {INSTALL}"
        ) from error
    atexit.register(_leave, MPI)
    if MPI.COMM_WORLD.size != count():
        raise ValueError(
            f"mpiexec started {count()} processes, but MPI counts {MPI.COMM_WORLD.size}: mpiexec and mpi4py belong to "
            f"different MPI libraries; take the mpiexec that comes with {INSTALL}"
        )
    return MPI.COMM_WORLD


SPINS = 2000  # tests, a few hundred microseconds, before a rank that has a core of its own sleeps
FORWARD = 0.5  # seconds in which mpiexec can pass on what this rank has printed; after an Abort it drops the rest
NAP = 2e-5, 1e-3  # seconds: the first and the longest sleep between two tests


def all_reduce(a: np.ndarray, largest: bool = False) -> None:
    """a <- the sum over all ranks, or with `largest` the maximum, in place.   Any shape; the same bits on each rank."""
    from mpi4py import MPI

    _wait(world().Iallreduce(MPI.IN_PLACE, a, MPI.MAX if largest else MPI.SUM))


def barrier() -> None:
    """Wait until all ranks are here."""
    _wait(world().Ibarrier())


def _wait(request: Any) -> None:
    """MPI's own wait keeps a core busy, and the rank that is waited for may need that core; so this soon sleeps between tests."""
    nap, longest = NAP
    for _ in range(_spins()):
        if request.Test():
            return
    while not request.Test():
        time.sleep(nap)
        nap = min(2 * nap, longest)


@functools.cache
def _spins() -> int:
    return SPINS if local_count() <= cores() else 0


_done = False


def set_done(done: bool) -> None:
    """Say on all ranks that they have nothing more to do together.  A rank that ends before that ends the job."""
    global _done
    _done = done


def _leave(MPI: Any) -> None:
    """At exit: wait for the other ranks, or, after an error, end them too; they would wait for this one forever."""
    if not MPI.Is_finalized():
        for stream in (sys.stdout, sys.stderr):
            if stream:
                stream.flush()
        if _done:
            barrier()
            MPI.Finalize()
        else:
            time.sleep(FORWARD)
            MPI.COMM_WORLD.Abort(1)


@dataclass(frozen=True)
class Slice:
    """Samples first .. last - 1 of a batch of N: those of one rank.  Slices differ by at most one sample."""

    N: int
    first: int
    last: int

    @classmethod
    def of(cls, N: int, rank: int, count: int) -> "Slice":
        """The slice of a rank.  Raises ValueError for a batch with fewer samples than ranks."""
        if count > N:
            raise ValueError(f"{count} ranks cannot share a batch of {N}: use --batch {count} or more, or fewer ranks")
        return cls(N, rank * N // count, (rank + 1) * N // count)

    @property
    def n(self) -> int:
        """The number of samples in the slice."""
        return self.last - self.first

    def rows(self, a: np.ndarray, axis: int = 0) -> np.ndarray:
        """a (..., N, ...) -> its rows of this slice (..., n, ...)."""
        return np.ascontiguousarray(a[(slice(None),) * axis + (slice(self.first, self.last),)])


_slice: Slice | None = None  # of this rank, while it trains with others


def set_slice(part: Slice | None) -> None:
    """From now on `sliced` hands out the rows of this slice."""
    global _slice
    _slice = part


def sliced(rng: np.random.Generator) -> np.random.Generator:
    """The generator from which a layer draws: rng itself, or with several ranks this rank's rows of what rng draws."""
    return rng if _slice is None else Sliced(rng, _slice)


class Sliced(np.random.Generator):
    """Draws what one process would draw for the batch of N, and returns the n rows of this rank.

    The first axis in `size` that is as long as the slice is taken for the samples: (n, latent) is cut from (N, latent).  So the
    ranks together see the noise that one process would.  Numbers without such an axis (a scalar, a pool of 2 n) come from
    a stream of the rank's own, new in each step; a training that draws such is a sound one, but not the same for every number
    of ranks.
    """

    def __init__(self, rng: np.random.Generator, part: Slice):
        super().__init__(rng.bit_generator)  # shared with rng, whose state a checkpoint holds
        self.rng, self.part = rng, part
        self.own: np.random.Generator | None = None

    def _rows(self, name: str, size: Any, *arguments: Any, **named: Any) -> Any:
        shape = () if size is None else tuple(np.atleast_1d(size).tolist())
        if self.part.n not in shape:
            return getattr(self._stream(), name)(*arguments, size=size, **named)
        axis = shape.index(self.part.n)
        whole = (*shape[:axis], self.part.N, *shape[axis + 1 :])
        return self.part.rows(getattr(self.rng, name)(*arguments, size=whole, **named), axis)

    def _stream(self) -> np.random.Generator:
        if self.own is None:
            self.own = np.random.default_rng([int(self.rng.integers(2**63)), rank()])
        return self.own

    # fmt: off
    def random(self, size: Any = None, dtype: Any = np.float64) -> Any:  # type: ignore[override]
        return self._rows("random", size, dtype=dtype)

    def standard_normal(self, size: Any = None, dtype: Any = np.float64) -> Any:  # type: ignore[override]
        return self._rows("standard_normal", size, dtype=dtype)

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        return self._rows("normal", size, loc, scale)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        return self._rows("uniform", size, low, high)

    def integers(self, low: Any, high: Any = None, size: Any = None, dtype: Any = np.int64, endpoint: bool = False) -> Any:
        return self._rows("integers", size, low, high, dtype=dtype, endpoint=endpoint)
    # fmt: on


def _from_own_stream(name: str) -> Callable[..., Any]:
    def method(self: Sliced, *arguments: Any, **named: Any) -> Any:
        return getattr(self._stream(), name)(*arguments, **named)

    return method


for _name in {name for name in dir(np.random.Generator) if not name.startswith("_")} - {"bit_generator", *vars(Sliced)}:
    setattr(Sliced, _name, _from_own_stream(_name))  # shuffle, choice, permuted, ...
