"""Every layer as nodes of a graph, on the awkward samples of the certificate, against onnxruntime."""

import numpy as np
import pytest

from minigan.layers import Dense, Layer, Tanh
from minigan.layers.tree import leaves
from minigan.measure.certify.samples import SAMPLES
from minigan.network import Sequential
from minigan.running import onnx
from running.onnx import computed

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def outputs(net, x):
    """What the graph of net computes of x."""
    model = onnx.network(net, x)
    return computed(
        model, {given.name: part for given, part in zip(model.graph.input, leaves(net.cast(x)), strict=True)}
    )


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_layer_computes_what_it_does_here(sample):
    net, x = sample.network(np.float32), sample.x()
    net.state += np.random.default_rng(3).uniform(0, 0.3, net.state.size).astype(np.float32)  # running statistics too
    for found, wanted in zip(outputs(net, x), leaves(net(x)), strict=True):
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


class Doubled(Layer):
    def forward(self, x):
        return 2 * x, None


class Louder(Tanh):
    def f(self, x):
        return 2 * np.tanh(x), np.tanh(x)


class Renamed(Dense):
    """Another name, the same function."""


@pytest.mark.parametrize("layer", [Doubled(), Louder()])
def test_a_layer_without_a_function_is_named(layer):
    kind = type(layer).__name__
    with pytest.raises(ValueError, match=rf"no function writes {kind}\(\) as ONNX: add one for {kind}, as those in"):
        onnx.network(Sequential(Dense(2, 3), layer, rng=0), np.ones((1, 2)))


def test_a_subclass_that_computes_the_same_is_written():
    net, x = Sequential(Renamed(2, 3), rng=0), np.ones((4, 2), np.float32)
    np.testing.assert_allclose(outputs(net, x)[0], net(x), atol=1e-6)


def test_a_graph_that_computes_something_else_is_not_written(monkeypatch):
    from minigan.running.onnx import writers

    monkeypatch.setitem(writers.WRITERS, Tanh, lambda graph, layer, x: graph.add("Sigmoid", x))
    with pytest.raises(
        ValueError, match=r"the graph of this network differs from it by up to \d\.\de-01, so nothing is written"
    ):
        onnx.network(Sequential(Dense(2, 3), Tanh(), rng=0), np.ones((1, 2)))
