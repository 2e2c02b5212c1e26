"""Expressions at points: what decides where no normal form does.

substitute(tower, p, values, memo)     symbols replaced by other expressions
rational_point(tower, rng)             fractions for all free generators: Tower.zero is exact there
random_values(tower, k), evaluate      floats, for a first look that refutes a wrong gradient in no time
"""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from minigan.measure.symbolic.tower import Poly, Tower


def substitute(tower: Tower, p: Poly, values: Mapping[int, Poly], memo: dict[int, Poly]) -> Poly:
    """p with the symbols n of `values` replaced by values[n]; `memo` keeps every generator for the same values."""
    total = tower.constant(0)
    for m, c in tower.lift(p).items():
        term = tower.ring.ground_new(c)
        for n, e in enumerate(m):
            if e:
                term = tower.times(term, tower.power(_generator(tower, n, values, memo), e))
        total = tower.lift(total) + tower.lift(term)
    return total


def _generator(tower: Tower, n: int, values: Mapping[int, Poly], memo: dict[int, Poly]) -> Poly:
    if n not in memo:
        kind, _, of, _ = tower.generators[n]
        if kind == "symbol":
            memo[n] = values.get(n, tower.ring.gens[n])
        else:
            inner = substitute(tower, of, values, memo)
            memo[n] = inner if kind == "name" else tower.function(kind, inner)
    return memo[n]


def rational_point(tower: Tower, rng: np.random.Generator) -> dict[int, Fraction]:
    """Random rational values of all symbols, and of all functions but the roots, as if these were free numbers."""
    found = {}
    for n, (kind, _, _, positive) in enumerate(tower.generators):
        if kind not in ("name", "sqrt"):
            sign = 1 if positive else int(rng.choice([-1, 1]))
            found[n] = sign * Fraction(int(rng.integers(1, 60)), int(rng.integers(2, 30)))
    return found


def random_values(tower: Tower, k: int) -> dict[int, float]:
    """The k-th random point: every symbol as a float; what `evaluate` adds to it is kept for the next polynomial."""
    values = tower.floats.setdefault(k, {})
    draws = np.random.default_rng([1, k]).standard_normal(len(tower.generators))
    for n, (made, x) in enumerate(zip(tower.generators, draws, strict=True)):
        if made.kind == "symbol":
            values[n] = float(abs(x) if made.positive else x)
    return values


def evaluate(tower: Tower, p: Poly, values: dict[int, float]) -> tuple[float, float]:
    """p as a float, at these values of the symbols, and the sum of the absolute values of its terms.

    The values of all other generators are added to `values`.
    """
    for n, (kind, _, of, _) in enumerate(tower.generators):
        if n not in values:
            inner, _ = _sum(of, values)
            values[n] = inner if kind == "name" else float(getattr(np, kind)(inner))
    return _sum(p, values)


def _sum(p: Poly, values: Mapping[int, float]) -> tuple[float, float]:
    total = size = 0.0
    for m, c in p.items():
        term = int(c.numerator) / int(c.denominator)
        for n, e in enumerate(m):
            if e:
                term *= values[n] ** e
        total += term
        size += abs(term)
    return total, size
