"""The source that computes a subject: its own, its inherited methods and the functions it calls, if they carry an equation.

Where a layer calls a kernel, the kernel's NumPy reference is shown, since that is the formula.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from minigan.kernels import reference
from minigan.layers import Layer
from minigan.teach.formulas.places import PACKAGE, TAG


class Piece(NamedTuple):
    """Some lines of a file of the library; str() numbers them."""

    title: str  # Conv2d
    path: str  # minigan/layers/conv.py
    first: int  # the number of the first line
    text: str

    @property
    def names(self) -> list[str]:
        """The equations these lines name."""
        return TAG.findall(self.text)

    def __str__(self) -> str:
        lines = self.text.splitlines()
        return "\n".join(f"{self.first + i:4d}  {line}".rstrip() for i, line in enumerate(lines))


def pieces(thing: Any) -> list[Piece]:
    """Return the source of a class or function (or of an object's class), then of the rest of the library that computes it."""
    thing = thing if inspect.isclass(thing) or inspect.isfunction(thing) else type(thing)
    queue, seen, found = [thing, *_inherited(thing)], {thing}, []
    while queue:
        now = queue.pop(0)
        piece = _piece(now)
        if now is thing or piece.names:
            found.append(piece)
            for called in _calls(now, piece):
                if called not in seen and called not in queue:
                    queue.append(called)
        seen.add(now)
    return found


def _piece(thing: Any) -> Piece:
    lines, first = inspect.getsourcelines(thing)
    path = Path(inspect.getfile(thing)).relative_to(PACKAGE.parent).as_posix()
    return Piece(thing.__qualname__, path, first, textwrap.dedent("".join(lines)).rstrip())


def _inherited(thing: Any) -> Iterator[Any]:
    """Yield the methods a class inherits, except those of Layer, which all layers share."""
    if inspect.isclass(thing):
        own = set(vars(thing))
        for base in thing.__mro__[1:]:
            if base.__module__.startswith("minigan.") and base is not Layer:
                yield from (f for name, f in vars(base).items() if name not in own and inspect.isfunction(f))
                own |= set(vars(base))


def _calls(thing: Any, piece: Piece) -> Iterator[Any]:
    """Yield the functions of the library that these lines name and the layers they build; for kernels.f, its reference."""
    module = inspect.getmodule(thing)
    for node in ast.walk(ast.parse(piece.text)):
        called: Any = None
        if isinstance(node, ast.Name):
            named = getattr(module, node.id, None)
            called = named if inspect.isfunction(named) else None
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "kernels":
            called = getattr(reference, node.attr, None)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            built = getattr(module, node.func.id, None)
            called = built if inspect.isclass(built) and issubclass(built, Layer) else None
        if called and called.__module__.startswith("minigan."):
            yield called
