"""The book of equations: equations.toml, read once.

LaTeX cannot be read in a terminal and plain text is ugly on a page, so each equation is written in both, side by side, where a
difference would be seen.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

BOOK = Path(__file__).with_name("equations.toml")


class Equation(NamedTuple):
    """One equation: eq:conv.dW."""

    name: str  # conv.dW
    title: str  # Convolution, gradient
    latex: str  # for the site
    text: str  # for a terminal; several lines where the equation has several
    words: str  # one line: what it says
    source: str = ""  # paper, equation

    @property
    def tag(self) -> str:
        return f"eq:{self.name}"


@cache
def equations() -> dict[str, Equation]:
    """name -> equation, in the order of the book."""
    return {name: Equation(name, **_tidy(entry)) for name, entry in _book()["equations"].items()}


def groups() -> dict[str, list[Equation]]:
    """title of a chapter -> its equations.  ValueError if an equation belongs to no chapter."""
    chapters: dict[str, list[Equation]] = {group["title"]: [] for group in _book()["groups"]}
    of = {name: group["title"] for group in _book()["groups"] for name in group["names"]}
    for equation in equations().values():
        first = equation.name.split(".")[0]
        if first not in of:
            raise ValueError(f"{equation.tag} belongs to no chapter: add {first!r} to the names of one in {BOOK.name}")
        chapters[of[first]].append(equation)
    return chapters


@cache
def _book() -> dict:
    return tomllib.loads(BOOK.read_text(encoding="utf-8"))


def _tidy(entry: dict[str, str]) -> dict[str, str]:
    return {key: value.strip("\n") for key, value in entry.items()}
