"""Results to compare with the papers: `minigan results TABLE` measures a table, docs/results.md shows them all.

A table is a module in this folder, listed in catalogue.py, that defines five names:

    NAME = "stacked"                                          # rows are written to <folder>/stacked.csv
    SEEDS = 3                                                 # seeds 0, 1, 2; --seeds N overrides it
    METHODS = {"non_saturating + r1": {"steps": 9000, ...}}   # method -> every setting that affects a figure, as JSON values
    COLUMNS = {"modes": Column("modes of 1000", ".1f", "more")}      # figures to show: heading, format, which direction is better
    def run_cell(cell, quick) -> dict[str, float]             # run cell.method with cell.seed and cell.settings -> its figures

and, optionally:

    QUICK = {"steps": 200}                                    # settings that --quick replaces, in each method that has them
    PUBLISHED = [Published("DCGAN", {"modes": 99, "kl": (3.4, 0.1)}, "Srivastava et al. 2017, table 2")]    # value or (value, error)
    DATA = ("mnist",)                                         # data sets the table needs (--download fetches them)
    def draw(rows, folder, quick) -> list[Path]               # pictures, drawn from the rows (and the files of FILES)
    def notes(rows) -> list[str]                              # sentences below the table, such as totals over its methods
    FILES = True                                              # run_cell(cell, quick, folder) also leaves files in the folder

Reading order: table.py runs the cells, workers.py several at a time, rows.py stores them, markdown.py renders them; then any table.

A cell is one method with one seed.  All methods run with seed 0 first, then all with seed 1, and so on.  Each finished cell
becomes one row of the csv: seed, hash of the settings, versions, machine, minutes and figures.  A cell whose row already
exists with the same hash is skipped, so a table can be stopped at any time and continued with the same command.  Changing a
setting changes the hash, and the method is measured again; old rows stay in the file, but only the latest hash is shown.  A
method that fails (NonFiniteError) gets a row with the reason.  Quick rows go to <table>-quick.csv, never into the real table.

run_cell may return figures that are not in COLUMNS: they are stored in the csv but not shown.  Methods named "ring/..." and
"grid/..." form the parts of one table: `--only ring` selects a part, and docs/results.md shows it at the marker
<!-- results: mixtures ring -->.  markdown.py fills in the tables between the markers; no figure is typed by hand.
"""

import os
import sys
from pathlib import Path
from typing import TextIO

from minigan.measure.results.catalogue import TABLES, load
from minigan.running.place import refuse_file

__all__ = ["TABLES", "load", "run"]


def run(
    name: str | None = None,
    quick: bool = False,
    only: str | None = None,
    seeds: int | None = None,
    out: str | os.PathLike = "results",
    threads: int | None = None,
    download: bool = False,
    markdown: bool = False,
    fill: str | os.PathLike | None = None,
    stream: TextIO | None = None,
    images: int | None = None,
    workers: int = 1,
    scheduler: str | None = None,
) -> int:
    """Measure the cells of a table that have no row yet, and print the table.

    Parameters
    ----------
    name : str, optional
        The table, one of TABLES.  Leave it out together with `fill`.
    quick : bool
        Few steps and one seed, in a csv of its own: a first look, not a result.
    only : str, optional
        Comma-separated methods, or prefixes of their names.  Default: all methods.
    seeds : int, optional
        How many seeds, 0 .. seeds-1.  Default: the table's own SEEDS.
    out : path
        Folder of the csv and the pictures.
    threads : int, optional
        Number of threads the kernels use.  Default: as configured.
    download : bool
        Allow missing data sets to be downloaded.
    markdown : bool
        Measure nothing; only print the rows that exist.
    fill : path, optional
        Measure nothing; update all tables in this Markdown file from the csv in the folder results/ next to it.
    stream : text file, optional
        Where to print.  Default: standard output.
    images : int, optional
        How many images a cell of inpaint or inverse restores.  Default: the table's own number.
    workers : int
        How many cells are measured at a time, each in a process of its own with one thread.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers then measure the cells.

    Returns
    -------
    int
        0, the exit status of the command.

    Raises
    ------
    ValueError
        For an unknown table or method, or an impossible number of seeds or threads.
    FileNotFoundError
        If a data set is missing and `download` is False.
    """
    from minigan.kernels import set_threads
    from minigan.measure.results import markdown as page
    from minigan.measure.results import table

    def say(line: str = "") -> None:
        print(line, file=stream or sys.stdout, flush=True)

    if fill is not None:
        if name is not None:
            raise ValueError(f"--fill writes all tables of {fill}: leave {name} out")
        page.fill(fill)
        say(f"tables written: {fill}")
        return 0
    if name is None:
        raise ValueError(f"which table? There are: {', '.join(TABLES)}")
    if threads is not None:
        set_threads(threads)
    chosen = load(name)
    refuse_file(out)
    path = table.file_of(chosen, out, quick)
    if not markdown:
        table.fetch(chosen, download, quick)
        table.measure(chosen, out, quick, only, seeds, say, images, workers, scheduler)
        say()
    say(page.render(chosen, path, quick=quick))
    if not markdown:
        say(f"\nrows: {path}")
        for picture in table.draw(chosen, out, quick):
            say(f"picture: {Path(picture)}")
    return 0
