"""What a trace is made of: a Trace has stages, a stage has rows, a row has quantities.

Trace      one step of D and one step of G
Stage      one pass of a network (D forward on the real batch), or a loss, a penalty, an optimizer
Row        one layer in that pass: its verb, its shapes, its time; a composite layer holds the rows of the layers inside
Quantity   one array of that row, such as y, dx or dW: its formula, its statistics, and whether differences agree with it
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from minigan.differences import Check


class Quantity(NamedTuple):
    """One array: what it is called, how it is computed, how it is spread, and its check against differences (or None)."""

    name: str  # y, dx, dW, ...
    formula: str
    shape: tuple
    mean: float
    std: float
    min: float
    max: float
    check: Check | None = None


def measure(name: str, formula: str, a, check: Check | None = None) -> Quantity:
    a = np.asarray(a)
    spread = (a.mean(dtype=np.float64), a.std(dtype=np.float64), a.min(), a.max())
    return Quantity(name, formula, a.shape, *(float(value) + 0.0 for value in spread), check)  # + 0: -0 is 0


@dataclass
class Row:
    """One layer in one pass."""

    place: str  # "3", or "0.2" inside a composite
    layer: str
    verb: str  # forward, backward, learn, accumulate, tangent, backward_tangent, ...
    shape_in: tuple = ()
    shape_out: tuple = ()
    ms: float = 0.0
    dead: float | None = None  # the share of units that are 0 for every sample of the batch; None: not a forward pass
    note: str = ""
    quantities: list[Quantity] = field(default_factory=list)
    pictures: list[tuple[str, np.ndarray]] = field(default_factory=list, repr=False)  # (caption, uint8 (H, W, 1 or 3))
    rows: list["Row"] = field(default_factory=list)  # of the layers inside

    def __getitem__(self, name: str) -> Quantity:
        """row["dW"]"""
        for quantity in self.quantities:
            if quantity.name == name:
                return quantity
        raise KeyError(f"{self.layer} has {[quantity.name for quantity in self.quantities]} here, not {name!r}")

    def walk(self) -> Iterator["Row"]:
        """This row and all rows inside it."""
        yield self
        for row in self.rows:
            yield from row.walk()

    @property
    def ok(self) -> bool:
        """Does every check of this row and those inside it hold?"""
        return all(q.check is None or q.check.ok for row in self.walk() for q in row.quantities)


@dataclass
class Stage:
    """One pass, in the order of the step."""

    step: str  # "D step" or "G step"
    title: str  # "D(real): forward"
    ms: float = 0.0
    note: str = ""
    rows: list[Row] = field(default_factory=list)

    def walk(self) -> Iterator[Row]:
        for row in self.rows:
            yield from row.walk()

    @property
    def ok(self) -> bool:
        return all(row.ok for row in self.rows)


@dataclass(repr=False)
class Trace:
    """Every stage of one step of D and one step of G.  str(trace) is a text; in a notebook it is a table to open."""

    stages: list[Stage]
    values: dict[str, float]  # what d_step and g_step return: loss_D, penalty, score_real, score_fake, loss_G
    title: str = "One step of D, one step of G"

    def __getitem__(self, title: str) -> Stage:
        """trace["D(real): forward"]: the first stage with this title."""
        for stage in self.stages:
            if stage.title == title:
                return stage
        raise KeyError(f"no stage {title!r}; there are {', '.join(dict.fromkeys(s.title for s in self.stages))}")

    @property
    def checked(self) -> list[tuple[Stage, Row, Quantity]]:
        """Everything that was compared with differences."""
        return [(s, r, q) for s in self.stages for r in s.walk() for q in r.quantities if q.check is not None]

    @property
    def failed(self) -> list[tuple[Stage, Row, Quantity]]:
        """Where a hand-written derivative disagrees with the differences."""
        return [(stage, row, quantity) for stage, row, quantity in self.checked if not quantity.check.ok]

    def __str__(self) -> str:
        from minigan.teach.tracing.text import text

        return text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from minigan.teach.tracing.html import fragment

        return fragment(self)
