"""Measure the cells of a table several at a time: in processes of this machine, or on the workers of a Dask cluster.

Cells know nothing of each other, so any order will do.  joblib hands them out, and its backend decides where to: `--workers 4` starts
four processes here, `--scheduler tcp://HOST:8786` sends the same calls to a cluster.  A worker only returns its row.  The caller
adds it to the csv, so one process writes, and a sweep that is stopped loses the cells that are not finished and no others.
"""

import warnings
from collections.abc import Callable, Generator, Iterable
from contextlib import nullcontext
from typing import Any

INSTALL = "pip install 'minigan[sweeps]'"


def rows(
    measured: Callable[[Any], tuple[Any, dict[str, Any]]], cells: Iterable[Any], workers: int, scheduler: str | None
) -> Generator[tuple[Any, dict[str, Any]], None, None]:
    """(cell, row) for each cell, in the order in which they are finished.

    Parameters
    ----------
    measured : cell -> (cell, row), which a worker calls; it travels as a pickle
    workers : processes on this machine; ignored with a scheduler
    scheduler : address of a Dask scheduler, whose workers have minigan, the data, and the folder of the rows at the same path

    Raises ValueError if joblib or Dask is not installed, and what a cell raises; its siblings' rows are kept.
    """
    try:
        from joblib import Parallel, delayed, parallel_config

        if scheduler is not None:
            import distributed  # noqa: F401  # joblib's message would not say what to install
    except ImportError as error:
        raise ValueError(f"--workers needs joblib, and --scheduler Dask besides ({error}): {INSTALL}") from error
    warnings.filterwarnings("ignore", r"\d+ tasks .* have been cancelled")  # that is what stopping a sweep does
    config = nullcontext() if scheduler is None else parallel_config("dask", scheduler_host=scheduler)
    with config:
        parallel = Parallel(n_jobs=workers if scheduler is None else -1, return_as="generator_unordered", batch_size=1)
        yield from parallel(delayed(measured)(cell) for cell in cells)
