"""Mutants: the library with one node of one function changed, for as long as a `with` statement lasts.

A function's code object is exchanged, not the function.  So every class, import, partial and wrapper that holds the function runs
the mutant, in this process, without an import; and one assignment restores it.
"""

import ast
import copy
import hashlib
import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import minigan
from minigan.measure.mutants.changes import changes, is_guard

ROOT = Path(minigan.__file__).parent


class Mutant(NamedTuple):
    """One change of one function.  It is made again from the source: `n` counts the changes of the file."""

    file: str  # below minigan/, e.g. layers/dense.py
    function: str  # its qualified name, e.g. Dense.adjoint
    line: int
    kind: str  # see changes.py
    before: str  # the smallest changed part, as text
    after: str
    key: str  # a hash of the statement after the change: what equivalent.toml knows it by
    n: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}: {self.before} -> {self.after}"


@cache
def mutants(file: str) -> list[Mutant]:
    """All mutants of a file, in the order of its lines; the same ones each time."""
    return list(mutants_of(_places(file), file))


def mutants_of(places: "list[Place]", file: str = "") -> Iterator[Mutant]:
    """One mutant for each change, without two that read the same."""
    seen = set()
    for n, place in enumerate(places):
        before = _line(place.statement)
        with place.changed():
            after = _line(place.new if place.statement is place.old else place.statement)
        key = hashlib.sha256(f"{place.function} {before} {after}".encode()).hexdigest()[:10]
        line = getattr(place.old, "lineno", place.statement.lineno)
        if (key, place.statement.lineno) not in seen and after != before:
            seen.add((key, place.statement.lineno))
            yield Mutant(file, place.function, line, place.kind, _short(place.old), _short(place.new), key, n)


class Place(NamedTuple):
    """A node of the tree, and what it is changed into."""

    function: str
    scope: list  # the function's definition, in that of its class if it has one
    statement: Any
    parent: Any
    field: str
    i: int | None
    old: Any
    kind: str
    new: Any

    @contextmanager
    def changed(self) -> Iterator[None]:
        """The tree has the change in it, until the block ends."""
        ast.copy_location(self.new, self.old if hasattr(self.old, "lineno") else self.statement)
        self._put(self.new)
        try:
            yield
        finally:
            self._put(self.old)

    def _put(self, node: ast.AST) -> None:
        if self.i is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.i] = node

    def compiled(self) -> CodeType:
        """The code of the changed function."""
        with self.changed():
            module = ast.fix_missing_locations(ast.Module(self.scope, []))
            return _found(compile(module, "mutant", "exec"), self.function)


@cache
def _places(file: str) -> list[Place]:
    return places((ROOT / file).read_text())


def places(source: str) -> list[Place]:
    """Everything that can be changed in the functions and methods of this source."""
    return [
        Place(name, scope, statement, parent, field, i, old, kind, new)
        for name, scope, function in functions(ast.parse(source))
        for statement, parent, field, i, old in _inside(function, function.body)
        for kind, new in changes(old, parent, function)
    ]


def functions(tree: ast.Module) -> Iterator[tuple[str, list, ast.FunctionDef]]:
    """The functions of a module and the methods of its classes: the qualified name, a module with nothing else in it, the function."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, [_bare(node)], node
        elif isinstance(node, ast.ClassDef):
            for item in node.body:
                if isinstance(item, ast.FunctionDef):
                    alone = _bare(node, bases=[], keywords=[], body=[_bare(item)])
                    yield f"{node.name}.{item.name}", [alone], item


def _bare(node: Any, **fields: Any) -> Any:
    """A copy of a function or a class with the same body, without decorators, and with other fields."""
    bare = copy.copy(node)
    for name, value in ({"decorator_list": []} | fields).items():
        setattr(bare, name, value)
    return bare


def _inside(parent: ast.AST, body: list[ast.stmt] | None = None, statement: Any = None) -> Iterator[tuple]:
    """(statement, parent, field, index, node) for every node below, but not for guards."""
    fields = [("body", body)] if body is not None else list(ast.iter_fields(parent))
    for field, value in fields:
        if field in ("annotation", "returns", "decorator_list", "ctx") or isinstance(parent, ast.arguments):
            continue
        for i, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(node, ast.AST) and not is_guard(node, parent):
                around = node if isinstance(node, ast.stmt) else statement
                if not isinstance(node, ast.FunctionDef):
                    yield around, parent, field, i, node
                yield from _inside(node, None, around)


def _found(code: CodeType, name: str) -> CodeType:
    for const in code.co_consts:
        if isinstance(const, CodeType):
            if const.co_qualname == name:
                return const
            if name.startswith(const.co_qualname + "."):
                return _found(const, name)
    raise LookupError(f"no function {name} in {code.co_filename}")


def live(file: str, function: str) -> FunctionType:
    """The function as the library runs it, below its decorators."""
    found: Any = importlib.import_module("minigan." + file.removesuffix(".py").replace("/", "."))
    for name in function.split("."):
        found = vars(found)[name]
    found = getattr(found, "fget", None) or getattr(found, "__func__", found)
    return inspect.unwrap(found)


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """The library with this mutant, until the block ends, however it ends."""
    function = live(mutant.file, mutant.function)
    right, wrong = function.__code__, _places(mutant.file)[mutant.n].compiled()
    function.__code__ = wrong
    try:
        yield
    finally:
        function.__code__ = right


def _line(statement: Any) -> str:
    """A statement as text; of a loop, a branch or a block only its first line."""
    if hasattr(statement, "body"):
        statement = copy.copy(statement)
        statement.body, statement.orelse = [ast.Pass()], []
    return ast.unparse(statement)


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 70 else text[:67] + "..."
