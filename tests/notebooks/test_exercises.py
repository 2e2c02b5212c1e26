"""Each exercise of each lesson: its stub gets the todo, its solution is right.

Only the imports of the lesson are run first; `minigan notebooks --check` runs complete lessons.
"""

import pytest
from percent import LESSONS, as_notebook, code_cells, read_percent

from minigan.teach.lessons.solve import exercises


def all_exercises():
    for path in LESSONS:
        cells = as_notebook(read_percent(path))
        imports = next(cell.source for cell in code_cells(read_percent(path)))
        for _, stub, check, solution in exercises(cells):
            yield pytest.param(imports, stub, check, solution, id=check.partition("(")[0].removeprefix("check."))


@pytest.mark.parametrize(("imports", "stub", "check", "solution"), [*all_exercises()])
def test_stub_and_solution(imports, stub, check, solution, capsys):
    for answer, verdict in ((stub, "· not written yet: "), (solution, "✓ right: ")):
        exec(compile(f"{imports}\n{answer}\n{check}", check, "exec"), {})
        assert capsys.readouterr().out.startswith(verdict)
