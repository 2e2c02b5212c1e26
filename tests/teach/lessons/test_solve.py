"""Solutions are found after their exercises and replace the stubs."""

import pytest

from minigan.teach.lessons.solve import exercises, solved, split


def cell(source, *tags, kind="code"):
    return {"cell_type": kind, "metadata": {"tags": list(tags)}, "source": source}


def solution(code):
    return cell(
        f"<details><summary>Solution</summary>\n\n```python\n{code}\n```\n\nWhy.\n</details>",
        "solution",
        kind="markdown",
    )


STUB = "def f(x):\n    ...  # your code\n\n\ncheck.derivatives.q1(f)"
CELLS = [
    {"cell_type": "code", "metadata": {}, "source": ["import numpy as np\n", "x = 1"]},
    cell(STUB, "exercise"),
    cell("between", kind="markdown"),
    solution("def f(x):\n    return x"),
    cell(STUB.replace("q1", "q2"), "exercise"),
    solution("def f(x):\n    return -x"),
]


def test_solutions_replace_stubs_and_nothing_else_changes():
    before = [dict(c) for c in CELLS]
    filled = solved(CELLS)
    assert filled[1]["source"] == "def f(x):\n    return x\n\n\ncheck.derivatives.q1(f)"
    assert filled[4]["source"] == "def f(x):\n    return -x\n\n\ncheck.derivatives.q2(f)"
    assert [filled[i] for i in (0, 2, 3, 5)] == [CELLS[i] for i in (0, 2, 3, 5)]
    assert before == CELLS
    assert [(i, check) for i, _, check, _ in exercises(CELLS)] == [
        (1, "check.derivatives.q1(f)"),
        (4, "check.derivatives.q2(f)"),
    ]


def test_the_check_is_the_last_line():
    assert split(STUB) == ("def f(x):\n    ...  # your code\n\n", "check.derivatives.q1(f)")
    with pytest.raises(ValueError, match=r"an exercise has to end with its check.*not with 'f\(1\)'"):
        split("def f(x): ...\nf(1)")


@pytest.mark.parametrize("cells", [CELLS[:2], [CELLS[1], CELLS[4], CELLS[5]], [CELLS[1], cell("no code", "solution")]])
def test_an_exercise_without_a_solution_is_an_error(cells):
    with pytest.raises(ValueError, match=r"check.derivatives.q1\(f\) is not followed by a cell tagged 'solution'"):
        list(exercises(cells))
