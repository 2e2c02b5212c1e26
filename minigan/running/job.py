"""Which of the processes that mpiexec started is this one?

MPI's launchers say so in the environment, so a process that none of them started learns that it is alone without loading MPI.
"""

import os

RANK = ("PMI_RANK", "OMPI_COMM_WORLD_RANK")  # MPICH and its relatives, Open MPI
LOCAL = ("MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE")
COUNT = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")


def rank() -> int:
    """The number of this process among those of its job, 0 to count() - 1."""
    return _number(RANK, 0)


def count() -> int:
    """The number of processes that mpiexec started; 1 without it."""
    return _number(COUNT, 1)


def local_count() -> int:
    """The number of them on this machine."""
    return _number(LOCAL, count())


def _number(names: tuple[str, ...], default: int) -> int:
    return next((int(os.environ[name]) for name in names if os.environ.get(name, "").isdecimal()), default)
