import numpy as np
import pytest

from minigan.models.ode import ERROR, NODES, STAGES, adaptive, euler


def test_euler_by_hand():  # eq:ode.euler
    x = np.array([[1.0]])
    np.testing.assert_allclose(euler(lambda x, t: x + t, x, 2), [[1.5 + 0.5 * (1.5 + 0.5)]])


def test_the_tableau_is_consistent():
    for node, weights in zip(NODES, STAGES, strict=True):
        assert sum(weights) == pytest.approx(node)
    assert sum(ERROR) == pytest.approx(0)


def test_the_order_is_five():
    """One step of length h is wrong by h^6."""
    found = []
    for h in (0.2, 0.1):
        k = []
        for weights in STAGES:
            k.append(1.0 + h * sum(w * q for w, q in zip(weights, k, strict=True)))
        found.append(abs(k[-1] - np.exp(h)))
    assert np.log2(found[0] / found[1]) == pytest.approx(6, abs=0.2)


def test_the_tolerance_is_kept_and_costs():  # eq:ode.error eq:ode.step
    x, counts = np.array([[1.0, -2.0]]), []
    for tolerance in (1e-3, 1e-6, 1e-9):
        found, evaluations = adaptive(lambda x, t: x * np.cos(6 * t), x, tolerance)
        np.testing.assert_allclose(found, x * np.exp(np.sin(6) / 6), rtol=30 * tolerance)
        counts.append(evaluations)
    assert counts == sorted(set(counts))


def test_float32_stays():
    x = np.ones((2, 3), np.float32)
    assert adaptive(lambda x, t: -x, x)[0].dtype == euler(lambda x, t: -x, x, 3).dtype == np.float32


def test_a_field_that_explodes():
    with pytest.raises(ArithmeticError, match="the adaptive solver stopped at t = "), np.errstate(all="ignore"):
        adaptive(lambda x, t: x * x, np.array([[10.0]]), 1e-6)
