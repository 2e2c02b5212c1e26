"""minigan explain Conv2d: one part of the library on one screen, with its gradient checked on the spot.

Shows the equations as text, the shapes, the source with the name of each equation on the line that computes it, and a gradient
check at sizes the reader can choose.  None of it is written by hand: the names of the equations tie everything together.
"""

import inspect
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from minigan.gradcheck import Check
from minigan.penalties import Penalty, add_penalty
from minigan.teach.formulas.book import Equation, equations
from minigan.teach.formulas.derived import derived
from minigan.teach.formulas.live import examine
from minigan.teach.formulas.places import TAG, Place, locate
from minigan.teach.formulas.source import Piece, pieces
from minigan.teach.formulas.subject import read

DERIVED = "DERIVATIVE, by SymPy from the forward pass, and the line that computes it"


@dataclass(frozen=True, repr=False)
class Explanation:
    """The result of `explain`: str() gives the text for a terminal, a notebook renders it as Markdown with typeset formulas."""

    title: str
    meaning: str  # the docstring
    equations: list[Equation]
    places: dict[str, list[Place]]  # of each equation, by its name
    shapes: list[str]
    source: list[Piece]
    checks: list[Check]
    derived: list[str] = field(default_factory=list)  # SymPy's derivatives beside the lines of code

    @property
    def ok(self) -> bool:
        """True if every check passed."""
        return all(check.ok for check in self.checks)

    def __str__(self) -> str:
        blocks = [self.title, _indented(self.meaning)]
        blocks += ["EQUATIONS", *(_indented(self._equation(equation)) for equation in self.equations)]
        if self.shapes:
            blocks += ["SHAPES", _indented("\n".join(self.shapes))]
        for piece in self.source:
            blocks += [f"SOURCE  {piece.path}, {piece.title}", str(piece)]
        if self.derived:
            blocks += [DERIVED, _indented("\n".join(self.derived))]
        if self.checks:
            blocks += ["CHECK, run now, in float64", _indented(_table(self.checks))]
        return "\n\n".join(block for block in blocks if block.strip()) + "\n"

    __repr__ = __str__

    def _equation(self, equation: Equation) -> str:
        source = f"   ({equation.source})" if equation.source else ""
        lines = [f"{equation.tag}   {equation.title}{source}", _indented(equation.text), _indented(equation.words)]
        for kind, places in _by_kind(self.places[equation.name]).items():
            lines.append(_indented(f"{kind}: {', '.join(places)}"))
        return "\n".join(lines)

    def _repr_markdown_(self) -> str:
        parts = [f"### {self.title}", f"```text\n{self.meaning}\n```"]
        for equation in self.equations:
            where = "; ".join(f"{kind}: {', '.join(p)}" for kind, p in _by_kind(self.places[equation.name]).items())
            parts.append(
                f"**{equation.title}** `{equation.tag}`\n\n$$\n{equation.latex}\n$$\n\n{equation.words} <sub>{where}</sub>"
            )
        parts += [f"```text\n{line}\n```" for line in ["\n".join(self.shapes)] if line]
        parts += [f"`{piece.path}`, line {piece.first}\n\n```python\n{piece.text}\n```" for piece in self.source]
        parts += [f"```text\n{DERIVED}\n" + "\n".join(self.derived) + "\n```"] if self.derived else []
        parts += [f"```text\n{_table(self.checks)}\n```"] if self.checks else []
        return "\n\n".join(parts)


def explain(subject: Any, shape: tuple[int, ...] | None = None, seed: int = 0) -> Explanation:
    """Explain a layer, loss, penalty, optimizer or a single equation: equations, shapes, source, and a gradient check.

    Parameters
    ----------
    subject : str, layer, loss, class or function
        A name in any case ("conv2d", "hinge", "r1", "Adam", "eq:conv.dW"), a call as text
        ("Conv2d(3, 8, 4, stride=2, pad=1)"), or the object itself.
    shape : tuple of int, optional
        The shape of the input, batch first.  By default the sizes that `minigan certify` uses.
    seed : int, default 0
        Seed of the random weights and inputs of the check.

    Raises
    ------
    ValueError
        If the name is unknown (the message suggests the closest ones) or the sizes do not fit.
    TypeError
        If `subject` is none of the above.
    """
    if isinstance(subject, str) and TAG.fullmatch(subject.strip()):
        return _one_equation(subject.strip())
    found = read(subject)
    shapes, checks = examine(found, shape, seed)
    source = pieces(found.thing)
    if isinstance(
        found.thing, Penalty
    ):  # and the function that turns the gradient of any penalty into a parameter gradient
        source += [piece for piece in pieces(add_penalty) if piece not in source]
    names = dict.fromkeys(name for piece in source for name in piece.names)
    doc = inspect.getdoc(found.thing) or ""
    title = shapes.pop(0) if shapes and found.made is not None and shapes[0].startswith(found.name) else found.name
    return Explanation(title, doc, *_known(names), shapes, source, checks, derived(found))


def _one_equation(tag: str) -> Explanation:
    """minigan explain eq:conv.dW: the equation and the places that name it."""
    name = tag.removeprefix("eq:")
    if name not in equations():
        near = [known for known in equations() if known.split(".")[0] == name.split(".")[0]] or list(equations())
        raise ValueError(f"there is no equation {tag}; similar names: {', '.join(f'eq:{n}' for n in near)}")
    return Explanation(tag, "", *_known([name]), [], [], [])


def _known(names: Iterable[str]) -> tuple[list[Equation], dict[str, list[Place]]]:
    return [equations()[name] for name in names], {name: [p for p in locate() if p.name == name] for name in names}


def _by_kind(places: list[Place]) -> dict[str, list[str]]:
    """Group places by kind (code, test, lesson), each listed once."""
    found: dict[str, dict[str, None]] = {}
    for place in places:
        found.setdefault(place.kind, {})[place.path if place.kind == "lesson" else str(place)] = None
    return {kind: list(where) for kind, where in found.items()}


def _table(checks: list[Check]) -> str:
    width = max(len(check.name) for check in checks)
    rows = []
    for check in checks:
        error = f"{check.error:.1e}" if check.error else "exact"
        verdict = "ok" if check.verdict == "ok" else f"{check.verdict}  {check.detail}"
        bound = f"{check.bound:.0e}" if check.bound else "exact"
        rows.append(f"{check.name:<{width}}  error {error:<8} bound {bound:<6} {verdict}")
    return "\n".join(rows)


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")
