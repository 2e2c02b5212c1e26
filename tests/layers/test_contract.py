"""The shared suite: every layer of the registry under every claim, and the promises that are not derivatives."""

import copy
import importlib
import pkgutil

import numpy as np
import pytest

from minigan import kernels, layers
from minigan.gradcheck import network_checks, random_like, require
from minigan.layers import Layer
from minigan.measure.certify.claim import arrays
from minigan.measure.certify.layers import claims
from minigan.measure.certify.samples import SAMPLES, Labels, Times
from minigan.network import Sequential
from minigan.running import checkpoint

BASES = {
    "Layer",
    "Linear",
    "Convolution",
    "Composite",
    "Activation",
    "Augmentation",
}  # what layers are made from, not layers
CONVOLUTIONS = ("Conv2d", "ConvTranspose2d", "UpConv2d")
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: f"{claim.verb}: {claim.sample}")
def test_claim(claim):  # eq:attention.dx eq:attention.tangent eq:attention.softmax
    assert require(claim.run())


def public_layers() -> dict[str, type]:
    """Every public Layer subclass defined anywhere in minigan.layers, exported or not."""
    modules = [
        importlib.import_module(module.name) for module in pkgutil.walk_packages(layers.__path__, "minigan.layers.")
    ]
    found = {name: value for module in modules for name, value in vars(module).items() if isinstance(value, type)}
    return {name: kind for name, kind in found.items() if issubclass(kind, Layer) and not name.startswith("_")}


def test_every_layer_is_in_the_registry():
    certified = {type(sample.layer).__name__ for sample in SAMPLES}
    assert set(public_layers()) - BASES == certified


def test_every_layer_is_exported():
    assert set(public_layers()) - BASES <= set(layers.__all__)


def batch(spec) -> int:
    return spec.n if isinstance(spec, Labels | Times) else spec[0]


@pytest.mark.parametrize("name", sorted(set(public_layers()) - BASES))
def test_every_layer_is_tried_twice_and_on_a_batch_of_one(name):
    mine = [sample for sample in SAMPLES if type(sample.layer).__name__ == name]
    assert len(mine) >= 2
    if not all(sample.mixes for sample in mine):
        assert any(batch(sample.inputs[0]) == 1 for sample in mine)


@each_sample
def test_theta_and_state_are_the_whole_memory(sample, tmp_path):
    net, x = sample.network(), sample.x()
    net.forward(x)  # running statistics and counters move
    checkpoint.save(tmp_path / "net", {"theta": net.theta, "state": net.state}, {})
    twin = Sequential(copy.deepcopy(sample.layer), rng=99, dtype=np.float64)
    kept, _ = checkpoint.load(tmp_path / "net")
    twin.theta[...], twin.state[...] = kept["theta"], kept["state"]
    for mine, yours in zip(arrays(net(x), net.forward(x)[0]), arrays(twin(x), twin.forward(x)[0]), strict=True):
        np.testing.assert_array_equal(mine, yours)
    np.testing.assert_array_equal(net.state, twin.state)


@each_sample
@pytest.mark.parametrize("how", [copy.deepcopy, lambda net: net.astype(np.float32)], ids=["deepcopy", "astype"])
def test_a_copy_is_bound_to_its_own_vectors(sample, how):
    net, x = sample.network(), sample.x()
    twin = how(net)
    for layer in twin.layers[0].walk():
        for name in layer.parameters:
            assert np.shares_memory(getattr(layer, name), twin.theta)
            assert np.shares_memory(getattr(layer, "d" + name), twin.grad)
        for name in layer.buffers:
            assert np.shares_memory(getattr(layer, name), twin.state)
    before, theta, state = arrays(net(x)), net.theta.copy(), net.state.copy()
    twin.theta += 1
    twin.state += 1
    np.testing.assert_array_equal(net.theta, theta)
    np.testing.assert_array_equal(net.state, state)
    for a, b in zip(arrays(net(x)), before, strict=True):
        np.testing.assert_array_equal(a, b)
    if net.theta.size:
        y = arrays(twin(x))
        assert any(not np.array_equal(a, b) for a, b in zip(y, before, strict=True)), "the copy ignores its theta"


@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if type(s.layer).__name__ in CONVOLUTIONS], ids=lambda sample: sample.name
)
def test_the_plain_twins_give_the_same_certificate(sample):
    fast = network_checks(sample.network(), sample.x(), rng=3, samples=10**9)
    with kernels.use("reference"):
        plain = require(network_checks(sample.network(), sample.x(), rng=3, samples=10**9))
    assert [check.name for check in fast] == [check.name for check in plain]
    assert {"dx", "dtheta", "tangent", "adjoint", "second order, dtheta"} <= {check.name for check in plain}


@each_sample
def test_learning_accumulates_what_backward_and_accumulate_would(sample):
    net, x = sample.network(), sample.x()
    y, (cache,) = net.forward(x)
    dy = random_like(y, np.random.default_rng(4))
    layer = net.layers[0]
    layer.accumulate(dy, cache)
    apart, dx = net.grad.copy(), arrays(layer.backward(dy, cache))
    net.zero_grad()
    together = arrays(layer.learn(dy, cache))
    np.testing.assert_array_equal(net.grad, apart)
    for a, b in zip(together, dx, strict=True):
        np.testing.assert_array_equal(a, b)
