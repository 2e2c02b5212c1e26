"""Turn the rows of a table into Markdown: mean and standard error over the seeds, then the papers' numbers.

    mean +- s / sqrt(n)          s^2 = sum (x - mean)^2 / (n - 1), over the n seeds that did not fail

No figure in docs/results.md is typed by hand: `fill` writes the text between the markers, and a test checks that the page
still agrees with the csv.
"""

import math
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from minigan.measure.bench.report import markdown
from minigan.measure.results import rows
from minigan.measure.results.catalogue import load
from minigan.measure.results.table import Published, file_of
from minigan.running.files import atomic_write, read_file

START, END = r"<!-- results: (\w+)(?: (\w+))? -->\n", "<!-- end of results -->"
MARKER = re.compile(f"({START})(?:(?!<!-- results:).)*?({END})", re.DOTALL)  # stops before the next marker
WORSE = "†"


def mean_error(values: Sequence[float]) -> tuple[float, float | None]:
    """-> (mean, standard error); the error of a single value is None."""
    n = len(values)
    return float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(n) if n > 1 else None


def render(table: ModuleType, path: str | os.PathLike, part: str | None = None, quick: bool = False) -> str:
    """The rows in the csv `path` as a Markdown table, ours above the published ones, with notes below.

    part: show only the methods "part/...".  quick: label the table as a first look.
    """
    prefix = f"{part}/" if part else ""
    methods = {name: found for name, found in rows.current(rows.read(path)).items() if name.startswith(prefix)}
    if not methods:
        return f"Not measured yet: `minigan results {table.NAME}`."
    published = [row for row in getattr(table, "PUBLISHED", ()) if row.method.startswith(prefix)]
    order = [name for name in table.METHODS if name in methods]
    order += [name for name in methods if name not in order]
    best = _best(table, published)
    lines = [("method", "seeds", *(column.heading for column in table.COLUMNS.values()), "minutes", "source")]
    lines += [_ours(table, name.removeprefix(prefix), methods[name], best) for name in order]
    lines += [_theirs(table, row, prefix) for row in published]
    used = [row for name in order for row in methods[name]]
    below = [f"{WORSE} worse than the best published number of its column."] * any(
        WORSE in c for line in lines for c in line
    )
    below += [text for name in order if (text := _failures(name.removeprefix(prefix), methods[name]))]
    below += getattr(table, "notes", lambda found: [])(used)
    below.append(_provenance(used))
    label = "**Quick: a first look with few steps and one seed, not a result.**\n\n" * quick
    return label + markdown(lines) + "\n\n" + "\n".join(f"* {text}" for text in below)


def fill(path: str | os.PathLike, folder: str | os.PathLike | None = None) -> str:
    """Update every table of a Markdown file, between its markers -> the new text.

        <!-- results: NAME --> ... <!-- end of results -->        or  <!-- results: NAME PART -->

    folder: where the csv files are (default: results/ next to the file).  Raises ValueError if markers are missing.
    """
    path = Path(path)
    text = filled(read_file(path), path.parent / "results" if folder is None else folder)
    atomic_write(path, text)
    return text


def filled(text: str, folder: str | os.PathLike) -> str:
    """The text with all its tables rendered from the csv in `folder`.

    Raises ValueError if there is no marker, if one has no end, or if it names an unknown table.
    """

    def table_of(match: re.Match[str]) -> str:
        table = load(match[2])
        return f"{match[1]}\n{render(table, file_of(table, folder), match[3])}\n\n{match[4]}"

    new, n = MARKER.subn(table_of, text)
    if n == 0 or n != len(re.findall(START, text)):
        raise ValueError(
            f"each table on the page needs two markers: <!-- results: NAME --> and, after it, {END}; found {n} pairs"
        )
    return new


def _best(table: ModuleType, published: list[Published]) -> dict[str, float]:
    """The best published value of each column in which one direction is better."""
    pick: dict[str, Callable] = {"more": max, "less": min}
    best = {}
    for name, column in table.COLUMNS.items():
        values = [_pair(row.figures[name])[0] for row in published if name in row.figures]
        if values and column.better:
            best[name] = pick[column.better](values)
    return best


def _ours(table: ModuleType, method: str, found: list[rows.Row], best: dict[str, float]) -> tuple[str, ...]:
    good = [rows.figures(row) for row in found if not row["failure"]]
    cells = []
    for name, column in table.COLUMNS.items():
        values = [figures[name] for figures in good if name in figures]
        if not values:
            cells.append("-")
            continue
        mean, error = mean_error(values)
        worse = name in best and (mean < best[name] if column.better == "more" else mean > best[name])
        cells.append(_number(mean, error, column.format) + f" {WORSE}" * worse)
    seeds = f"{len(found)}" if len(good) == len(found) else f"{len(good)} of {len(found)}"
    minutes = mean_error([float(row["minutes"]) for row in found])[0]
    return (method, seeds, *cells, f"{minutes:.1f}", f"here, {found[0]['config']}")


def _theirs(table: ModuleType, row: Published, prefix: str) -> tuple[str, ...]:
    cells = [
        _number(*_pair(row.figures[name]), column.format) if name in row.figures else "-"
        for name, column in table.COLUMNS.items()
    ]
    return (f"*{row.method.removeprefix(prefix)}*", "-", *cells, "-", row.source)


def _pair(value: float | tuple[float, float]) -> tuple[float, float | None]:
    return value if isinstance(value, tuple) else (value, None)


def _number(mean: float, error: float | None, form: str) -> str:
    return f"{mean:{form}}" + ("" if error is None else f" ± {error:{form}}")


def _failures(method: str, found: list[rows.Row]) -> str:
    texts = [row["failure"] for row in found if row["failure"]]
    return f"{method}: {len(texts)} of {len(found)} seeds failed: {' '.join(texts[0].split())}" if texts else ""


def _provenance(used: list[rows.Row]) -> str:
    """minigan 0.1.0, NumPy 2.4.6, AMD EPYC, threads: 1; 12.0 minutes in all."""
    parts = {name: ", ".join(dict.fromkeys(row[name] for row in used)) for name in rows.HEAD}
    minutes = sum(float(row["minutes"]) for row in used)
    return (
        f"minigan {parts['minigan']}, NumPy {parts['numpy']}, {parts['machine']}, threads: {parts['threads']}; "
        f"{minutes:.1f} minutes in all."
    )
