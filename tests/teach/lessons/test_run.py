"""The driver of the lessons, with a fake kernel: the cells run in this process, and what they print is their output."""

import contextlib
import io
import json
import os
import sys
import types

import pytest

from minigan.teach.lessons import run as module
from minigan.teach.lessons.run import RESET, environment, run

STUB = "def f(x):\n    ...\n\n\ncheck.derivatives.q2(f)"
RIGHT = "def f(x):\n    return x"


class Bag(types.SimpleNamespace):
    def get(self, name, default=None):
        return getattr(self, name, default)

    def __getitem__(self, name):
        return getattr(self, name)


class CellExecutionError(Exception):
    pass


class NotebookClient:
    def __init__(self, nb, timeout, extra_arguments, resources, on_cell_start, on_cell_executed):
        assert timeout == 600
        self.nb, self.start, self.executed = nb, on_cell_start, on_cell_executed
        assert os.listdir(resources["metadata"]["path"]) == []

    def execute(self, env):
        assert env["PYTHONPATH"].startswith(str(module.ROOT))
        space = {}
        for i, cell in enumerate(self.nb.cells):
            if cell.source == RESET:
                space.clear()
                continue
            self.start(cell_index=i, cell=cell)
            out, err = io.StringIO(), io.StringIO()
            cell.execution_count = i + 1
            try:
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                    exec(cell.source, space)
            except Exception as error:
                raise CellExecutionError(f"{type(error).__name__}:\n{error}") from error
            cell.outputs = [
                Bag(name=n, text=f.getvalue()) for n, f in (("stdout", out), ("stderr", err)) if f.getvalue()
            ]
            self.executed(cell_index=i, cell=cell)


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """lesson(cells) -> the result of running it; a cell is a string, an exercise a pair (stub, solution)."""

    def code_cell(source, metadata=None):
        return Bag(source=source, metadata=metadata or {}, outputs=[], execution_count=None)

    v4 = types.SimpleNamespace(
        new_code_cell=code_cell,
        new_notebook=lambda cells, metadata: types.SimpleNamespace(cells=cells, metadata=metadata),
    )
    monkeypatch.setitem(sys.modules, "nbformat", types.SimpleNamespace(v4=v4))
    monkeypatch.setitem(sys.modules, "nbclient", types.SimpleNamespace(NotebookClient=NotebookClient))
    monkeypatch.setitem(
        sys.modules, "nbclient.exceptions", types.SimpleNamespace(CellExecutionError=CellExecutionError)
    )

    def make(*parts, head="# Lesson\n**Run time** about 3 min, measured"):
        cells = [{"cell_type": "markdown", "metadata": {}, "source": [head]}]
        for part in parts:
            stub, solution = part if isinstance(part, tuple) else (part, None)
            tags = ["exercise"] if solution else []
            cells.append({"cell_type": "code", "metadata": {"tags": tags}, "source": stub})
            if solution:
                text = f"```python\n{solution}\n```"
                cells.append({"cell_type": "markdown", "metadata": {"tags": ["solution"]}, "source": text})
        path = tmp_path / "07_a_lesson.ipynb"
        path.write_text(json.dumps({"cells": cells}))
        return run(path)

    return make


FAKE = """
class check:
    class derivatives:
        def q2(f):
            print({None: "· not written yet: t", 1: "✓ right: p"}.get(f(1), "✗ not yet"))
"""


def test_a_lesson_without_flaws(lesson):
    result = lesson(FAKE, (STUB, RIGHT))
    assert result.flaws == []
    assert result.name == "07_a_lesson"
    assert 0 < result.seconds < 1
    assert result.stated == "3 min"
    assert str(result).split() == ["07_a_lesson", "0.0", "s", "(says", "3", "min)", "ok"]


def test_the_second_run_starts_with_an_empty_namespace(lesson):
    assert lesson("assert 'x' not in globals()\nx = 1").flaws == []


def test_a_wrong_solution_and_a_right_stub_are_flaws(lesson):
    assert lesson(FAKE, (STUB, "def f(x):\n    return -x")).flaws == [
        "check.derivatives.q2(f) with its solution says '✗ not yet', not '✓ right'"
    ]
    assert lesson(FAKE, (STUB.replace("...", "return x"), RIGHT)).flaws == [
        "check.derivatives.q2(f) with its stub says '✓ right: p', not '· not written yet'"
    ]


def test_an_exception_stops_the_lesson(lesson):
    result = lesson("1 / 0", FAKE, (STUB, RIGHT))
    assert result.flaws == ["ZeroDivisionError:\n    division by zero"]
    assert "FAILED\n    ZeroDivisionError" in str(result)


def test_a_warning_is_a_flaw(lesson):
    assert lesson("import sys; print('overflow', file=sys.stderr)").flaws == ["a cell warns: overflow"] * 2


def test_a_lesson_without_a_stated_run_time(lesson):
    assert lesson("x = 1", head="# Lesson").stated == "nothing"


def test_the_kernel_finds_this_minigan_before_any_other(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "other")
    assert environment()["PYTHONPATH"] == f"{module.ROOT}{os.pathsep}other"
    monkeypatch.delenv("PYTHONPATH")
    assert environment()["PYTHONPATH"] == str(module.ROOT)
