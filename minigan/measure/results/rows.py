"""The raw rows: one line a cell, with all one needs to doubt it.

A mean is only as good as the rows under it, so they are kept: the seed, a hash of every setting, the versions, the machine,
the minutes, the figures, and for a method that failed, how.  A file is always whole (read, one row more, written anew,
atomically), and two processes may fill one table: the folder is locked while a row is added.
"""

import csv
import fcntl
import hashlib
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from minigan.running.files import atomic_write

Row = dict[str, str]

HEAD = ("method", "seed", "config", "minigan", "numpy", "machine", "threads", "minutes", "failure")


def config_hash(settings: dict) -> str:
    """The first 8 hex digits of sha256(settings as JSON, keys sorted): equal settings, equal hash, on every machine."""
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def read(path: str | os.PathLike) -> list[Row]:
    """All rows, as text; none if there is no file.  Raises ValueError for a file that is no table of results."""
    if not Path(path).exists():
        return []
    reader = csv.DictReader(io.StringIO(Path(path).read_text(encoding="utf-8"), newline=""), restval="")
    missing = [name for name in HEAD if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"{path} is not a table of results: it has no column {missing[0]!r}; move it out of the way")
    found = list(reader)
    if any(None in row for row in found):
        raise ValueError(f"{path} is damaged: a row has more fields than the {len(reader.fieldnames)} columns")
    return found


def append(path: str | os.PathLike, row: dict) -> None:
    """Add one row; numbers are written to seven digits, and a figure the file did not know becomes a new column."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path.parent):
        found = [*read(path), {name: _text(value) for name, value in row.items()}]
        names = dict.fromkeys([*HEAD[:-1], *(name for row in found for name in row if name not in HEAD), HEAD[-1]])
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
        atomic_write(path, text.getvalue())


def figures(row: Row) -> dict[str, float]:
    """What was measured, without the provenance."""
    return {name: float(value) for name, value in row.items() if name not in HEAD and value != ""}


def _text(value) -> str:
    return f"{float(value):.7g}" if isinstance(value, float | np.floating) else str(value)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process at a time: others wait here."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # this unlocks it too
