"""Which of the processes that mpiexec started is this one?

MPI's launchers say so in the environment, so a process that none of them started learns that it is alone without loading MPI.
"""

import os
import time

RANK = ("PMI_RANK", "OMPI_COMM_WORLD_RANK")  # MPICH and its relatives, Open MPI
COUNT = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")
PATIENCE = 1.5  # seconds that an error of another rank waits for rank 0, which may have the same one to report


def rank() -> int:
    """The number of this process among those of its job, 0 to count() - 1."""
    return _number(RANK, 0)


def count() -> int:
    """The number of processes that mpiexec started; 1 without it."""
    return _number(COUNT, 1)


def let_rank_0_speak() -> str:
    """Call before an error is printed: ranks that all fail alike need one message -> how to sign that of another rank."""
    if rank() == 0:
        return ""
    time.sleep(PATIENCE)  # rank 0, if it failed too, has ended the job by then
    return f" (rank {rank()} of {count()})"


def _number(names: tuple[str, ...], default: int) -> int:
    return next((int(os.environ[name]) for name in names if os.environ.get(name, "").isdecimal()), default)
