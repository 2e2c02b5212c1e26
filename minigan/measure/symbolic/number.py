"""A symbolic number: what an object array holds when the library's own code runs on symbols.

NumPy computes with arrays of any Python objects: x @ W adds and multiplies them, np.tanh(x) calls their method `tanh`, and x > 0
compares them.  So a number with these methods is all that the layers need, and none of their code changes.

A comparison of two expressions has no answer until a region is chosen; see regions.py.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from minigan.measure.symbolic.text import expression
from minigan.measure.symbolic.tower import Poly, Tower

CONSTANTS = (int, float, Fraction, np.integer, np.floating, np.bool_)


class Number:
    """An expression: a polynomial p in the generators of a tower."""

    __slots__ = ("p", "tower")

    def __init__(self, p: Poly, tower: Tower):
        self.p, self.tower = p, tower

    @classmethod
    def of(cls, value: Any, tower: Tower) -> "Number":
        """A number as a Number."""
        return value if isinstance(value, cls) else cls(tower.constant(value), tower)

    def _with(self, other: Any) -> Any:
        """The polynomials of self and other in one ring, or None if other is not a number."""
        if not isinstance(other, Number):
            if not isinstance(other, CONSTANTS):
                return None
            other = Number.of(other, self.tower)
        return self.tower.lift(self.p), self.tower.lift(other.p)

    def _new(self, p: Poly) -> "Number":
        if 0 < self.tower.naming <= len(p):
            p = self.tower.name(p)
        return Number(p, self.tower)

    def __add__(self, other: Any) -> Any:
        pair = self._with(other)
        return NotImplemented if pair is None else self._new(pair[0] + pair[1])

    def __sub__(self, other: Any) -> Any:
        pair = self._with(other)
        return NotImplemented if pair is None else self._new(pair[0] - pair[1])

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        pair = self._with(other)
        return NotImplemented if pair is None else self._new(self.tower.times(*pair))

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Any:
        pair = self._with(other)
        return NotImplemented if pair is None else self._new(self.tower.times(pair[0], self.tower.inverse(pair[1])))

    def __rtruediv__(self, other: Any) -> Any:
        return self._new(self.tower.inverse(self.p)) * other

    def __pow__(self, n: int) -> "Number":
        return self._new(self.tower.power(self.p, int(n)))

    def __neg__(self) -> "Number":
        return self._new(-self.p)

    def __abs__(self) -> "Number":
        return self if self.sign() >= 0 else -self

    # ---- what NumPy's functions call on objects -----------------------------------------------------------------------

    def exp(self) -> "Number":
        """exp(x)"""
        return self._new(self.tower.function("exp", self.p))

    def tanh(self) -> "Number":
        """tanh(x)"""
        return self._new(self.tower.function("tanh", self.p))

    def log(self) -> "Number":
        """log(x)"""
        return self._new(self.tower.function("log", self.p))

    def log1p(self) -> "Number":
        """log(1 + x)"""
        return (1 + self).log()

    def sqrt(self) -> "Number":
        """sqrt(x)"""
        return self._new(self.tower.function("sqrt", self.p))

    def sin(self) -> "Number":
        """sin(x)"""
        return self._new(self.tower.function("sin", self.p))

    def cos(self) -> "Number":
        """cos(x)"""
        return self._new(self.tower.function("cos", self.p))

    def conjugate(self) -> "Number":
        """x itself: every number here is real."""
        return self

    @property
    def real(self) -> "Number":
        """x itself."""
        return self

    # ---- comparisons: the region decides -------------------------------------------------------------------------------

    def sign(self) -> int:
        """-1, 0 or 1 in the present region."""
        return self.tower.sign(self.p)

    def __gt__(self, other: Any) -> bool:
        return (self - other).sign() > 0

    def __ge__(self, other: Any) -> bool:
        return (self - other).sign() >= 0

    def __lt__(self, other: Any) -> bool:
        return (self - other).sign() < 0

    def __le__(self, other: Any) -> bool:
        return (self - other).sign() <= 0

    def __eq__(self, other: Any) -> bool:  # equal for all values; equality at single points is no region of its own
        pair = self._with(other)
        return pair is not None and self.tower.zero(pair[0] - pair[1])

    def __bool__(self) -> bool:
        return bool(self.p)

    def __deepcopy__(self, memo: dict) -> "Number":
        return self  # it never changes

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return str(expression(self.tower, self.p))


def symbols(tower: Tower, label: str, shape: Sequence[int], positive: bool = False) -> np.ndarray:
    """An object array of new symbols: label[0], label[1], ..., of this shape."""
    made = np.empty(tuple(shape), object)
    for index in np.ndindex(*made.shape):
        made[index] = Number(tower.add("symbol", f"{label}{list(index) if index else ''}", positive=positive), tower)
    return made


def symbol(tower: Tower, label: str, positive: bool = False) -> Any:
    """One new symbol, a Number, which takes the place of a float."""
    return symbols(tower, label, (), positive)[()]


def gradient(value: Any, x: np.ndarray) -> np.ndarray:
    """d value / d x[i] for every symbol of the array x -> an array like x."""
    made = np.zeros(x.shape, object)
    for index in np.ndindex(*x.shape):
        entry: Any = x[index]
        if isinstance(value, Number) and isinstance(entry, Number):
            tower = value.tower
            made[index] = Number(tower.derivative(value.p, {generator(entry): tower.constant(1)}, {}), tower)
    return made


def along(y: np.ndarray, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """J v: the derivative of every entry of y where each symbol of x moves by that of v, for all pairs (x, v)."""
    moves = {generator(a): b for x, v in pairs for a, b in zip(x.flat, v.flat, strict=True)}
    made, memo = np.zeros(y.shape, object), {}  # type: tuple[np.ndarray, dict]
    for index in np.ndindex(*y.shape):
        value: Any = y[index]
        if isinstance(value, Number):
            tower = value.tower
            made[index] = Number(tower.derivative(value.p, {n: b.p for n, b in moves.items()}, memo), tower)
    return made


def generator(x: Number) -> int:
    """The number of the generator of a symbol."""
    return x.p.LM.index(1)
