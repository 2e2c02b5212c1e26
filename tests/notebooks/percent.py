"""Read a lesson, NN_name.py or NN_name.ipynb, as a list of cells."""

import json
import re
from pathlib import Path
from typing import NamedTuple

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.py"))


class Cell(NamedTuple):
    kind: str  # "markdown" or "code"
    tags: tuple[str, ...]
    source: str


def read_percent(path: Path) -> list[Cell]:
    """The cells of a py:percent file: each begins with `# %%` or `# %% [markdown]`, optionally with tags=["a", "b"]."""
    before, *cells = re.split(r"^# %%(.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert not before.strip(), f"{path.name} begins with text outside of any cell: {before[:80]!r}"
    return [_cell(head, body) for head, body in zip(cells[::2], cells[1::2], strict=True)]


def _cell(head: str, body: str) -> Cell:
    found = re.fullmatch(r"(?P<markdown> \[markdown\])?(?: tags=(?P<tags>\[.*\]))?\s*", head)
    assert found, f"this is not the first line of a cell: '# %%{head}'"
    tags = tuple(json.loads(found["tags"] or "[]"))
    if not found["markdown"]:
        return Cell("code", tags, body.strip("\n"))
    return Cell("markdown", tags, re.sub(r"^# ?", "", body.strip("\n"), flags=re.MULTILINE))


def read_notebook(path: Path) -> list[Cell]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [Cell(c["cell_type"], tuple(c["metadata"].get("tags", [])), "".join(c["source"])) for c in cells]


def code_cells(cells: list[Cell]) -> list[Cell]:
    """The code of a lesson, without the cell that draws the diagram at its beginning."""
    return [cell for cell in cells if cell.kind == "code" and "diagram" not in cell.tags]


def as_notebook(cells: list[Cell]) -> list[dict]:
    """The same cells as nbformat's dictionaries."""
    return [{"cell_type": c.kind, "metadata": {"tags": list(c.tags)}, "source": c.source} for c in cells]
