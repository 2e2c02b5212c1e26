"""Fill in the solutions of a lesson.

An exercise is a cell with the tag "exercise": a stub whose last line calls the check.  The next cell with the tag "solution" is
folded Markdown, and its first Python block is the solution, of which there is no other copy.
"""

import copy
import re
from collections.abc import Iterator

CHECK = re.compile(r"^check\.\w+\.q\d+\(.*\)$", re.MULTILINE)


def source(cell: dict) -> str:
    """A cell's text: nbformat stores it as one string or as lines."""
    return "".join(cell["source"])


def tags(cell: dict) -> list[str]:
    """The tags of a cell; none if it has no such entry."""
    return cell["metadata"].get("tags", [])


def exercises(cells: list[dict]) -> Iterator[tuple[int, str, str, str]]:
    """Yield (index of the cell, stub, check, solution) for each exercise.  Raises ValueError if a part is missing."""
    for i, cell in enumerate(cells):
        if "exercise" in tags(cell):
            stub, check = split(source(cell))
            after = (later for later in cells[i + 1 :] if {"solution", "exercise"} & set(tags(later)))
            block = re.search(r"```python\n(.*?)```", source(next(after, {"source": ""})), re.DOTALL)
            if not block:
                raise ValueError(
                    f"the exercise {check} is not followed by a cell tagged 'solution' with a Python block"
                )
            yield i, stub, check, block.group(1)


def split(text: str) -> tuple[str, str]:
    """An exercise's cell -> its stub, and its last line, the check.  Raises ValueError if the last line is not a check."""
    stub, _, check = text.rstrip().rpartition("\n")
    if not CHECK.match(check):
        raise ValueError(f"an exercise has to end with its check, check.nbNN_qK(...), not with {check!r}")
    return stub, check


def solved(cells: list[dict]) -> list[dict]:
    """A copy of the cells with each stub replaced by its solution."""
    cells = copy.deepcopy(cells)
    for i, _, check, solution in exercises(cells):
        cells[i]["source"] = f"{solution}\n\n{check}"
    return cells
