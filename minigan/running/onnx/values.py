"""A Value: an array in a graph that is being written.  Computing with Values adds nodes to the graph.

Nothing but NumPy's own protocols is needed: an operator, a ufunc such as np.exp or a function such as np.clip asks its arguments
what to do (NEP 13 and 18), and a Value answers by adding a node.  Each Value also holds an example, the array of one sample, so
that its shape and dtype are known, and are those that NumPy would give.

The first axis of every array is the batch.  Its length is 1 in an example, and free in the graph.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

UFUNCS = {
    np.add: "Add", np.subtract: "Sub", np.multiply: "Mul", np.divide: "Div", np.negative: "Neg", np.exp: "Exp",
    np.sqrt: "Sqrt", np.tanh: "Tanh", np.absolute: "Abs", np.maximum: "Max", np.minimum: "Min", np.greater: "Greater",
}  # fmt: skip


class Graph:
    """The nodes, the weights and the inputs of a graph that is being written."""

    def __init__(self) -> None:
        self.nodes: list[tuple[str, list[str], str, dict[str, Any]]] = []  # operation, inputs, output, attributes
        self.weights: dict[str, np.ndarray] = {}  # by name
        self.inputs: list[Value] = []
        self._names: dict[tuple, str] = {}  # content of a weight -> its name, so that each is stored once

    def constant(self, array: np.ndarray) -> "Value":
        """An array that is the same for all samples, such as a time (1,)."""
        return Value(self, self.name(array), array)

    def input(self, name: str, example: np.ndarray) -> "Value":
        """A new input of the graph.   example (1, ...)"""
        self.inputs.append(Value(self, name, np.asarray(example)))
        return self.inputs[-1]

    def name(self, x: Any) -> str:
        """The name of a Value; of an array, which becomes a weight; "" for an input that is left out."""
        if isinstance(x, Value):
            return x.name
        if x is None:
            return ""
        array = np.ascontiguousarray(x)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._names:
            self._names[key] = f"w{len(self.weights)}"
            self.weights[self._names[key]] = array
        return self._names[key]

    def add(self, operation: str, *inputs: Any, example: np.ndarray | None = None, **attributes: Any) -> "Value":
        """The output of a new node.   inputs: Values, arrays (weights), or None;  example: of the output, where it is known."""
        output = f"v{len(self.nodes)}"
        self.nodes.append((operation, [self.name(x) for x in inputs], output, attributes))
        return Value(self, output, example)

    def cast(self, x: Any, dtype: Any) -> Any:
        """A Value, an array or a number in this dtype."""
        if not isinstance(x, Value):
            return np.asarray(x, dtype)
        if x.dtype == dtype:
            return x
        return self.add("Cast", x, example=x.example.astype(dtype), to=np.dtype(dtype))

    def reshape(self, x: "Value", *shape: int, example: np.ndarray | None = None) -> "Value":
        """(N, ...) -> (N', *shape), the same numbers in the same order; N' follows from the others."""
        return self.add("Reshape", x, np.array([-1, *shape], np.int64), example=example)


class Value(NDArrayOperatorsMixin):
    """An array in a graph.  `example` is the array of one sample, None inside a layer, where it is not needed."""

    def __init__(self, graph: Graph, name: str, example: Any):
        self.graph, self.name, self.example = graph, name, example

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape; the first number, the batch, is that of the example."""
        return self.example.shape

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return self.example.ndim

    @property
    def dtype(self) -> np.dtype:
        """float32, float64, int64 or bool."""
        return self.example.dtype

    @property
    def real(self) -> "Value":
        """Itself: there are no complex numbers in a graph."""
        return self

    def __len__(self) -> int:
        return len(self.example)

    def __getitem__(self, key: Any) -> "Value":
        if isinstance(key, slice) and key.step is None and key.start in (None, 0) and (key.stop or 1) >= len(self):
            return self  # all samples: one batch
        if key == (Ellipsis, None):
            return self.graph.add("Unsqueeze", self, np.array([-1]), example=self.example[..., None])
        raise NotImplementedError(f"x[{key}]")

    def astype(self, dtype: Any, copy: bool = True) -> "Value":
        """The same numbers in another dtype."""
        return self.graph.cast(self, dtype)

    def reshape(self, *shape: int) -> "Value":
        """(N, ...) -> (-1, ...): the first axis stays the batch."""
        if shape[0] != -1:
            raise NotImplementedError(f"x.reshape{shape}: the first number has to be -1, the batch")
        return self.graph.reshape(self, *shape[1:], example=self.example.reshape(shape))

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise NotImplementedError("a function that needs the numbers of an array")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc not in UFUNCS or method != "__call__" or kwargs:
            raise NotImplementedError(f"np.{ufunc.__name__}")
        example = ufunc(*(x.example if isinstance(x, Value) else x for x in inputs))
        given = [x.example if isinstance(x, Value) else x for x in inputs]
        wanted = np.result_type(*given)  # both inputs of a node have one dtype, that of NumPy's result
        return self.graph.add(UFUNCS[ufunc], *(self.graph.cast(x, wanted) for x in inputs), example=example)

    def __array_function__(self, function: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
        if function not in FUNCTIONS:
            raise NotImplementedError(f"np.{function.__name__}")
        return FUNCTIONS[function](self.graph, *args, **kwargs)


def _clip(graph: Graph, x: Value, low: float, high: float) -> Value:
    bounds = (np.asarray(bound, x.dtype) for bound in (low, high))
    return graph.add("Clip", x, *bounds, example=np.clip(x.example, low, high))


def _where(graph: Graph, condition: Value, a: Any, b: Any) -> Value:
    examples = [x.example if isinstance(x, Value) else x for x in (condition, a, b)]
    example = np.where(*examples)
    return graph.add("Where", condition, graph.cast(a, example.dtype), graph.cast(b, example.dtype), example=example)


def _concatenate(graph: Graph, parts: Any, axis: int = 0, dtype: Any = None) -> Value:
    if len(parts) == 1:  # what was drawn in one batch
        return parts[0]
    if axis == 0:
        raise NotImplementedError("np.concatenate of batches")
    example = np.concatenate([part.example for part in parts], axis=axis, dtype=dtype)
    return graph.add("Concat", *(graph.cast(part, example.dtype) for part in parts), example=example, axis=axis)


FUNCTIONS: dict[Callable, Callable] = {np.clip: _clip, np.where: _where, np.concatenate: _concatenate}
