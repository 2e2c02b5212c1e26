"""Measure a table of docs/results.md, cell by cell; stop it and go on when you like."""

import argparse
import os
from pathlib import Path

from minigan.cli.parser import CommandParser, add_threads, output, path

EXAMPLE = "minigan results dirac --quick"


def add(parser: CommandParser) -> None:
    """Add the arguments of `minigan results`."""
    from minigan.measure.results.catalogue import TABLES

    parser.add_argument("table", nargs="?", metavar="TABLE", help=f"one of {', '.join(TABLES)}")
    parser.add_argument("--quick", action="store_true", help="a first look in at most two minutes, in a separate file")
    parser.add_argument("--only", metavar="NAMES", help="only these methods, by commas, or all that begin so")
    parser.add_argument("--seeds", type=int, metavar="N", help="seeds 0 .. N-1 (default: those of the table)")
    parser.add_argument(
        "--images", type=int, metavar="N", help="of inpaint and inverse: how many images (default: 500)"
    )
    parser.add_argument(
        "--out", type=path, default=Path("results"), metavar="DIR", help="folder of the rows (default: results)"
    )
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="measure N cells at a time, each in a process of one thread"
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="measure the cells on this Dask cluster: tcp://HOST:8786"
    )
    parser.add_argument("--download", action="store_true", help="let MNIST be fetched if it is not on this machine")
    parser.add_argument("--markdown", action="store_true", help="measure nothing, print what is there")
    parser.add_argument(
        "--fill",
        type=output(),
        metavar="FILE",
        help="instead: write all tables into FILE, from the results/ next to it",
    )
    add_threads(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure the cells that are missing and print the table."""
    from minigan.measure import results

    os.environ.setdefault(
        "TQDM_DISABLE", "1"
    )  # each cell has a line: no progress bars of its trainings, in no worker either
    options = (
        "quick",
        "only",
        "seeds",
        "out",
        "threads",
        "download",
        "markdown",
        "fill",
        "images",
        "workers",
        "scheduler",
    )
    return results.run(arguments.table, **{name: getattr(arguments, name) for name in options})
