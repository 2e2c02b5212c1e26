"""run.jsonl, the log of a run: one JSON object per line, with the step and whatever was measured at it.

The file may come from a machine that lost power, from an editor, or from someone else. So each line is checked when it is read.
"""

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigan.running.files import atomic_write, read_file

Row = dict[str, Any]
HEAD = ("step", "epoch", "seconds")  # what a row begins with


def measures(found: Any, taken: Sequence[str]) -> dict[str, float]:
    """What an evaluation returned, as numbers of Python; NumPy's scalars become these.

    Raises TypeError unless it maps names to real numbers, ValueError for a name that the row has already.
    """
    if not isinstance(found, dict):
        raise TypeError(f"evaluate must return a dict, name -> number, got {type(found).__name__}")
    numbers = {}
    for name, value in found.items():
        value = value.item() if isinstance(value, np.generic) else value
        if not isinstance(name, str) or isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"evaluate must return numbers by name, got {name!r}: {repr(value)[:60]}; use float(value)")
        if name in taken:
            raise ValueError(f"evaluate returned {name!r}, which the row of a step has already: choose another name")
        numbers[name] = value
    return numbers


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write all rows, atomically."""
    atomic_write(path, "".join(json.dumps(row) + "\n" for row in rows))


def read_rows(path: Path) -> list[Row]:
    """All rows of a log; [] if there is no file.

    A last line that was cut short is left out, with a warning. Raises ValueError, naming the file and the line, for
    anything else that is not a row, and for a folder, a pipe or a device in place of the file.
    """
    if not path.exists():
        return []
    text = read_file(path)
    lines = text.splitlines()
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append(_row(line))
        except (ValueError, RecursionError) as error:
            if number == len(lines) and not text.endswith("\n"):
                warnings.warn(f"{path}, line {number} was cut short (a power cut?) and is left out", stacklevel=2)
            else:
                remedy = "delete this line, or the file: a run goes on without its log"
                raise ValueError(f"{path}, line {number} is not a row of a run ({error}); {remedy}") from error
    return rows


def _row(line: str) -> Row:
    """The row in a line.  Raises ValueError unless it maps names to numbers, one of them the step."""
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError(f"it must hold an object, got {type(row).__name__}")
    if type(row.get("step")) is not int or row["step"] < 0:
        raise ValueError(f"its step must be a whole number >= 0, got {repr(row.get('step'))[:40]}")
    for name, value in row.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name[:40]} must be a number, got {str(value)[:40]!r}")
        if abs(value) > sys.float_info.max and isinstance(value, int):
            raise ValueError(f"{name[:40]} must be a number that a float can hold")
    return row
