"""A check along one direction: what passes, what fails, and what happens at a kink."""

import numpy as np
import pytest

from minigan.differences import SECOND
from minigan.teach.tracing.checks import compare

pytestmark = pytest.mark.slow

C = np.array([0.7, -1.3, 0.4])


def test_a_right_derivative_passes_and_a_wrong_one_fails():
    x, u = np.array([0.3, -0.8, 1.1]), np.array([1.2, -0.5, 0.9])

    def claim(factor):
        return lambda c: (factor * np.sum(c * np.cos(x) * u), np.linalg.norm(c * np.cos(x) * u))

    right = compare("dx", lambda s: np.sin(x + s * u), claim(1), C)
    assert right.ok
    assert right.error < 1e-8
    wrong = compare("dx", lambda s: np.sin(x + s * u), claim(1.01), C)
    assert not wrong.ok
    assert wrong.error == pytest.approx(0.01, rel=0.3)
    assert str(wrong).startswith("dx: relative error 1.0e-02 (bound 1e-06): along a random direction: ")


def test_outputs_at_a_kink_are_left_out():
    x, u = np.array([0.0, 2.0, -1.0]), np.array([1.0, 1.0, 1.0])  # ReLU at 0, on, off
    check = compare("dx", lambda s: np.maximum(x + s * u, 0), lambda c: (np.sum(c * (x > 0)), 1.0), C)
    assert check.ok
    seen = []
    compare("dx", lambda s: np.maximum(x + s * u, 0), lambda c: (seen.append(c), (0.0, 1.0))[1], C)
    np.testing.assert_array_equal(seen[0], C)  # first all,
    np.testing.assert_array_equal(seen[1], [0, C[1], C[2]])  # then those that are at no kink


def test_no_check_without_anything_to_compare():
    flat = compare("dx", lambda s: np.abs(np.zeros(3) + s), lambda c: (0.0, 0.0), C)  # every output is at its kink
    silent = compare("dx", lambda s: np.ones(3) * s, lambda c: (0.0, 0.0), 0 * C)  # no gradient arrives
    assert (flat, silent) == (None, None)


def test_a_hidden_kink_spoils_only_large_steps_but_a_wrong_derivative_spoils_all():
    def f(s):  # the kink is 3e-7 away and changes the derivative by 1e-4, too little to be noticed
        return np.array([1.0 * s + 1e-4 * max(s - 3e-7, 0.0)])

    assert compare("dx", f, lambda c: (1.0, 1.0), np.ones(1)).ok
    assert compare("dx", f, lambda c: (1.00001, 1.0), np.ones(1)).error > 5 * SECOND


def test_a_derivative_lost_in_the_rounding_of_the_values_passes():
    rng = np.random.default_rng(0)
    noise = iter(
        1e-15 * rng.standard_normal((99, 3))
    )  # like a bias before BatchNorm: the derivative is zero, only rounding remains
    assert compare("db", lambda s: 1 + next(noise), lambda c: (0.0, 0.0), C).ok


def test_nan_is_a_failure():
    assert not compare("dx", lambda s: np.full(3, np.nan), lambda c: (0.0, 0.0), C).ok
