"""Run the lessons, each twice in one kernel: as it stands, and with the solutions filled in.

As it stands, every exercise has to say that it is not written yet, and every prediction that it waits for one; with the
solutions, that they are right.  No cell may raise, and none may warn: a lesson with a warning in it has a flaw.
"""

import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from minigan.teach.lessons.shelf import ROOT
from minigan.teach.lessons.solve import CHECK, solved, source, tags

TIMEOUT = 600  # seconds for one cell
RESET = "%reset -f"  # the second time begins with an empty namespace, but with everything compiled


class Result(NamedTuple):
    name: str
    seconds: float  # of the first time through, from its first cell on
    stated: str  # the run time the lesson claims
    flaws: list[str]

    def __str__(self):
        verdict = "ok" if not self.flaws else "\n    ".join(["FAILED", *self.flaws])
        return f"{self.name:<36} {self.seconds:6.1f} s   (says {self.stated})   {verdict}"


def environment() -> dict[str, str]:
    """The environment in which a kernel finds this very minigan, installed or not."""
    before = [path for path in (os.environ.get("PYTHONPATH"),) if path]
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *before])}


def run(path: Path) -> Result:
    """Run one lesson, in an empty temporary folder.  ImportError if nbclient is not installed."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    halves = [[code(cell) for cell in half if cell["cell_type"] == "code"] for half in (cells, solved(cells))]
    first = len(halves[0])
    notebook = nbformat.v4.new_notebook(
        cells=[*halves[0], nbformat.v4.new_code_cell(RESET), *halves[1]],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    seconds, flaws = {}, []

    def executed(cell_index, **_):
        seconds[cell_index] = time.perf_counter()

    with tempfile.TemporaryDirectory(prefix="minigan-lesson-") as folder:
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT,
            extra_arguments=["--log-level=ERROR"],  # a new ipykernel warns of its unencrypted line to its own machine
            resources={"metadata": {"path": folder}},
            on_cell_start=lambda cell_index, **_: seconds.setdefault("start", time.perf_counter()),
            on_cell_executed=executed,
        )
        try:
            client.execute(env=environment())
        except CellExecutionError as error:
            flaws.append(str(error).strip().replace("\n", "\n    "))
    flaws += [flaw for i, cell in enumerate(notebook.cells) for flaw in flaws_of(cell, i > first)]
    took = seconds.get(first - 1, time.perf_counter()) - seconds.get("start", time.perf_counter())
    return Result(path.stem, took, stated(cells), flaws)


def code(cell: dict):
    import nbformat

    return nbformat.v4.new_code_cell(source(cell), metadata={"tags": tags(cell)})


def flaws_of(cell, is_solved: bool) -> Iterator[str]:
    """What the outputs of a cell that ran have wrong with them."""
    streams = {
        name: "".join(out.text for out in cell.outputs if out.get("name") == name) for name in ("stdout", "stderr")
    }
    if streams["stderr"]:
        yield f"a cell warns: {streams['stderr'].strip()[:500]}"
    if "exercise" in tags(cell) and cell.execution_count:
        wanted = "✓ right" if is_solved else "· not written yet"
        if wanted not in streams["stdout"]:
            half = "with its solution" if is_solved else "as it stands"
            yield f"{CHECK.search(cell.source).group()} {half} says {streams['stdout'].strip()!r}, not {wanted!r}"


def stated(cells: list[dict]) -> str:
    """The run time a lesson claims in its first cell: **Run time** 12 s"""
    found = re.search(r"\*\*Run time\*\*\D*?(\d[\d.]* (?:s|min))", source(cells[0]))
    return found.group(1) if found else "nothing"
