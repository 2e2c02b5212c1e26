"""Where each equation is computed, pinned and taught: every eq:name in the code, the tests and the lessons.

In code only a comment counts (a comment on a line of its own speaks of the next line of code); in tests a docstring too; in
a lesson the whole text.  An installed package has neither tests nor lessons: then only the code is searched.
"""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from minigan.teach.formulas.book import equations

PACKAGE = Path(__file__).parents[2]
TAG = re.compile(r"\beq:([a-z]\w*(?:\.\w+)*)")
NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
KINDS = ("code", "test", "lesson")


class Place(NamedTuple):
    name: str  # of the equation: conv.dW
    kind: str  # code, test or lesson
    path: str  # from the root of the project: minigan/layers/conv.py
    line: int
    owner: str  # the function or class around the line: Conv2d.outer

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@cache
def locate(package: Path = PACKAGE) -> tuple[Place, ...]:
    """Every place that names an equation, whether or not that equation exists."""
    root = package.parent
    found = [place for path in sorted(package.rglob("*.py")) for place in _in_python(path, root, "code")]
    if (root / "pyproject.toml").exists():  # a checkout, not an installed package
        found += [place for path in sorted(root.glob("tests/**/*.py")) for place in _in_python(path, root, "test")]
        found += [place for path in sorted(root.glob("notebooks/**/*.ipynb")) for place in _in_lesson(path, root)]
    return tuple(found)


def gaps(places: tuple[Place, ...] | None = None) -> list[str]:
    """What is missing, as sentences: a name no equation has, an equation no line computes, no test pins or no lesson derives."""
    places = locate() if places is None else places
    known, ends = equations(), {(place.name, place.kind) for place in places}
    unknown = [f"{place}: eq:{place.name} is not in equations.toml" for place in places if place.name not in known]
    wanted = {"code": "no line of code carries it", "test": "no test carries it", "lesson": "no lesson derives it"}
    missing = [f"eq:{name}: {words}" for kind, words in wanted.items() for name in known if (name, kind) not in ends]
    return unknown + missing


def _in_python(path: Path, root: Path, kind: str) -> Iterator[Place]:
    source = path.read_text(encoding="utf-8")
    if "eq:" not in source:
        return
    tree, lines = ast.parse(source), _comments(source)
    if kind == "test":
        lines += _docstrings(tree)
    for line, text in sorted(lines):
        for name in TAG.findall(text):
            yield Place(name, kind, path.relative_to(root).as_posix(), line, _owner(tree, line))


def _comments(source: str) -> list[tuple[int, str]]:
    """(line of code, comment on it)."""
    found, waiting = [], []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            alone = token.line.lstrip().startswith("#")
            (waiting if alone else found).append((token.start[0], token.string))
        elif waiting and token.type not in NO_CODE:
            found += [(token.start[0], text) for _, text in waiting]
            waiting = []
    return found


def _docstrings(tree) -> list[tuple[int, str]]:
    kinds = ast.FunctionDef | ast.ClassDef
    return [(node.lineno, ast.get_docstring(node) or "") for node in ast.walk(tree) if isinstance(node, kinds)]


def _owner(tree, line: int) -> str:
    """Conv2d.outer, the function or class around a line; for a table at the top level, its name."""
    for node in tree.body if hasattr(tree, "body") else ():
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        if first <= line <= node.end_lineno:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                inner = _owner(node, line) if isinstance(node, ast.ClassDef) else ""
                return f"{node.name}.{inner}" if inner else node.name
            if isinstance(node, ast.Assign | ast.AnnAssign):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                return ast.unparse(target)
    return ""


def _in_lesson(path: Path, root: Path) -> Iterator[Place]:
    """The equations a notebook names, each once, in order; inside LaTeX an underscore is written \\_."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells).replace(r"\_", "_")
    for name in dict.fromkeys(TAG.findall(text)):
        yield Place(name, "lesson", path.relative_to(root).as_posix(), 1, path.stem)
