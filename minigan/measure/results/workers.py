"""Measure the cells of a table several at a time: in processes of this machine, or on the workers of a Dask cluster.

Cells know nothing of each other, so any order will do.  joblib hands them out, and its backend decides where to: `--workers 4` starts
four processes here, `--scheduler tcp://HOST:8786` sends the same calls to a cluster.  A worker only returns its row.  The caller
adds it to the csv, so one process writes, and a sweep that is stopped loses the cells that are not finished and no others.
"""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

INSTALL = "pip install 'minigan[sweeps]'"


def rows(
    name: str, cells: Iterable[Any], quick: bool, folder: Path, workers: int, scheduler: str | None
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """(cell, row) for each cell of the table `name`, in the order in which they are finished.

    Parameters
    ----------
    workers : processes on this machine; ignored with a scheduler
    scheduler : address of a Dask scheduler, whose workers have minigan, the data, and `folder` at the same path

    Raises ValueError if joblib or Dask is not installed, and what a cell raises; its siblings' rows are kept.
    """
    try:
        from joblib import Parallel, delayed, parallel_config

        if scheduler is not None:
            import distributed  # noqa: F401  # joblib's message would not say what to install
    except ImportError as error:
        raise ValueError(f"--workers needs joblib, and --scheduler Dask besides ({error}): {INSTALL}") from error
    config = nullcontext() if scheduler is None else parallel_config("dask", scheduler_host=scheduler)
    with config:
        parallel = Parallel(n_jobs=workers if scheduler is None else -1, return_as="generator_unordered", batch_size=1)
        yield from parallel(delayed(measured)(name, cell, quick, str(folder.absolute())) for cell in cells)


def measured(name: str, cell: Any, quick: bool, folder: str) -> tuple[Any, dict[str, Any]]:
    """In a worker: the cell, and the row that it measured with one thread."""
    from minigan.kernels import set_threads
    from minigan.measure.results import table
    from minigan.measure.results.catalogue import load

    set_threads(1)
    return cell, table.run_cell(load(name), cell, quick, Path(folder))
