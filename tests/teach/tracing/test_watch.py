"""Watching: which row is inside which, and what the times include."""

import time

import numpy as np
import pytest

import minigan
from minigan.layers import Dense, Layer, Residual, SpectralNorm, Tanh
from minigan.teach.tracing.watch import places

from .pairs import network, random

pytestmark = pytest.mark.slow


class Slow(Layer):
    """y = x, after 5 ms."""

    def forward(self, x):
        time.sleep(0.005)
        return x, x

    def backward(self, dy, x):
        time.sleep(0.005)
        return dy


def test_places_of_layers_inside_layers():
    net = network(Dense(2, 3), Residual(SpectralNorm(Dense(3, 3)), Tanh(), shortcut=Dense(3, 3)))
    assert [place for place, _ in places(net.layers)] == [
        "0", "1", "1.0", "1.1", "1.1.0", "1.1.0.0", "1.1.1", "1.1.2", "1.2",
    ]  # fmt: skip


def test_a_composite_layer_holds_the_rows_of_the_layers_inside_it():
    D = network(Dense(2, 3), Residual(SpectralNorm(Dense(3, 3)), Tanh(), shortcut=Dense(3, 3)), Dense(3, 1))
    found = minigan.trace(network(Dense(2, 2)), D, random(4, 2), random(4, 2))
    forward = found["D(real): forward"].rows[1]
    assert [(row.place, row.layer.split("(")[0]) for row in forward.walk()] == [
        ("1", "Residual"), ("1.0", "Copy"), ("1.1", "Parallel"), ("1.1.0", "SpectralNorm"), ("1.1.0.0", "Dense"),
        ("1.1.1", "Tanh"), ("1.1.2", "Dense"), ("1.2", "Sum"),
    ]  # fmt: skip
    back = found["D(real): backward"].rows[1]
    assert [(row.place, row.verb) for row in back.walk()] == [
        ("1", "learn"), ("1.2", "learn"), ("1.1", "learn"), ("1.1.1", "learn"), ("1.1.0", "learn"),
        ("1.1.0.0", "accumulate"), ("1.1.0.0", "backward"), ("1.1.2", "learn"), ("1.0", "learn"),
    ]  # fmt: skip
    assert all(q.check.ok for row in back.walk() for q in row.quantities)
    assert found.failed == []


def test_the_time_of_checking_is_not_counted():
    G, D = network(Dense(2, 2)), network(Residual(Slow(), Slow()), Dense(2, 1))
    found = minigan.trace(G, D, random(4, 2), random(4, 2))
    for title in ("D(real): forward", "D(real): backward", "D(fake): backward to its input"):
        stage = found[title]
        (block,) = (row for row in stage.rows if row.place == "0")
        slow = [row for row in block.walk() if row.layer == "Slow()"]
        assert len(slow) == 2
        assert all(5 <= row.ms < 25 for row in slow)  # its checks alone sleep for 30 ms and more
        assert sum(row.ms for row in slow) <= block.ms <= stage.ms < 50


def test_layers_called_outside_a_pass_are_not_recorded():
    net = network(Dense(2, 3), Tanh())
    from minigan.teach.tracing.watch import Watch

    x = random(4, 2)
    y = net(x)
    watch = Watch(net, network(Dense(3, 1)), x)
    np.testing.assert_array_equal(net.layers[1].forward(net.layers[0].forward(x)[0])[0], y)
    np.testing.assert_array_equal(net(x), y)
    assert watch.stages == []


def test_an_error_leaves_no_pass_open():
    from minigan.teach.tracing.watch import Watch

    watch = Watch(network(Dense(2, 3)), D := network(Dense(3, 2), Dense(3, 1)), None)
    with pytest.raises(ValueError, match=r"Dense\(3, 1\) expected an input of shape \(N, 3\)"):
        D.forward(random(2, 3))
    assert watch._open == []
    assert [row.layer for row in watch.stages[0].rows] == ["Dense(3, 2)", "Dense(3, 1)"]
