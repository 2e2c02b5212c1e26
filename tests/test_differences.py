"""At a kink: a right derivative is never called wrong, a wrong one always is, and what nobody can tell is said so."""

import numpy as np
import pytest

from minigan import losses, penalties
from minigan.differences import FIRST, Check, check_gradient, closer, require
from minigan.gradcheck import check_layer, check_step, layer_checks
from minigan.layers import Dense, Layer, Tanh
from minigan.network import Sequential


class Kinked(Layer):
    """y = |x - 1|, a layer of a user's own, with a kink that the library does not know."""

    factor = 1.0

    def forward(self, x):
        return np.abs(x - 1), np.sign(x - 1)

    def backward(self, dy, sign):
        return self.factor * dy * sign

    def tangent(self, v, sign):
        return self.factor * v * sign, sign


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("away", [10.0**-n for n in range(1, 8)] + [2.9e-6, 9.9e-6])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_kink_beside_x_is_stepped_over_by_no_check(away, side):
    assert {check.verdict for check in check_layer(Kinked(), np.full((2, 3), 1 + side * away))} == {"ok"}


@pytest.mark.parametrize("away", [10.0**-n for n in range(1, 9)])
@pytest.mark.parametrize("factor", [1.0001, 0.99, 0.5, -1.0, 0.0])
def test_a_wrong_derivative_beside_a_kink_is_named(away, factor):
    layer = Kinked()
    layer.factor = factor
    wrong = {check.name for check in layer_checks(layer, np.full((2, 3), 1 + away)) if not check.ok}
    assert wrong >= {"dx", "tangent"}


def test_at_a_kink_the_check_is_undecided_and_says_so():
    checks = check_layer(Kinked(), np.array([[1.0, 2.0, -3.0]]))
    assert {check.name: check.verdict for check in checks}["dx"] in ("ok", "undecided")
    one_sided = Kinked()
    one_sided.backward = lambda dy, sign: (
        dy * np.where(sign == 0, 1.0, sign)
    )  # the derivative on the right: as good as any
    (dx,) = [check for check in layer_checks(one_sided, np.array([[1.0, 2.0, -3.0]])) if check.name == "dx"]
    assert dx.verdict == "undecided"
    assert "undecided, at a kink or lost in rounding: at index (0, 0): expected" in str(dx)


def test_one_entry_at_a_kink_excuses_no_other():
    layer = Kinked()
    layer.factor = 1.001
    (dx,) = [check for check in layer_checks(layer, np.array([[1.0, 2.0, -3.0]])) if check.name == "dx"]
    assert dx.verdict == "WRONG"
    assert "index (0, 0)" not in str(dx)


def test_a_value_beyond_both_sides_is_wrong_at_a_kink_too():
    x = np.zeros(1)
    assert check_gradient("dx", np.array([1.0]), lambda x: abs(x[0]), x).verdict == "undecided"
    assert check_gradient("dx", np.array([5.0]), lambda x: abs(x[0]), x).verdict == "WRONG"


def test_a_function_that_is_random_is_not_excused():
    rng = np.random.default_rng(0)
    assert check_gradient("dx", np.ones(3), lambda x: x.sum() + rng.random(), np.ones(3)).verdict == "WRONG"


def test_a_gradient_of_another_shape_is_refused():
    assert not check_gradient("dx", np.ones((3, 2)), np.sum, np.ones((2, 3))).ok


def test_nan_is_wrong():
    assert check_gradient("dx", np.array([np.nan]), np.sum, np.ones(1)).verdict == "WRONG"
    assert check_gradient("dx", np.ones(1), lambda x: np.nan, np.ones(1)).verdict == "WRONG"
    assert Check("dx", np.nan, FIRST, doubt=1.0).verdict == "WRONG"


def test_steep_functions_are_measured_with_smaller_steps():
    x = random(5)
    got = 3000 * np.cos(3000 * x)
    assert check_gradient("dx", got, lambda x: np.sin(3000 * x).sum(), x).verdict == "ok"
    assert check_gradient("dx", got * 1.0001, lambda x: np.sin(3000 * x).sum(), x).verdict == "WRONG"


@pytest.mark.parametrize("s", np.linspace(-1.2, 1.2, 49) * 1e-5)
def test_the_bound_holds_wherever_the_kink_is(s):
    """The first of the four estimates is off by no more than their distance: one step, so that none can avoid the kink."""

    def g(x):
        return np.sin(x) + 0.3 * max(x - s, 0.0)

    right = 1.0 if s >= 0 else 1.3
    value, error = closer(g)
    assert abs(value - right) <= error
    if abs(s) > 1e-8:
        assert error < 1e-6


@pytest.mark.parametrize("loss", [losses.hinge], ids=str)
def test_scores_right_on_the_kink_of_the_hinge(loss):
    r, f = np.array([[1.0], [0.3], [1.0]]), np.array([[-1.0], [2.0], [-1.0]])
    for scores, index in ((r, 1), (f, 2)):
        check = check_gradient("d", loss.d(r, f)[index], lambda _: loss.d(r, f)[0], scores)
        assert check.verdict == "undecided"  # 0 was chosen, 1/3 would be as good
    wrong = loss.d(r, f)[1] * 1.001
    assert check_gradient("d", wrong, lambda _: loss.d(r, f)[0], r).verdict == "WRONG"


@pytest.mark.parametrize("penalty", [penalties.wgan_gp, penalties.dragan], ids=["wgan_gp", "dragan"])
def test_a_gradient_of_zero_under_the_norm_of_wgan_gp(penalty):
    g = np.vstack([np.zeros((1, 3)), random(2, 3)])
    assert (
        check_gradient("v", penalty(g)[1], lambda g: penalty(g)[0], g).verdict == "ok"
    )  # |g| is symmetric: 0 is right


def test_a_whole_step_with_scores_on_the_hinge():
    G = Sequential(Dense(2, 3), Tanh(), Dense(3, 2), rng=0)
    D = Sequential(Dense(2, 1), rng=1)
    D.theta[...] = [0, 0, 1]  # every score is 1, the kink of the hinge
    checks = check_step(G, D, losses.hinge, random(3, 2), random(3, 2, seed=1))
    assert {check.name: check.verdict for check in checks}["D step, dtheta"] == "undecided"
    assert require(checks)


@pytest.mark.parametrize("seed", range(10))
def test_a_step_with_more_kinks_than_steps_between_them(seed):
    """L1-like losses of 300 scores: some are within h of their kink for every direction of theta."""
    G = Sequential(Dense(2, 8), Tanh(), Dense(8, 2), rng=seed)
    D = Sequential(Dense(2, 30), Kinked(), Dense(30, 1), rng=seed + 100)
    D.theta[...] *= 3
    checks = check_step(G, D, losses.hinge, random(300, 2, seed=seed), random(300, 2, seed=seed + 1), samples=40)
    assert {check.verdict for check in checks} == {"ok"}
