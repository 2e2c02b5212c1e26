import copy

import numpy as np
import pytest

from minigan.layers import Dense, Dropout
from minigan.network import Sequential


def test_worked_by_hand():  # eq:dropout.forward eq:dropout.dx
    layer = Dropout(0.75).init(0, np.float64)
    x, dy = np.full((40, 10), 3.0), np.random.default_rng(0).standard_normal((40, 10))
    y, cache = layer.forward(x)
    kept = y != 0
    np.testing.assert_array_equal(y[kept], 12)  # 3 / (1 - 3/4)
    np.testing.assert_array_equal(layer.backward(dy, cache), np.where(kept, 4 * dy, 0))
    np.testing.assert_array_equal(layer.tangent(dy, cache)[0], np.where(kept, 4 * dy, 0))
    assert 0.15 < kept.mean() < 0.35  # 400 draws at 1/4: 4.6 deviations


def test_to_use_is_the_identity_and_draws_nothing():
    layer = Dropout(0.5).init(0, np.float64)
    x = np.random.default_rng(0).standard_normal((3, 2))
    np.testing.assert_array_equal(layer(x), x)
    assert layer.draws[0] == 0


def test_each_draw_is_new_and_both_caches_stay_valid():
    layer = Dropout(0.5).init(0, np.float64)
    x = np.ones((5, 20))
    (y1, c1), (y2, c2) = layer.forward(x), layer.forward(x)
    assert (y1 != y2).any()
    np.testing.assert_array_equal(layer.backward(x, c1), y1)
    np.testing.assert_array_equal(layer.backward(x, c2), y2)


def test_the_state_is_all_it_remembers():
    """A network whose state is put back draws the same masks: so a resumed run continues bit for bit."""
    net = Sequential(Dense(4, 50), Dropout(0.5), Dense(50, 2), Dropout(0.1), rng=0)
    x = np.random.default_rng(1).standard_normal((3, 4))
    net.forward(x)
    saved = net.state.copy()
    first = [net.forward(x)[0] for _ in range(3)]
    other = Sequential(Dense(4, 50), Dropout(0.5), Dense(50, 2), Dropout(0.1), rng=99)
    other.theta[...], other.state[...] = net.theta, saved
    for y in first:
        np.testing.assert_array_equal(other.forward(x)[0], y)


def test_two_layers_of_one_network_draw_differently():
    a, b = Sequential(Dropout(0.5), Dropout(0.5), rng=0).layers
    x = np.ones((5, 20), np.float32)
    assert (a.forward(x)[0] != b.forward(x)[0]).any()


def test_the_same_seed_draws_the_same():
    x = np.ones((5, 20), np.float32)
    a, b, c = (Sequential(Dropout(0.5), rng=seed).forward(x)[0] for seed in (7, 7, 8))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_a_copy_continues_on_its_own():
    net = Sequential(Dropout(0.5), rng=0)
    twin = copy.deepcopy(net)
    x = np.ones((5, 20), np.float32)
    first = net.forward(x)[0]
    assert twin.state[1] == 0
    np.testing.assert_array_equal(twin.forward(x)[0], first)


def test_p_0_keeps_everything():
    x = np.random.default_rng(0).standard_normal((5, 4))
    np.testing.assert_array_equal(Dropout(0.0).init(0, np.float64).forward(x)[0], x)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_mean_is_kept(p):
    layer = Dropout(p).init(0, np.float64)
    mean = np.mean([layer.forward(np.ones((100, 100)))[0].mean() for _ in range(20)])
    assert abs(mean - 1) < 5 * np.sqrt(p / (1 - p) / 200_000)


def test_name():
    assert str(Dropout(0.3)) == "Dropout(0.3)"
