"""Run the lessons, each twice in one kernel: first with the stubs, then with the solutions filled in.

With its stub every exercise has to say that it is not written yet, and with its solution that it is right.  No cell may raise an
exception or print a warning.
"""

import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from minigan.teach.exercises.lock import ANSWERS
from minigan.teach.lessons.shelf import ROOT
from minigan.teach.lessons.solve import solved, source, split, tags

TIMEOUT = 600  # seconds for one cell
PLAIN = {ANSWERS: "1", "TQDM_DISABLE": "1"}  # of a kernel whose outputs are read: predictions open, no progress bars
RESET = "%reset -f"  # the second run starts with an empty namespace, but everything is compiled already


class Result(NamedTuple):
    name: str
    seconds: float  # of the run with the stubs
    stated: str  # the run time the lesson claims
    flaws: list[str]

    def __str__(self) -> str:
        verdict = "ok" if not self.flaws else "\n    ".join(["FAILED", *self.flaws])
        return f"{self.name:<36} {self.seconds:6.1f} s   (says {self.stated})   {verdict}"


def environment() -> dict[str, str]:
    """An environment in which a kernel imports this copy of minigan, installed or not."""
    before = [path for path in (os.environ.get("PYTHONPATH"),) if path]
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *before])}


def run(path: Path) -> Result:
    """Run one lesson in an empty temporary folder.  Raises ImportError if nbclient is not installed."""
    import nbformat
    from nbclient.exceptions import CellExecutionError

    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    halves = [[code(cell) for cell in half if cell["cell_type"] == "code"] for half in (cells, solved(cells))]
    first = len(halves[0])
    notebook = notebook_of([*halves[0], nbformat.v4.new_code_cell(RESET), *halves[1]])
    started: list[float] = []
    finished: dict[int, float] = {}
    flaws: list[str] = []

    def start(cell_index: int, **_: Any) -> None:
        started.append(time.perf_counter())

    def executed(cell_index: int, **_: Any) -> None:
        finished[cell_index] = time.perf_counter()

    with tempfile.TemporaryDirectory(prefix="minigan-lesson-") as folder:
        try:
            execute(notebook, folder, on_cell_start=start, on_cell_executed=executed)
        except CellExecutionError as error:
            flaws.append(str(error).strip().replace("\n", "\n    "))
    flaws += [flaw for i, cell in enumerate(notebook.cells) for flaw in flaws_of(cell, i > first)]
    end = finished.get(first - 1, time.perf_counter())
    took = end - (started[0] if started else end)
    return Result(path.stem, took, stated(cells), flaws)


def notebook_of(cells: list) -> Any:
    """A notebook of these cells, for the Python that runs this."""
    import nbformat

    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def execute(notebook: Any, folder: str, more: Mapping[str, str] | None = None, **options: Any) -> None:
    """Run the cells of a notebook in `folder`; its cells then have their outputs, those of predictions too.

    more : added to the kernel's environment.   options : of nbclient's NotebookClient
    """
    from nbclient import NotebookClient

    NotebookClient(
        notebook,
        timeout=TIMEOUT,
        extra_arguments=["--log-level=ERROR"],  # a new ipykernel warns about its unencrypted local connection
        resources={"metadata": {"path": folder}},
        **options,
    ).execute(env=environment() | PLAIN | dict(more or {}))


def code(cell: dict) -> Any:
    import nbformat

    return nbformat.v4.new_code_cell(source(cell), metadata={"tags": tags(cell)})


def flaws_of(cell: Any, is_solved: bool) -> Iterator[str]:
    """What is wrong with the output of a cell: a warning, or an exercise with the wrong verdict."""
    streams = {
        name: "".join(out.text for out in cell.outputs if out.get("name") == name) for name in ("stdout", "stderr")
    }
    if streams["stderr"]:
        yield f"a cell warns: {streams['stderr'].strip()[:500]}"
    if "exercise" in tags(cell) and cell.execution_count:
        wanted = "✓ right" if is_solved else "· not written yet"
        if wanted not in streams["stdout"]:
            answer = "solution" if is_solved else "stub"
            yield f"{split(cell.source)[1]} with its {answer} says {streams['stdout'].strip()!r}, not {wanted!r}"


def stated(cells: list[dict]) -> str:
    """The run time that a lesson states in its first cell: **Run time** 12 s"""
    found = re.search(r"\*\*Run time\*\*\D*?(\d[\d.]* (?:s|min))", source(cells[0]))
    return found.group(1) if found else "nothing"
