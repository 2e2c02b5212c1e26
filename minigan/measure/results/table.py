"""Run a table: every method with every seed.  Each pair is a cell, and each cell is measured once.

A long table gets interrupted: by Ctrl-C, by a reboot, by the end of the day.  So no result is kept in memory.  A cell is done
when the csv contains a row with its method, its seed and the hash of its settings, and the loop below checks the file before
it starts each cell.
"""

import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from minigan import __version__, data
from minigan.data.published import PUBLISHED
from minigan.kernels import get_threads, set_threads
from minigan.measure.bench.machine import processor
from minigan.measure.results import rows
from minigan.measure.results import workers as parallel
from minigan.measure.results.catalogue import load
from minigan.measure.selection import select
from minigan.optim import NonFiniteError
from minigan.running.arguments import check_whole
from minigan.running.files import atomic_file


@dataclass(frozen=True)
class Cell:
    """One method with one seed, and the settings it is measured with."""

    method: str
    seed: int
    settings: dict[str, Any]

    @property
    def config(self) -> str:
        """The hash of the settings, 8 hex digits."""
        return rows.config_hash(self.settings)

    def __str__(self) -> str:
        return f"{self.method}, seed {self.seed}"


class Column(NamedTuple):
    """How to show one figure; `better` is "more", "less", or "" if neither direction is better."""

    heading: str
    format: str = ".3g"
    better: str = ""


class Published(NamedTuple):
    """A row from a paper: its figures under our column names, each a value or (value, error)."""

    method: str
    figures: dict[str, float | tuple[float, float]]
    source: str


def file_of(table: ModuleType, folder: str | os.PathLike, quick: bool = False) -> Path:
    """The csv of a table: <folder>/NAME.csv, or <folder>/NAME-quick.csv."""
    return Path(folder) / f"{table.NAME}{'-quick' * quick}.csv"


def cells(
    table: ModuleType, quick: bool = False, only: str | None = None, seeds: int | None = None, images: int | None = None
) -> list[Cell]:
    """All methods with seed 0, then all with seed 1, ...: even an interrupted table treats its methods equally.

    Parameters
    ----------
    quick : bool
        Apply the table's QUICK settings; one seed unless `seeds` is given.
    only : str, optional
        Comma-separated methods, or prefixes of their names.
    seeds : int, optional
        How many seeds, at least 1.
    images : int, optional
        Replaces the setting `images` of each method, which changes its hash.

    Raises
    ------
    ValueError
        If no method matches `only`, seeds or images < 1, or the methods have no such setting.
    """
    if seeds is None:
        seeds = 1 if quick else table.SEEDS
    if seeds < 1:
        raise ValueError(f"a table needs at least one seed, got --seeds {seeds}")
    chosen = select(table.METHODS, only)
    if not chosen:
        raise ValueError(f"{table.NAME} has no method {only!r}; there are: {', '.join(table.METHODS)}")
    if images is not None and (images < 1 or not all("images" in table.METHODS[name] for name in chosen)):
        why = f"got {images}" if images < 1 else f"{table.NAME} has a number of its own, or none: leave --images out"
        raise ValueError(f"--images is a number from 1 on, of a table that measures so many: {why}")
    change = (getattr(table, "QUICK", {}) if quick else {}) | ({} if images is None else {"images": images})
    settings = {name: {key: change.get(key, value) for key, value in table.METHODS[name].items()} for name in chosen}
    return [Cell(name, seed, settings[name]) for seed in range(seeds) for name in chosen]


def measure(
    table: ModuleType,
    folder: str | os.PathLike,
    quick: bool = False,
    only: str | None = None,
    seeds: int | None = None,
    say: Callable[[str], object] = print,
    images: int | None = None,
    workers: int = 1,
    scheduler: str | None = None,
) -> None:
    """Run each cell that has no row yet, and write its row immediately; `say` receives the progress messages.

    workers, scheduler : as of `workers.rows`; with one worker and no scheduler the cells run here, one after the other.
    """
    check_whole("results", workers=workers)
    path = file_of(table, folder, quick)
    todo = cells(table, quick, only, seeds, images)
    where = {str(cell): f"[{i}/{len(todo)}] {cell}" for i, cell in enumerate(todo, 1)}
    if workers == 1 and scheduler is None:
        for cell in todo:
            if is_done(path, cell):
                say(f"{where[str(cell)]}: already measured (config {cell.config}), skipped")
                continue
            say(f"{where[str(cell)]}: config {cell.config} ...")
            row = run_cell(table, cell, quick, Path(folder))
            rows.append(path, row)
            say(f"    {row['minutes']:.2f} min: {row['failure'] or _short(row)}")
        return
    left = [cell for cell in todo if not is_done(path, cell)]
    say(f"{len(todo) - len(left)} of {len(todo)} cells are already measured; {len(left)} to go")
    measured = partial(_in_worker, table.NAME, quick, Path(folder).absolute())
    with closing(parallel.rows(measured, left, workers, scheduler)) as found:
        for cell, row in found:
            rows.append(path, row)
            say(f"{where[str(cell)]}: {row['minutes']:.2f} min: {row['failure'] or _short(row)}")


def _in_worker(name: str, quick: bool, folder: Path, cell: Cell) -> tuple[Cell, dict[str, Any]]:
    """The cell, and the row that one thread measured."""
    set_threads(1)
    return cell, run_cell(load(name), cell, quick, folder)


def is_done(path: Path, cell: Cell) -> bool:
    """Does the file contain a row for this cell, measured with these settings?"""
    key = (cell.method, str(cell.seed), cell.config)
    return any((row["method"], row["seed"], row["config"]) == key for row in rows.read(path))


def run_cell(table: ModuleType, cell: Cell, quick: bool, folder: Path = Path("results")) -> dict[str, Any]:
    """Measure one cell -> its row.  A method that diverges is a result too: its row has a failure instead of figures.

    A table with FILES may leave files in `folder`.

    Raises ValueError if a figure has the name of a provenance column (rows.HEAD).
    """
    started = time.perf_counter()
    try:
        place = (folder,) if getattr(table, "FILES", False) else ()
        figures, failure = table.run_cell(cell, quick, *place), ""
    except NonFiniteError as error:
        figures, failure = {}, str(error)
    clash = figures.keys() & set(rows.HEAD)
    if clash:
        raise ValueError(f"{table.NAME}: a figure cannot be called {min(clash)!r}, that column already exists")
    provenance = {"config": cell.config, "minigan": __version__, "numpy": np.__version__, "machine": processor()}
    minutes = (time.perf_counter() - started) / 60
    return {
        "method": cell.method,
        "seed": cell.seed,
        **provenance,
        "threads": get_threads(),
        "minutes": round(minutes, 3),
        **figures,
        "failure": failure,
    }


def fetch(table: ModuleType, download: bool, quick: bool) -> None:
    """Load the table's data sets once, so that a missing one stops the run now and not after an hour.

    `download` allows fetching them.  --quick needs none.  Raises FileNotFoundError.
    """
    for name in () if quick else getattr(table, "DATA", ()):
        for split in ("train", "test"):
            data.load(name, split=split, download=download and name in PUBLISHED)


def draw(table: ModuleType, folder: str | os.PathLike, quick: bool) -> list[Path]:
    """Draw the table's pictures from its rows with the settings measured last, if it has any -> their files."""
    found = [row for group in rows.current(rows.read(file_of(table, folder, quick))).values() for row in group]
    return table.draw(found, Path(folder), quick) if hasattr(table, "draw") and found else []


def save_figure(figure: Any, name: str, folder: Path, quick: bool) -> list[Path]:
    """Write a Matplotlib figure to <folder>/NAME.png, or NAME-quick.png -> [its path]: the end of a table's `draw`."""
    path = folder / f"{name}{'-quick' * quick}.png"
    with atomic_file(path) as file:
        figure.savefig(file, format="png")
    return [path]


def _short(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in row.items() if name not in rows.HEAD)
