"""The tower: its identities and its derivative against SymPy's own, and that it does not prove what is false."""

from fractions import Fraction

import numpy as np
import pytest

from minigan.measure.symbolic.claim import EXACT, NUMERICAL, PROVEN, WRONG, Equation, decide
from minigan.measure.symbolic.number import Number, gradient, symbol, symbols
from minigan.measure.symbolic.points import evaluate, substitute
from minigan.measure.symbolic.regions import Region, regions
from minigan.measure.symbolic.text import expression
from minigan.measure.symbolic.tower import TooHard, Tower, rule

sympy = pytest.importorskip("sympy")


@pytest.fixture
def tower():
    return Tower(Region())


def is_zero(a):
    return a.tower.zero(a.p)


def test_identities(tower):
    x, y = symbol(tower, "x"), symbol(tower, "y")
    for zero in (
        x.exp() * (-x).exp() - 1,
        (x + 2 * y).exp() - x.exp() * y.exp() ** 2,
        (1 + x.exp()).log() - x - (1 + (-x).exp()).log(),
        (1 + x.exp()).log().exp() - 1 - x.exp(),
        (-x).tanh() + x.tanh(),
        (-x).sin() + x.sin(),
        (-x).cos() - x.cos(),
        (x * x + 1).sqrt() ** 2 - x * x - 1,
        1 / (1 + x * x) - 1 + x * x / (1 + x * x),
        (x + y) / (x * y) - 1 / x - 1 / y,
        1 / (x * x + y * y + 1).sqrt() - (x * x + y * y + 1).sqrt() / (x * x + y * y + 1),
        (x - x).exp() - 1,
        (x * y - y * x).tanh() * 3,
    ):
        assert is_zero(zero)


def test_what_is_false_is_not_zero(tower):
    x, y = symbol(tower, "x"), symbol(tower, "y")
    for other in (
        x.tanh() - x,
        x.exp() - 1 - x,
        x.tanh() ** 2 - 1,
        (x * x + 1).sqrt() - x,
        1 / (1 + x) - 1 + x,
        (x + y).tanh() - x.tanh() - y.tanh(),
        x.sin() - x.cos(),
        (x * x).sqrt() - x,
    ):
        assert not is_zero(other)


def test_the_rules_are_sympys():
    y, a = sympy.symbols("y a")
    assert rule("tanh") == 1 - y**2
    assert rule("exp") == y
    assert rule("log") == 1 / a
    assert rule("sqrt") == 1 / (2 * y)
    assert rule("sin") == sympy.cos(a)


def test_derivatives_against_sympy_diff_of_the_whole_expression(tower):
    """The chain rule of the tower against SymPy's derivative of an ordinary expression, to 40 digits."""
    x, y = symbols(tower, "x", (2,))
    for value in (
        (x * y + 1).tanh() * (x - y),
        (1 + (x * y).exp()).log() / (1 + x * x),
        x / (x * x + y * y + 1).sqrt() ** 3,
        ((x.tanh() + y).exp() + 2).log().sin() * y.cos(),
    ):
        for variable, found in zip((x, y), gradient(value, np.array([x, y], object))):
            expected = sympy.diff(expression(tower, value.p), expression(tower, variable.p))
            at = {expression(tower, x.p): sympy.Rational(3, 7), expression(tower, y.p): sympy.Rational(-2, 5)}
            away = (expression(tower, found.p) - expected).subs(at).evalf(40)
            assert abs(away) < 1e-35


def test_a_float_is_the_rational_number_it_is(tower):
    assert Number.of(0.1, tower).p == tower.constant(Fraction(0.1))
    assert Number.of(0.1, tower).p != tower.constant(Fraction(1, 10))


def test_values_in_floats(tower):
    x = symbol(tower, "x")
    value = ((1 + x.exp()).log() / (x * x + 1).sqrt()).p
    assert evaluate(tower, value, {0: 0.3})[0] == pytest.approx(np.log1p(np.exp(0.3)) / np.sqrt(1.09), rel=1e-14)


def test_substitution_gives_exact_numbers(tower):
    x, y = symbol(tower, "x"), symbol(tower, "y")
    value = (y / (1 + (-x).exp()) + x.tanh()).p
    assert substitute(tower, value, {0: tower.constant(0)}, {}) == (y / 2).p


def test_division_by_zero_is_an_error(tower):
    x = symbol(tower, "x")
    with pytest.raises(ZeroDivisionError, match="a division by 0 in the code that is proven"):
        1 / (x - x)


def test_the_ring_grows(tower):
    x = symbols(tower, "x", (100,))
    assert is_zero((x.sum() - x[:50].sum()) - x[50:].sum())
    assert is_zero(x[0].tanh() + (-x[0]).tanh())


# ---- regions ----------------------------------------------------------------------------------------------------------


def answers(f):
    found = []
    for region in regions():
        found.append(f(Tower(region)))
    return found


def test_every_region_is_visited_once():
    def code(tower):
        x, y = symbol(tower, "x"), symbol(tower, "y")
        return (x > 0, y > x if x > 0 else None)

    assert sorted(answers(code), key=str) == [(False, None), (True, False), (True, True)]


def test_what_was_answered_is_remembered_and_signs_follow():
    def code(tower):
        x, y, a = symbol(tower, "x"), symbol(tower, "y"), symbol(tower, "a", positive=True)
        return (x > 0) == (a * x > 0) == (-3 * x < 0) and (x > y) == (y < x), (x.exp() + a > 0)

    assert answers(code) == [(True, True)] * 4


def test_the_absolute_value_and_the_maximum():
    def code(tower):
        x = symbols(tower, "x", (2,))
        return is_zero(abs(x[0]) ** 2 - x[0] ** 2) and (x.max() == x[0] or x.max() == x[1])

    assert all(answers(code))


def test_too_many_regions_are_refused():
    with pytest.raises(ValueError, match="more than 600 regions"):
        answers(lambda tower: [x > 0 for x in symbols(tower, "x", (12,))])


# ---- verdicts ---------------------------------------------------------------------------------------------------------


def test_verdicts(tower):
    x = symbol(tower, "x")
    assert decide(tower, Equation("a", x * x - 1, (x - 1) * (x + 1)))[0] == PROVEN
    assert decide(tower, Equation("a", np.array([x, x]), np.array([x, 2 * x]))) == (WRONG, "a[1]", 2)
    assert (
        decide(tower, Equation("a", x.sin() ** 2 + x.cos() ** 2, 1))[0] == NUMERICAL
    )  # an identity that is not listed
    assert decide(tower, Equation("a", np.array([x]), np.array([[x]])))[0] == WRONG


def test_what_is_too_large_is_decided_at_rational_points(tower, monkeypatch):
    x, y = symbol(tower, "x"), symbol(tower, "y")
    total = 1 / (x * y + 1) + 1 / (x * y + 2)
    right, wrong = (2 * x * y + 3) / ((x * y + 1) * (x * y + 2)), (2 * x * y + 3) / ((x * y + 1) * (x * y + 3))
    assert (right - total).p  # not 0 before its normal form
    zero = tower.zero

    def small(p, point=None):
        if point is None:
            raise TooHard("too large")
        return zero(p, point)

    monkeypatch.setattr(tower, "zero", small)
    assert decide(tower, Equation("a", right, total))[0] == EXACT
    assert decide(tower, Equation("a", wrong, total))[0] == WRONG
