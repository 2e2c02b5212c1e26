"""After clear() no pre-activation is near 0, both derivatives of LeakyReLU occur, and rounding flips nothing."""

import numpy as np
import pytest

from minigan.fast_step import with_label
from minigan.layers import Beside, LeakyReLU
from minigan.measure.bench import kinks
from minigan.measure.bench.models import default, scaling, toy
from minigan.measure.bench.verify import differences

pytestmark = pytest.mark.slow


def before_activations(layers, x):
    """The inputs of all LeakyReLUs."""
    for layer in layers:
        if isinstance(layer, Beside):
            yield from before_activations(layer.branches[0].layers, x[0])
            return
        if isinstance(layer, LeakyReLU):
            yield x
        x = layer.forward(x)[0]


@pytest.mark.parametrize("build", [toy, default, lambda: scaling(3, 8, 16)], ids=["toy", "default", "conv"])
def test_no_preactivation_is_near_zero_and_both_derivatives_occur(build):
    made = build()
    kinks.clear(made)
    for z in made.z:
        fake = made.G.forward(z)[0]
        inputs = [*before_activations(made.G.layers, made.G.cast(z))]
        for x in (made.x, with_label(fake, z)):
            inputs += before_activations(made.D.layers, made.D.cast(x))
        for u in inputs:
            assert np.abs(u).min() > kinks.MARGIN / 2
            assert 0.4 < (u > 0).mean() < 0.6
            assert ((u > 0).all(axis=tuple(range(u.ndim - 1))) == (np.arange(u.shape[-1]) % 2 == 0)).all()


def test_float32_then_agrees_with_float64():
    """What clear() is for: away from the kinks both precisions give the same gradients to 1e-5."""
    made, exact = toy(), toy()
    kinks.clear(made)
    exact.G, exact.D = made.G.astype(np.float64), made.D.astype(np.float64)
    found = differences(exact.answers(), made.answers())
    assert max(found.values()) < 1e-5
