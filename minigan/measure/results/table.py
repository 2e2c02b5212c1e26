"""A table is methods times seeds; each pair is a cell, measured once.

Long tables are stopped: by Ctrl-C, by a reboot, by the end of the day.  So nothing is kept in memory: a cell is done when its
row stands in the file with the hash of its settings, and the loop below asks the file before it starts each cell.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigan import __version__, data
from minigan.kernels import get_threads
from minigan.measure.bench.machine import processor
from minigan.measure.results import rows
from minigan.optim import NonFiniteError


@dataclass(frozen=True)
class Cell:
    """One method with one seed, and the settings by which it is measured."""

    method: str
    seed: int
    settings: dict

    @property
    def config(self) -> str:
        return rows.config_hash(self.settings)

    def __str__(self) -> str:
        return f"{self.method}, seed {self.seed}"


class Column(NamedTuple):
    """A figure to show: `better` is "more", "less", or "" if neither is."""

    heading: str
    format: str = ".3g"
    better: str = ""


class Published(NamedTuple):
    """A row of a paper: figures by the names of ours, each a value or (value, error)."""

    method: str
    figures: dict[str, float | tuple[float, float]]
    source: str


def file_of(table, folder: str | os.PathLike, quick: bool = False) -> Path:
    return Path(folder) / f"{table.NAME}{'-quick' * quick}.csv"


def cells(table, quick: bool = False, only: str | None = None, seeds: int | None = None) -> list[Cell]:
    """All methods with seed 0, then all with seed 1, ...: a table that is stopped is a fair one.  --quick: one seed.

    Raises ValueError for a method that is not there or seeds < 1.
    """
    if seeds is None:
        seeds = 1 if quick else table.SEEDS
    if seeds < 1:
        raise ValueError(f"a table needs at least one seed, got --seeds {seeds}")
    asked = [part.strip() for part in only.split(",")] if only else [""]
    chosen = [
        name for name in table.METHODS if any(name == a if a in table.METHODS else name.startswith(a) for a in asked)
    ]
    if not chosen:
        raise ValueError(f"{table.NAME} has no method {only!r}; there are: {', '.join(table.METHODS)}")
    change = getattr(table, "QUICK", {}) if quick else {}
    settings = {name: {key: change.get(key, value) for key, value in table.METHODS[name].items()} for name in chosen}
    return [Cell(name, seed, settings[name]) for seed in range(seeds) for name in chosen]


def measure(
    table,
    folder: str | os.PathLike,
    quick: bool = False,
    only: str | None = None,
    seeds: int | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Run each cell that has no row yet, and write its row at once."""
    path = file_of(table, folder, quick)
    todo = cells(table, quick, only, seeds)
    for i, cell in enumerate(todo, 1):
        where = f"[{i}/{len(todo)}] {cell}"
        if is_done(path, cell):
            say(f"{where}: measured before (config {cell.config}), skipped")
            continue
        say(f"{where}: config {cell.config} ...")
        row = run_cell(table, cell, quick)
        rows.append(path, row)
        say(f"    {row['minutes']:.2f} min: {row['failure'] or _short(row)}")


def is_done(path: Path, cell: Cell) -> bool:
    """Does the row of this cell stand in the file?"""
    key = (cell.method, str(cell.seed), cell.config)
    return any((row["method"], row["seed"], row["config"]) == key for row in rows.read(path))


def run_cell(table, cell: Cell, quick: bool) -> dict:
    """One measurement -> its row.  A method that diverges is a result too."""
    started = time.perf_counter()
    try:
        figures, failure = table.run_cell(cell, quick), ""
    except NonFiniteError as error:
        figures, failure = {}, str(error)
    clash = figures.keys() & set(rows.HEAD)
    if clash:
        raise ValueError(f"{table.NAME}: a figure may not be called {min(clash)!r}, a column has that name already")
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


def fetch(table, download: bool, quick: bool) -> None:
    """Stop now, not after an hour, if a data set is missing.  `download` lets it be fetched.  --quick needs none."""
    for name in () if quick else getattr(table, "DATA", ()):
        for split in ("train", "test"):
            data.load(name, split=split, download=download)


def draw(table, folder: str | os.PathLike, quick: bool) -> list[Path]:
    """The table's pictures, if it has any."""
    found = rows.read(file_of(table, folder, quick))
    return table.draw(found, Path(folder), quick) if hasattr(table, "draw") and found else []


def _short(row: dict) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in row.items() if name not in rows.HEAD)
