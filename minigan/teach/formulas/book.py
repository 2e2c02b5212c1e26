"""The book of equations: equations.toml, read once.

LaTeX is unreadable in a terminal and plain text looks poor on a page, so each equation is written in both.  The two are next
to each other in the file, where a difference would be noticed.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

BOOK = Path(__file__).with_name("equations.toml")


class Equation(NamedTuple):
    """One equation of the library, such as eq:conv.dW."""

    name: str  # conv.dW
    title: str  # Convolution, gradient
    latex: str  # for the site
    text: str  # for a terminal; several lines if the equation has several
    words: str  # what it says, in one line
    source: str = ""  # paper and equation number

    @property
    def tag(self) -> str:
        """The name as it is written in code, tests and lessons: eq:conv.dW."""
        return f"eq:{self.name}"


@cache
def equations() -> dict[str, Equation]:
    """Return every equation by name, in the order of the book."""
    return {name: Equation(name, **_tidy(entry)) for name, entry in _book()["equations"].items()}


def groups() -> dict[str, list[Equation]]:
    """Return the equations of each chapter by the chapter's title.

    Raises ValueError if an equation belongs to no chapter.
    """
    chapters: dict[str, list[Equation]] = {group["title"]: [] for group in _book()["groups"]}
    of = {name: group["title"] for group in _book()["groups"] for name in group["names"]}
    for equation in equations().values():
        first = equation.name.split(".")[0]
        if first not in of:
            raise ValueError(
                f"{equation.tag} belongs to no chapter: add {first!r} to the names of a chapter in {BOOK.name}"
            )
        chapters[of[first]].append(equation)
    return chapters


def without_lesson() -> set[str]:
    """The first parts of the names of equations that no lesson derives yet: chapters with `lesson = false`."""
    return {name for group in _book()["groups"] if not group.get("lesson", True) for name in group["names"]}


@cache
def _book() -> dict[str, Any]:
    return tomllib.loads(BOOK.read_text(encoding="utf-8"))


def _tidy(entry: dict[str, str]) -> dict[str, str]:
    return {key: value.strip("\n") for key, value in entry.items()}
