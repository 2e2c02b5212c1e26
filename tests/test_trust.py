"""docs/trust.md names a test for each promise: each of them exists, and is not skipped."""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| promise |")]


@functools.cache
def functions(path):
    """name -> the decorators of each test in a file, as text."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {node.name: [ast.unparse(decorator) for decorator in node.decorator_list] for node in found}


@pytest.mark.parametrize(("path", "name"), sorted(set(TEST.findall(PAGE))))
def test_a_named_test_exists_and_is_run(path, name):
    assert (ROOT / path).is_file()
    if name:
        assert name.startswith("test_")
        assert name in functions(path)
        assert not any(re.search(r"skip\b|xfail", decorator) for decorator in functions(path)[name])


def test_every_promise_names_a_test_and_says_what_was_tried():
    assert len(ROWS) > 30
    for row in ROWS:
        promise, tests, tried = (cell.strip() for cell in row.strip("|").split("|"))
        assert promise.endswith(".")
        assert all(name for _, name in TEST.findall(tests))
        assert TEST.search(tests)
        assert tried == "suite" or re.match(r"[\d,]+ \w+", tried), row


def test_every_fuzz_target_is_on_the_page():
    named = {name for _, name in TEST.findall(PAGE)}
    for path in sorted((ROOT / "tests" / "fuzz").glob("test_*.py")):
        if path.name != "test_harness.py":
            targets = [
                name for name, marks in functions(path.relative_to(ROOT)).items() if any(".fuzz(" in m for m in marks)
            ]
            assert set(targets) - {"test_rows_are_read_as_they_were_written"} <= named, path.name


def test_the_page_is_linked():
    assert "(trust.md)" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert "\ntrust\n" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert "(docs/trust.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
