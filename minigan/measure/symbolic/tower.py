"""Expressions with exp, tanh, log and roots in a normal form, and their derivatives: what the symbolic proof computes with.

Every expression is a polynomial of SymPy (sympy.polys.rings, exact rational coefficients) in *generators*, which are added one
by one like the floors of a tower.  An exponent may be negative.  A generator is

    a symbol     x, W[0, 1], dy[2], ...: any real number
    a name       d := P, where P is a polynomial in earlier generators.  A denominator gets one, so 1 / P is d^-1
    a function   t := tanh(P), E := exp(P), l := log(P), s := sqrt(w), sin(P), cos(P)

These identities are used, and no others:

    tanh(-a) = -tanh(a)    sin(-a) = -sin(a)    cos(-a) = cos(a)    exp(n a + b) = exp(a)^n exp(b)    exp(log(b)) = b
    log(E^n b) = n a + log(b) where E = exp(a)    s^2 = w where s = sqrt(w)    d^n / d^m = d^(n - m)    d = P by its definition

The derivative is the chain rule over the generators, D p = sum_g (dp/dg) D g.  SymPy computes dp/dg, and it supplies the rule of
each function: D t = (1 - t^2) D P, D E = E D P, ...; a name has the derivative of its polynomial.

Why it proves something: `zero(p)` multiplies p by names that occur in denominators, which are not 0 where the code divides
by them, and replaces names by their polynomials, from the last to the first.  Each step is an identity for real numbers.  If
what remains is the polynomial 0, then p is 0 for every real value of the symbols.  The converse does not hold: two generators may
be related in a way that is not listed above, so a remainder other than 0 proves nothing, and the numbers have to decide.
"""

import time
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import numpy as np

Poly = Any  # a sympy.polys.rings.PolyElement

FIRST = 32  # generators of the first ring; a larger ring is made when they are used up
LONG = 200  # terms of an argument whose names are replaced
TERMS = 2_000_000  # products in one multiplication before `TooHard`
EVEN = ("cos",)  # the other functions with a sign rule, tanh and sin, are odd


class TooHard(Exception):
    """The normal form is too large, or takes too long."""


class Generator(NamedTuple):
    """One generator: its kind (symbol, name, or the name of a function), its label, and its polynomial or argument."""

    kind: str
    label: str
    of: Poly = None
    positive: bool = False


class Tower:
    """The generators that were added so far, and the arithmetic of polynomials in them."""

    def __init__(self, region: Any = None, deadline: float = float("inf")):
        self.region, self.deadline = region, deadline
        self.generators: list[Generator] = []
        self.known: dict[Any, int] = {}  # (kind, polynomial) -> the number of its generator
        self.roots: list[tuple[int, int]] = []  # s and w of every s = sqrt(w)
        self.naming = 0  # give a sum of so many terms a name, so that later expressions stay short; 0: don't
        self.ring = _ring(FIRST)
        self.floats: dict[int, dict[int, float]] = {}  # k -> all generators at the k-th random point: see points.py

    # ---- generators ----------------------------------------------------------------------------------------------

    def add(self, kind: str, label: str, of: Poly = None, positive: bool = False) -> Poly:
        """A new generator, as a polynomial."""
        n = len(self.generators)
        if n == self.ring.ngens:
            self.ring = _ring(2 * n)
        self.generators.append(Generator(kind, label, of, positive))
        if kind == "sqrt":
            self.roots.append((n, of.LM.index(1)))
        return self.ring.gens[n]

    def lift(self, p: Poly) -> Poly:
        """p as a polynomial of the present, larger ring."""
        if p.ring is self.ring:
            return p
        more = (0,) * (self.ring.ngens - p.ring.ngens)
        return self.ring.from_dict({m + more: c for m, c in p.items()})

    def constant(self, value: Any) -> Poly:
        """An int, float or Fraction; a float counts as the rational number that it is."""
        if isinstance(value, np.generic):
            value = value.item()
        value = Fraction(value)
        return self.ring.ground_new(self.ring.domain(value.numerator, value.denominator))

    def name(self, p: Poly) -> Poly:
        """c d, with d := p / c and c the first coefficient: p and -p, or 2 p, share their name."""
        p = self.lift(p)
        if len(p) <= 1:
            return p
        c = p.LC
        return c * self._once("name", p / c)

    def function(self, kind: str, p: Poly) -> Poly:
        """tanh(p), exp(p), ...: the generator of that function and argument."""
        p = self.lift(p)
        if kind == "sqrt":
            return self._root(p)
        if kind == "exp":
            return self._exp(p)
        if kind == "log":
            return self._log(p)
        if not p:
            return self.constant(1 if kind in EVEN else 0)
        if self.resolve(p).LC < 0:
            return self._once(kind, -p) if kind in EVEN else -self._once(kind, -p)
        return self._once(kind, p)

    def _root(self, p: Poly) -> Poly:
        if p.is_ground:
            value = Fraction(int(p.LC.numerator), int(p.LC.denominator)) if p else Fraction(0)
            up, down = int(value.numerator**0.5), int(value.denominator**0.5)
            if (up * up, down * down) == (value.numerator, value.denominator):
                return self.constant(Fraction(up, down))
        w = p if _is_generator(p) else self._once("name", p)
        return self._once("sqrt", w, positive=True)

    def _exp(self, p: Poly) -> Poly:
        factor, ring = self.constant(1), p.ring
        for m, c in p.items():  # exp(n a + ...) = exp(a)^n ...
            n = int(c) if c.denominator == 1 else 1
            term = ring.from_dict({m: c / n})  # the tower's ring may grow meanwhile
            if sum(map(abs, m)) == 1 and n == c and self.generators[m.index(1)].kind == "log":
                one = self.generators[m.index(1)].of  # exp(log(b)) = b
            elif self.resolve(term).LC < 0:
                one = self.inverse(self._once("exp", -term, positive=True))
            else:
                one = self._once("exp", term, positive=True)
            factor = self.times(factor, self.power(self.lift(one), n))
        return factor

    def _log(self, p: Poly) -> Poly:
        if p == 1:
            return self.constant(0)
        shift, outside = [0] * self.ring.ngens, self.constant(0)
        for n, generator in enumerate(self.generators):  # log(E^n b) = n a + log(b)
            least = min(m[n] for m in p)
            if generator.kind == "exp" and least:
                shift[n], outside = -least, outside + least * self.lift(generator.of)
        p = p.mul_monom(tuple(shift))
        return outside if p == 1 else outside + self._once("log", p)

    def _once(self, kind: str, p: Poly, positive: bool = False) -> Poly:
        key = kind, frozenset(self._short(self.resolve(p)))
        if key not in self.known:
            self.known[key] = len(self.generators)
            self.add(kind, f"{kind}{len(self.generators)}", p, positive)
        return self.ring.gens[self.known[key]]

    @staticmethod
    def _short(p: Poly) -> Iterable[tuple]:
        for m, c in p.items():
            yield tuple((n, e) for n, e in enumerate(m) if e), c

    def resolve(self, p: Poly) -> Poly:
        """p with the names that are in no denominator replaced by their polynomials, as long as it stays short.

        So that one function of one argument gets one generator, however the argument was written.
        """
        p, done = self.lift(p), set()
        while left := [n for n in self._names(p) if n not in done and min(m[n] for m in p) >= 0]:
            done.add(left[-1])
            longer = self._substitute(p, left[-1], self.lift(self.generators[left[-1]].of))
            p = p if len(longer) > LONG else longer
        return p

    # ---- arithmetic ----------------------------------------------------------------------------------------------

    def times(self, a: Poly, b: Poly) -> Poly:
        """a b, with s^2 = w for every root."""
        a, b = self.lift(a), self.lift(b)
        if len(a) * len(b) > TERMS or time.process_time() > self.deadline:
            raise TooHard(f"a product of {len(a)} and {len(b)} terms")
        return self._reduced(a * b)

    def _reduced(self, p: Poly) -> Poly:
        if all(m[s] in (0, 1) for s, _ in self.roots for m in p):
            return p
        terms: dict[tuple, Any] = {}
        for m, c in p.items():
            new = list(m)
            for s, w in self.roots:
                half, new[s] = divmod(m[s], 2)
                new[w] += half
            terms[tuple(new)] = terms.get(tuple(new), 0) + c
        return self.ring.from_dict(terms)

    def power(self, p: Poly, n: int) -> Poly:
        """p^n for a whole number n."""
        base, result = (p if n >= 0 else self.inverse(p)), self.constant(1)
        for _ in range(abs(n)):
            result = self.times(result, base)
        return result

    def inverse(self, p: Poly) -> Poly:
        """1 / p: of one term by its exponents, of several by a name d := p and d^-1."""
        p = self.lift(p)
        if not p:
            raise ZeroDivisionError("a division by 0 in the code that is proven")
        if len(p) > 1:
            least = tuple(map(min, zip(*p)))
            content, p = self.ring.from_dict({least: p.LC}), p.mul_monom(tuple(-e for e in least)) / p.LC
            d = self.name(p)
            return self.times(self.inverse(content), self.inverse(d))
        ((m, c),) = p.items()
        return self._reduced(self.ring.from_dict({tuple(-e for e in m): 1 / c}))

    def derivative(self, p: Poly, along: Mapping[int, Poly], memo: dict[int, Poly]) -> Poly:
        """D p where D of symbol number n is along[n], else 0; `memo` keeps D of each generator for the same `along`."""
        p, total = self.lift(p), self.constant(0)
        for n in _used(p):
            change = self._derivative_of(n, along, memo)
            if change:
                p = self.lift(p)  # the ring may have grown
                total = self.times(p.diff(self.ring.gens[n]), change) + self.lift(total)
        return total

    def _derivative_of(self, n: int, along: Mapping[int, Poly], memo: dict[int, Poly]) -> Poly:
        if n not in memo:
            kind, _, of, _ = self.generators[n]
            if kind == "symbol":
                memo[n] = along.get(n, self.constant(0))
            elif kind == "name":
                memo[n] = self.derivative(of, along, memo)
            else:
                inner = self.derivative(of, along, memo)
                memo[n] = self.times(self._rule(kind, n, of), inner) if inner else inner
        return memo[n]

    def _rule(self, kind: str, n: int, of: Poly) -> Poly:
        """f'(a) of the function generator y = f(a), by SymPy's rule."""
        return self._evaluated(rule(kind), {"a": of, "y": self.ring.gens[n]})

    def _evaluated(self, e: Any, values: Mapping[str, Poly]) -> Poly:
        """A SymPy expression in the symbols `values` -> a polynomial."""
        if e.is_Symbol:
            return self.lift(values[e.name])
        if e.is_Rational:
            return self.constant(Fraction(int(e.p), int(e.q)))
        if e.is_Function:
            return self.function(type(e).__name__, self._evaluated(e.args[0], values))
        if e.is_Pow:
            return self.power(self._evaluated(e.base, values), int(e.exp))
        total = self.constant(0 if e.is_Add else 1)
        for part in e.args:
            made = self._evaluated(part, values)
            total = self.lift(total) + made if e.is_Add else self.times(total, made)
        return total

    # ---- decisions -----------------------------------------------------------------------------------------------

    def zero(self, p: Poly, point: Mapping[int, Fraction] | None = None) -> bool:
        """True only if p is 0 for all values of the symbols, or with `point`, which fixes generators, at that point.

        Raises TooHard if the polynomials become too large.
        """
        p = self._at(self.lift(p), point)
        while p and (names := self._names(p)):
            n = names[-1]
            least = min(m[n] for m in p)
            p = p.mul_monom(tuple(-least if i == n else 0 for i in range(self.ring.ngens)))  # d^k p = 0 iff p = 0
            p = self._substitute(p, n, self._at(self.lift(self.generators[n].of), point))
        return not p

    def _names(self, p: Poly) -> list[int]:
        return [n for n in _used(p) if self.generators[n].kind == "name"]

    def _substitute(self, p: Poly, n: int, value: Poly) -> Poly:
        """p with generator n, whose exponents are not negative, replaced by `value`: Horner's rule."""
        parts: dict[int, dict] = {}
        for m, c in p.items():
            parts.setdefault(m[n], {})[(*m[:n], 0, *m[n + 1 :])] = c
        total = self.constant(0)
        for e in range(max(parts), -1, -1):
            total = self.times(total, value) if total else total
            if e in parts:
                total = total + self.ring.from_dict(parts[e])
        return total

    def _at(self, p: Poly, point: Mapping[int, Fraction] | None) -> Poly:
        if not point:
            return p
        terms: dict[tuple, Any] = {}
        for m, c in p.items():
            new, value = list(m), Fraction(int(c.numerator), int(c.denominator))
            for n, x in point.items():
                if n < len(new) and new[n]:
                    value, new[n] = value * x ** new[n], 0
            terms[tuple(new)] = terms.get(tuple(new), 0) + value
        domain = self.ring.domain
        return self.ring.from_dict({m: domain(v.numerator, v.denominator) for m, v in terms.items() if v})

    def sign(self, p: Poly) -> int:
        """The sign of p in the present region: -1, 0 or 1.  A sign that is not known yet opens two regions."""
        p = self.resolve(p)
        if not p or self.zero(p):
            return 0
        least = tuple(map(min, zip(*p)))
        found = 1
        for n, e in enumerate(least):
            if e % 2 and not self.generators[n].positive:
                found *= self.region.sign(frozenset(self._short(self.ring.gens[n])))
        rest = p.mul_monom(tuple(-e for e in least))
        found *= 1 if rest.LC > 0 else -1
        if len(rest) == 1:
            return found
        rest = rest / rest.LC
        if all(
            c > 0 and all(e % 2 == 0 or self.generators[n].positive for n, e in enumerate(m)) for m, c in rest.items()
        ):
            return found  # a sum of positive terms
        return found * self.region.sign(frozenset(self._short(rest)))


@cache
def rule(kind: str) -> Any:
    """f'(a) where y = f(a), as SymPy has it: 1 - y^2 for tanh."""
    import sympy

    a, y = sympy.symbols("a y")
    f = getattr(sympy, kind)(a)
    return sympy.diff(f, a).subs(f, y)


def _ring(n: int) -> Any:
    from sympy.polys.domains import QQ
    from sympy.polys.orderings import lex
    from sympy.polys.rings import PolyRing

    return PolyRing([f"g{i}" for i in range(n)], QQ, lex)


def _used(p: Poly) -> list[int]:
    """The numbers of the generators in p."""
    return [n for n, column in enumerate(zip(*p)) if any(column)]


def _is_generator(p: Poly) -> bool:
    return len(p) == 1 and p.LC == 1 and sum(map(abs, p.LM)) == 1 and max(p.LM) == 1
