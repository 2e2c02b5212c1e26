"""The raw rows of a table: one csv line per cell, with everything needed to question it.

A mean is only as good as the rows behind it, so they are kept: the seed, a hash of all settings, the versions, the machine,
the minutes, the figures, and the reason if a method failed.  A row is added by rewriting the file atomically, so the file is
never half written.  Two processes may fill the same table: the folder is locked while a row is added.
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
from typing import Any

import numpy as np

from minigan.running.files import atomic_write, read_file

Row = dict[str, str]

HEAD = ("method", "seed", "config", "minigan", "numpy", "machine", "threads", "minutes", "failure")


def config_hash(settings: dict[str, Any]) -> str:
    """The first 8 hex digits of sha256(settings as JSON, keys sorted): equal settings have equal hashes on every machine.

    Raises TypeError for a setting that JSON cannot hold.
    """
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def read(path: str | os.PathLike) -> list[Row]:
    """All rows, as text; an empty list if there is no file.  Raises ValueError if the file is not a table of results."""
    if not Path(path).exists():
        return []
    reader = csv.DictReader(io.StringIO(read_file(path), newline=""), restval="")
    columns = reader.fieldnames or ()
    missing = [name for name in HEAD if name not in columns]
    if missing:
        raise ValueError(f"{path} is not a table of results: it has no column {missing[0]!r}; move it elsewhere")
    found = list(reader)
    if any(None in row for row in found):
        raise ValueError(f"{path} is damaged: a row has more fields than the {len(columns)} columns")
    return found


def current(found: list[Row]) -> dict[str, list[Row]]:
    """method -> its rows, only those with the settings that were measured last."""
    last = {row["method"]: row["config"] for row in found}
    return {name: [r for r in found if (r["method"], r["config"]) == (name, config)] for name, config in last.items()}


def append(path: str | os.PathLike, row: dict[str, Any]) -> None:
    """Add one row.  Numbers are written with seven digits; a figure that is new to the file becomes a new column.

    Raises ValueError, and leaves the file alone, if it is not a table of results.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.parent):
        found = [*read(path), {name: _text(value) for name, value in row.items()}]
        names = dict.fromkeys([*HEAD[:-1], *(name for row in found for name in row if name not in HEAD), HEAD[-1]])
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
        atomic_write(path, text.getvalue())


def figures(row: Row) -> dict[str, float]:
    """The measured figures of a row, without its provenance."""
    return {name: float(value) for name, value in row.items() if name not in HEAD and value != ""}


def _text(value: Any) -> str:
    return f"{float(value):.7g}" if isinstance(value, float | np.floating) else str(value)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on the folder; other processes wait here."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # also releases the lock
