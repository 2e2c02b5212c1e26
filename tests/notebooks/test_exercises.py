"""Every exercise as the reader meets it: its stub is told what to begin with, its solution is right.

Only the imports of the lesson are run before; the lessons as a whole are run by `minigan notebooks --check`.
"""

import pytest
from percent import LESSONS, as_notebook, read_percent

from minigan.teach.lessons.solve import exercises


def every_exercise():
    for path in LESSONS:
        cells = as_notebook(read_percent(path))
        imports = next(cell["source"] for cell in cells if cell["cell_type"] == "code")
        for _, stub, check, solution in exercises(cells):
            yield pytest.param(imports, stub, check, solution, id=check.partition("(")[0].removeprefix("check."))


@pytest.mark.parametrize(("imports", "stub", "check", "solution"), [*every_exercise()])
def test_stub_and_solution(imports, stub, check, solution, capsys):
    for answer, words in ((stub, "· not written yet: "), (solution, "✓ right: ")):
        exec(compile(f"{imports}\n{answer}\n{check}", check, "exec"), {})
        assert capsys.readouterr().out.startswith(words)
