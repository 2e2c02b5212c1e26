"""Where each equation is computed, tested and taught: every eq:name in the code, the tests and the lessons.

In code only comments count; a comment on a line of its own belongs to the next line of code.  In tests docstrings count too,
and in a lesson the whole text.  An installed package has neither tests nor lessons, so only the code is searched.
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

from minigan.teach.formulas.book import equations, without_lesson

PACKAGE = Path(__file__).parents[2]
TAG = re.compile(r"\beq:([a-z]\w*(?:\.\w+)*)")
NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
KINDS = ("code", "test", "lesson")


class Place(NamedTuple):
    """A line that names an equation."""

    name: str  # of the equation: conv.dW
    kind: str  # code, test or lesson
    path: str  # relative to the root of the project: minigan/layers/conv.py
    line: int
    owner: str  # the function or class around the line: Conv2d.outer

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@cache
def locate(package: Path = PACKAGE) -> tuple[Place, ...]:
    """Return every place that names an equation, whether or not that equation exists."""
    root = package.parent
    found = [place for path in sorted(package.rglob("*.py")) for place in _in_python(path, root, "code")]
    if (root / "pyproject.toml").exists():  # a checkout, not an installed package
        found += [place for path in sorted(root.glob("tests/**/*.py")) for place in _in_python(path, root, "test")]
        found += [place for path in sorted(root.glob("notebooks/**/*.ipynb")) for place in _in_lesson(path, root)]
    return tuple(found)


def gaps(places: tuple[Place, ...] | None = None) -> list[str]:
    """Return one sentence for each missing link between the book, the code, the tests and the lessons.

    A link is missing if a place names an unknown equation, or if no code, no test or no lesson names an equation of the book.
    A chapter with `lesson = false` needs no lesson.
    """
    places = locate() if places is None else places
    known, ends = equations(), {(place.name, place.kind) for place in places}
    unknown = [f"{place}: eq:{place.name} is not in equations.toml" for place in places if place.name not in known]
    wanted = {"code": "no line of code carries it", "test": "no test carries it", "lesson": "no lesson derives it"}
    excused = {(name, "lesson") for name in known if name.split(".")[0] in without_lesson()}
    given = ends | excused
    missing = [f"eq:{name}: {words}" for kind, words in wanted.items() for name in known if (name, kind) not in given]
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
    """Return (line of code, the comment that belongs to it) for each comment."""
    found: list[tuple[int, str]] = []
    waiting: list[str] = []  # comments on lines of their own, until the next line of code
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
            waiting.append(token.string)
        elif token.type == tokenize.COMMENT:
            found.append((token.start[0], token.string))
        elif waiting and token.type not in NO_CODE:
            found += [(token.start[0], text) for text in waiting]
            waiting = []
    return found


def _docstrings(tree: ast.Module) -> list[tuple[int, str]]:
    kinds = ast.FunctionDef | ast.ClassDef
    return [(node.lineno, ast.get_docstring(node) or "") for node in ast.walk(tree) if isinstance(node, kinds)]


def _owner(tree: ast.Module | ast.ClassDef, line: int) -> str:
    """Return the name of the function or class around a line (Conv2d.outer), or of the variable assigned there."""
    for node in tree.body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        if first <= line <= (node.end_lineno or first):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                inner = _owner(node, line) if isinstance(node, ast.ClassDef) else ""
                return f"{node.name}.{inner}" if inner else node.name
            if isinstance(node, ast.Assign | ast.AnnAssign):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                return ast.unparse(target)
    return ""


def _in_lesson(path: Path, root: Path) -> Iterator[Place]:
    """Yield the equations a notebook names, each once, in order; inside LaTeX an underscore is written \\_."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells).replace(r"\_", "_")
    for name in dict.fromkeys(TAG.findall(text)):
        yield Place(name, "lesson", path.relative_to(root).as_posix(), 1, path.stem)
