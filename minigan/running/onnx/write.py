"""Write what a game draws from as an ONNX model: inputs z (N, latent) and, of a conditional model, y (N,); output the images.

The model is compared with the game before it is written, by the evaluator that comes with the package onnx: two samples, and
another number of samples than the graph was made of.  So a file that exists draws what the game draws.
"""

import copy
import os
from importlib.util import find_spec
from typing import Any

import numpy as np

from minigan import __version__, zoo
from minigan.data.credits import credit
from minigan.game import Game
from minigan.layers.tree import leaves, tree_map
from minigan.network import Sequential
from minigan.running.files import atomic_write
from minigan.running.onnx.inputs import Draws, call, drawing, feeds, inputs_of, samples
from minigan.running.onnx.values import Graph, Value
from minigan.running.onnx.writers import chain
from minigan.running.run import Run

OPSET, IR = 17, 8  # of 2022: what reads ONNX today reads these
TOLERANCE = 1e-4  # of the comparison: rounding in float32, also after ten evaluations of a network
INSTALL = "pip install 'minigan[onnx]'"


def write(run: Run, path: str | os.PathLike) -> dict[str, tuple]:
    """Write the generator of `run` to `path`, completely or not at all -> the inputs and outputs, name -> shape.

    Raises ValueError as `model` does.
    """
    made = model(run.trainer.game, run)
    atomic_write(path, made.SerializeToString())
    return {value.name: _shape(value) for value in (*made.graph.input, *made.graph.output)}


def model(game: Game, run: Run | None = None) -> Any:
    """The onnx.ModelProto that draws what `game` draws: with its averages, in evaluation mode.   run: what its metadata tell.

    Raises ValueError if the package onnx is missing, for a game without `noise` and `generate` (or `drawing`), for a layer or an
    operation that has no counterpart, and if the model does not compute what the game computes.
    """
    _need_onnx()
    graph = Graph()
    draw, inputs = drawing(_written(graph, game), 1, np.random.default_rng(0))
    given = inputs_of(graph, inputs)
    try:
        output = call(draw, given, Draws(graph))
    except NotImplementedError as error:
        raise ValueError(
            f"{type(game).__name__} cannot be written as a graph, because it draws with {error}: a graph has the operations of "
            "minigan/running/onnx/values.py, and none that chooses by looking at the numbers (as the solver adaptive does)"
        ) from error
    made = _proto(graph, output, run)
    _compare(made, *samples(game, 2, np.random.default_rng(1)), type(game).__name__)
    return made


def network(net: Sequential, x: Any) -> Any:
    """The onnx.ModelProto of a network in evaluation mode, such as a critic or an encoder.   x: an input, of a few samples.

    Raises ValueError as `model`.
    """
    _need_onnx()
    graph, inputs = Graph(), {"x": net.cast(x)}
    one = {"x": tree_map(lambda part: part[:1], inputs["x"])}
    output = _Network(graph, net)(*inputs_of(graph, one).values())
    made = _proto(graph, output, None)
    _compare(made, feeds(inputs), net(x), "network")
    return made


def _need_onnx() -> None:
    if find_spec("onnx") is None:
        raise ValueError(f"a graph is written by the package onnx, which is not installed: {INSTALL}")


class _Network:
    """A network whose calls are written into a graph."""

    def __init__(self, graph: Graph, net: Sequential):
        self.graph, self.net, self.dtype = graph, net, net.dtype

    def __call__(self, x: Any) -> Any:
        return chain(self.graph, self.net.layers, tree_map(self._input, x))

    def _input(self, x: Any) -> Value:
        """As Sequential.cast: floats in the dtype of the network."""
        x = x if isinstance(x, Value) else self.graph.constant(x)
        return x.astype(self.dtype) if x.dtype.kind == "f" else x


def _written(graph: Graph, game: Game) -> Any:
    """The game, with networks whose calls are written into `graph`."""
    game = copy.copy(game)
    game.best = lambda name: _Network(graph, type(game).best(game, name))  # type: ignore[method-assign, assignment, return-value]
    return game


def _proto(graph: Graph, output: Any, run: Run | None) -> Any:
    """The graph as a model, checked by the package onnx.   output: a Value, or a tree of them."""
    import onnx
    from onnx import helper, numpy_helper

    outputs = list(leaves(output))
    kinds = {2: "points", 4: "images", 5: "clips"} if run is not None or len(outputs) == 1 else {}
    names = [kinds.get(y.ndim, "y") if len(outputs) == 1 else f"y{i}" for i, y in enumerate(outputs)]
    kind = helper.np_dtype_to_tensor_dtype
    nodes = []
    for op, given, out, more in graph.nodes:
        attributes: dict[str, Any] = {k: kind(v) if isinstance(v, np.dtype) else v for k, v in more.items()}
        nodes.append(helper.make_node(op, given, [out], **attributes))
    nodes += [helper.make_node("Identity", [y.name], [name]) for y, name in zip(outputs, names, strict=True)]
    weights = [numpy_helper.from_array(array, key) for key, array in graph.weights.items()]
    made = helper.make_model(
        helper.make_graph(
            nodes,
            "generator",
            [_tensor(value, value.name) for value in graph.inputs],
            [_tensor(y, name) for y, name in zip(outputs, names, strict=True)],
            weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="minigan",
        producer_version=__version__,
    )
    if run is not None:
        made.doc_string = (
            f"the generator of minigan's recipe {zoo.name_of(run.config.recipe)}, after {run.trainer.t} steps"
        )
        about = {"licence": credit(run.options.data), "classes": ", ".join(run.classes)}
        helper.set_model_props(made, {key: text for key, text in about.items() if text})
    onnx.checker.check_model(made)
    return made


def _tensor(value: Value, name: str) -> Any:
    from onnx import helper

    kind = helper.np_dtype_to_tensor_dtype(value.dtype)
    return helper.make_tensor_value_info(name, kind, ["N", *value.shape[1:]])


def _shape(value: Any) -> tuple:
    return tuple(axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim)


def _compare(made: Any, feeds: dict[str, np.ndarray], wanted: Any, what: str) -> None:
    """Raise ValueError unless the model computes what the game, or the network, has computed of the same samples."""
    from onnx.reference import ReferenceEvaluator

    with np.errstate(all="ignore"):  # it computes 1 / (1 + exp(-x)) as it is written here
        outputs = ReferenceEvaluator(made).run(None, feeds)
    for found, y in zip(outputs, leaves(wanted), strict=True):
        error = float(np.abs(found - y).max()) if found.shape == y.shape else np.inf
        if not error <= TOLERANCE * max(1.0, float(np.abs(y).max())):
            how = f"by up to {error:.1e}" if found.shape == y.shape else f"in shape, {found.shape} and {y.shape}"
            raise ValueError(
                f"the graph of this {what} differs from it {how}, so nothing is written: "
                "minigan/running/onnx writes a layer or an operation wrongly, or one sample of it depends on the others"
            )
