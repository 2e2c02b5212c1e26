"""The listener sees each kernel call, knows its layer and pass, and leaves no trace."""

import numpy as np
import pytest

from minigan import kernels
from minigan.measure.bench.calls import KERNELS, describe, make, recorded

pytestmark = pytest.mark.slow


def test_the_passes_of_a_step_in_order(tiny):
    made = tiny()
    found = recorded(made)
    first = found[0]
    assert (first.layer, first.verb) == ("Dense(3, 5)", "forward")
    assert [name for name, _ in first.calls] == ["dense", "add_bias"]
    assert first.calls[0][1][:2] == [{"shape": [4, 3], "order": [0, 1]}, {"shape": [3, 5], "order": [0, 1]}]
    verbs = {(p.layer, p.verb) for p in found}
    assert {("Dense(2, 7)", "dx"), ("Dense(2, 7)", "dW"), ("LeakyReLU(0.2)", "dx"), ("optimizer", "step")} <= verbs
    assert ("Dense(2, 7)", "tangent") not in verbs
    assert ("Dense(2, 7)", "tangent") in {(p.layer, p.verb) for p in recorded(tiny(critic=True))}
    assert len({p.key for p in found}) == len(found)


def test_nothing_is_left_behind(tiny):
    made = tiny()
    before = [getattr(kernels, name) for name in KERNELS]
    recorded(made)
    assert [getattr(kernels, name) for name in KERNELS] == before
    assert "forward" not in vars(made.G.layers[0])
    assert "learn" not in vars(made.D.layers[0])


def test_arguments_are_recreated_in_the_same_layout():
    W = np.zeros((4, 4, 3, 5), np.float32).swapaxes(2, 3)
    arguments = [describe(W), 2, None, (6, 8), describe(np.float32(0.5))]
    made = make("conv2d", arguments, np.random.default_rng(0))
    assert made[0].shape == W.shape
    assert made[0].strides == W.strides
    assert made[0].dtype == np.float32
    assert made[1:] == [2, None, (6, 8), 0.5]
    assert np.std(made[0]) > 0.5


def test_the_moments_of_adam_are_not_negative():
    (v,) = make("adam", [describe(np.zeros(50, np.float32))], np.random.default_rng(0))
    assert (v >= 0).all()
