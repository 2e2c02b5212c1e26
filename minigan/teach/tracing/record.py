"""What a trace is made of: a Record has stages, a stage has rows, a row has quantities.

Record     one step of D and one step of G
Stage      one pass of a network (D forward on the real batch), or a loss, a penalty, an optimizer
Row        one layer in that pass: its verb, its shapes, its time; a composite layer holds the rows of the layers inside it
Quantity   one array of that row, such as y, dx or dW: its formula, its statistics, and its gradient check

All of it is plain data: trace["D(real): backward"].rows[0]["dW"].check.error.  view.py makes it readable.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from minigan.differences import Check


class Quantity(NamedTuple):
    """One array: its name, the formula that computes it, its statistics, and its check against differences, if any."""

    name: str  # y, dx, dW, ...
    formula: str
    shape: tuple[int, ...]
    mean: float
    std: float
    min: float
    max: float
    check: Check | None = None


def measure(name: str, formula: str, a: Any, check: Check | None = None) -> Quantity:
    """Return the Quantity of an array of any shape; mean and standard deviation are computed in float64."""
    a = np.asarray(a)
    statistics = a.mean(dtype=np.float64), a.std(dtype=np.float64), a.min(), a.max()
    mean, std, low, high = (float(value) + 0.0 for value in statistics)  # + 0: -0 becomes 0
    return Quantity(name, formula, a.shape, mean, std, low, high, check)


@dataclass
class Row:
    """One layer in one pass."""

    place: str  # "3", or "0.2" inside a composite layer; "" for a loss or a penalty
    layer: str
    verb: str  # forward, backward, learn, accumulate, tangent, backward_tangent, ...
    shape_in: Any = ()  # of an array, or a tuple of shapes for several inputs
    shape_out: Any = ()
    ms: float = 0.0
    dead: float | None = None  # the fraction of units that are 0 for every sample of the batch; None except in forward
    note: str = ""
    quantities: list[Quantity] = field(default_factory=list)
    pictures: list[tuple[str, np.ndarray]] = field(default_factory=list, repr=False)  # (caption, uint8 (H, W, 1 or 3))
    rows: list["Row"] = field(default_factory=list)  # of the layers inside a composite layer

    def __getitem__(self, name: str) -> Quantity:
        """Return the quantity of that name: row["dW"].  Raises KeyError if there is none."""
        for quantity in self.quantities:
            if quantity.name == name:
                return quantity
        raise KeyError(f"{self.layer} has {[quantity.name for quantity in self.quantities]} here, not {name!r}")

    def walk(self) -> Iterator["Row"]:
        """Yield this row and all rows inside it."""
        yield self
        for row in self.rows:
            yield from row.walk()

    @property
    def ok(self) -> bool:
        """True if every check of this row and of the rows inside it passed."""
        return all(q.check is None or q.check.ok for row in self.walk() for q in row.quantities)


@dataclass
class Stage:
    """One pass of a network, or one call of a loss, a penalty or an optimizer."""

    step: str  # "D step" or "G step"
    title: str  # "D(real): forward"
    ms: float = 0.0
    note: str = ""
    rows: list[Row] = field(default_factory=list)

    def walk(self) -> Iterator[Row]:
        """Yield all rows, including those inside composite layers."""
        for row in self.rows:
            yield from row.walk()

    @property
    def ok(self) -> bool:
        """True if every check of this stage passed."""
        return all(row.ok for row in self.rows)


@dataclass(repr=False)
class Record:
    """Every stage of one step of D and one step of G, in the order in which they ran."""

    stages: list[Stage]
    values: dict[str, float]  # what d_step and g_step return: loss_D, penalty, score_real, score_fake, loss_G
    title: str = "One step of D, one step of G"
    note: str = ""

    def __getitem__(self, title: str) -> Stage:
        """Return the first stage with this title: trace["D(real): forward"].  Raises KeyError if there is none."""
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
        """The quantities whose hand-written derivative disagrees with differences."""
        return [
            (stage, row, quantity) for stage, row, quantity in self.checked if quantity.check and not quantity.check.ok
        ]

    @property
    def undecided(self) -> list[tuple[Stage, Row, Quantity]]:
        """The quantities that are at a kink or lost in rounding, so that differences cannot tell."""
        return [
            (stage, row, quantity)
            for stage, row, quantity in self.checked
            if quantity.check and quantity.check.verdict == "undecided"
        ]
