"""docs/annotated.py: the page of microgan.py shows all of its lines, in order, each block of comments beside the code below it."""

import importlib.util

import pytest
from percent import NOTEBOOKS

pytest.importorskip("sphinx")

SOURCE = '''"""Title."""

import math

# ---- Data ----------
#
# Some *words*,
# and more.
x = 1  # the first number


def f():
    # an inner comment stays in the code
    return x


# Last words.
y = 2
'''


@pytest.fixture
def rows():
    spec = importlib.util.spec_from_file_location("annotated", NOTEBOOKS.parent / "docs" / "annotated.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.rows


def test_a_block_of_comments_begins_a_row(rows):
    first, second, third = rows(SOURCE)
    assert first == ("", [], '"""Title."""\n\nimport math', 1)
    assert (second.title, second.words) == ("Data", ["", "Some *words*,", "and more."])
    assert second.code.startswith("x = 1  # the first")
    assert "# an inner comment" in second.code
    assert second.line == 9
    assert third == ("", ["Last words."], "y = 2", 18)


def test_no_line_of_microgan_is_lost_and_line_numbers_are_those_of_the_file(rows):
    lines = (NOTEBOOKS / "microgan.py").read_text(encoding="utf-8").splitlines()
    found = rows("\n".join(lines))
    for row in found:
        assert row.code.split("\n") == lines[row.line - 1 :][: len(row.code.split("\n"))]
    shown = sum(bool(line.strip()) for row in found for line in row.code.split("\n"))
    words = sum(bool(line) for row in found for line in row.words)
    titles = sum(bool(row.title) for row in found)
    assert shown + words + titles == len([line for line in lines if line.strip() not in ("", "#")])
    assert all(row.words for row in found[1:])
