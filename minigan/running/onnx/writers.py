"""Which function writes which layer, and a chain of layers.  The functions are in layers.py and structure.py."""

from collections.abc import Callable, Sequence
from typing import Any

from minigan import layers as mg
from minigan.layers.tree import tree_map
from minigan.running.onnx.values import Graph, Value

Writer = Callable[[Graph, Any, Any], Any]
WRITERS: dict[type, Writer] = {}
COMPUTES = {"forward", "__call__", "apply", "f"}  # a subclass that defines one of them is another function


def writes(*kinds: type) -> Callable[[Writer], Writer]:
    """This function writes layers of these classes."""

    def register(writer: Writer) -> Writer:
        WRITERS.update(dict.fromkeys(kinds, writer))
        return writer

    return register


def writer_of(layer: mg.Layer) -> Writer:
    """The function that writes this layer.  Raises ValueError, with what to do, for a layer that has none."""
    for kind in type(layer).__mro__:
        if kind in WRITERS:
            return WRITERS[kind]
        if COMPUTES & vars(kind).keys():
            break
    raise ValueError(
        f"no function writes {layer} as ONNX: add one for {type(layer).__name__}, as those in minigan/running/onnx/layers.py, "
        "with @writes above it"
    )


def chain(graph: Graph, layers: Sequence[mg.Layer], x: Any) -> Any:
    """The output of layers in sequence."""
    for layer in layers:
        y = writer_of(layer)(graph, layer, x)
        if isinstance(y, Value) and y.example is None:
            y.example = layer(tree_map(lambda part: part.example, x))
        x = y
    return x
