"""Results that can be set beside the papers: `minigan results TABLE` measures, docs/results.md tells.

A table is a module here, listed in TABLES, that says five things:

    NAME = "stacked"                                          # its file is <folder>/stacked.csv
    SEEDS = 3                                                 # seeds 0, 1, 2 (--seeds N: others)
    METHODS = {"non_saturating + r1": {"steps": 9000, ...}}   # method -> settings: all that decides a figure, as JSON could hold it
    COLUMNS = {"modes": Column("modes of 1000", ".1f", "more")}      # figures to show: heading, format, which way is better
    def run_cell(cell, quick) -> dict[str, float]             # measure cell.method with cell.seed by cell.settings -> figures

and, if it needs them:

    QUICK = {"steps": 200}                                    # what --quick changes in each method that has it
    PUBLISHED = [Published("DCGAN", {"modes": 99, "kl": (3.4, 0.1)}, "Srivastava et al. 2017, table 2")]    # value, or (value, error)
    DATA = ("mnist",)                                         # data sets that must be there (--download fetches them)
    def draw(rows, folder, quick) -> list[Path]               # pictures, from the rows alone

A cell is one method with one seed.  table.py runs the cells, all methods with seed 0 first, and rows.py writes each row when it is
ready, whole, with seed, hash of the settings, versions, machine and minutes.  A cell whose row is there with the same hash is
skipped: stop a table when you like, the same command goes on.  A change of the settings changes the hash, and the method is
measured anew; old rows stay in the file, but only the hash that came last is shown.  A method that fails (NonFiniteError) gets
a row that says why.  Quick rows go to <table>-quick.csv, never into the same table.  A run_cell may return figures that are not
in COLUMNS: they stand in the csv only.  Methods named "ring/..." and "grid/..." make parts of one table: `--only ring`, and in
docs/results.md the marker <!-- results: mixtures ring -->.  markdown.py fills what stands between the markers; nobody types a figure.
"""

import importlib
import os
import sys
from pathlib import Path

from minigan.measure.results.table import Cell, Column, Published

# in the order of the page
TABLES = ("mixtures", "ablation", "synthetic", "dirac", "digits", "mnist", "parzen", "stacked", "damage")

__all__ = ["TABLES", "Cell", "Column", "Published", "load", "run"]


def load(name: str):
    """The module of a table.  ValueError lists the tables if there is none of that name."""
    if name not in TABLES:
        raise ValueError(f"there is no table {name!r}; there are: {', '.join(TABLES)}")
    return importlib.import_module(f"minigan.measure.results.{name}")


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
    stream=None,
) -> int:
    """Measure the cells of table `name` that are missing in the folder `out`, and print the table; 0 when done.

    markdown: only print what is there.  fill: instead, write the tables into a Markdown file from the csv in its folder results/.
    only: methods by commas, or the beginning of a name.  Raises ValueError for a table, method or number that does not exist or fit.
    """
    from minigan.kernels import set_threads
    from minigan.measure.results import markdown as text
    from minigan.measure.results import table

    def say(line=""):
        print(line, file=stream or sys.stdout, flush=True)

    if fill is not None:
        if name is not None:
            raise ValueError(f"--fill writes all tables of {fill}: leave {name} out")
        text.fill(fill)
        say(f"tables written: {fill}")
        return 0
    if name is None:
        raise ValueError(f"which table? There are: {', '.join(TABLES)}")
    if threads is not None:
        set_threads(threads)
    chosen = load(name)
    path = table.file_of(chosen, out, quick)
    if not markdown:
        table.fetch(chosen, download, quick)
        table.measure(chosen, out, quick, only, seeds, say)
        say()
    say(text.render(chosen, path, quick=quick))
    if not markdown:
        say(f"\nrows: {path}")
        for picture in table.draw(chosen, out, quick):
            say(f"picture: {Path(picture)}")
    return 0
