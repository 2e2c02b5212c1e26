"""Expressions as a reader, or sympy.diff, understands them."""

from collections.abc import Iterable
from typing import Any

from minigan.measure.symbolic.tower import Poly, Tower


def expression(tower: Tower, p: Poly) -> Any:
    """p as an ordinary SymPy expression, in the symbols' labels."""
    import sympy

    total, made = sympy.Integer(0), {}  # type: Any, dict[int, Any]
    for m, c in tower.lift(p).items():
        term = sympy.Rational(int(c.numerator), int(c.denominator))
        for n, e in enumerate(m):
            if e and n not in made:
                kind, label, of, positive = tower.generators[n]
                if kind == "symbol":
                    made[n] = sympy.Symbol(label, real=True, positive=positive or None)
                else:
                    inner = expression(tower, of)
                    made[n] = inner if kind == "name" else getattr(sympy, kind)(inner)
            term *= made[n] ** e if e else 1
        total += term
    return total


def condition(tower: Tower, key: Iterable[tuple], sign: int) -> str:
    """What was compared with 0, as text: x > 0, or r - 1 < 0."""
    terms = {}
    for m, c in key:
        terms[tuple(dict(m).get(n, 0) for n in range(tower.ring.ngens))] = c
    return f"{expression(tower, tower.ring.from_dict(terms))} {'>' if sign > 0 else '<'} 0"
