"""What passes arrays on or arranges them, as nodes of a graph: shapes, branches, attention, time and clips.   As in layers.py."""

from typing import Any

import numpy as np

from minigan import layers as mg
from minigan.running.onnx.values import Graph, Value
from minigan.running.onnx.writers import chain, writes

# ---- shape -------------------------------------------------------------------------------------------------------------


@writes(mg.Reshape)
def reshape(graph: Graph, layer: Any, x: Value) -> Value:
    """(N, ...) -> (N, *shape)"""
    return graph.reshape(x, *layer.shape)


@writes(mg.Flatten)
def flatten(graph: Graph, layer: Any, x: Value) -> Value:
    """(N, H, W, C) -> (N, H W C)"""
    return graph.reshape(x, x.example[0].size)


@writes(mg.Pack)
def pack(graph: Graph, layer: Any, x: Value) -> Value:
    """(N, ..., C) -> (N/m, ..., m C)"""
    m, (*inner, C) = layer.m, x.shape[1:]
    y = graph.reshape(x, m, *inner, C)  # (N/m, m, ..., C)
    last = len(inner) + 1
    y = graph.add("Transpose", y, perm=[0, *range(2, last + 1), 1, last + 1])
    return graph.reshape(y, *inner, m * C, example=np.zeros((1, *inner, m * C), x.dtype))


# ---- branches ------------------------------------------------------------------------------------------------------------


@writes(mg.Block, mg.Residual, mg.Concat, mg.Keep)
def block(graph: Graph, layer: Any, x: Any) -> Any:
    """Its layers in sequence."""
    return chain(graph, layer.chain.layers, x)


@writes(mg.Parallel, mg.Beside)
def parallel(graph: Graph, layer: Any, x: tuple) -> tuple:
    """Each branch with its part of the tuple."""
    return tuple(chain(graph, branch.layers, part) for branch, part in zip(layer.branches, x, strict=True))


@writes(mg.Copy)
def copy(graph: Graph, layer: Any, x: Any) -> tuple:
    """y = (x, ..., x)"""
    return (x,) * layer.n


@writes(mg.Sum)
def total(graph: Graph, layer: Any, x: tuple) -> Value:
    """y = x1 + ... + xk"""
    return graph.add("Sum", *x)


@writes(mg.Join)
def join(graph: Graph, layer: Any, x: tuple) -> Value:
    """y = [x1, ..., xk] along the last axis"""
    return graph.add("Concat", *x, axis=-1)


@writes(mg.Take)
def take(graph: Graph, layer: Any, x: tuple) -> Any:
    """y = x_i, or several of them"""
    parts = tuple(x[i] for i in layer.which)
    return parts if len(parts) > 1 else parts[0]


@writes(mg.Shift)
def shift(graph: Graph, layer: Any, x: tuple) -> Value:
    """y = h + b, (N, ..., C) + (N, C)"""
    h, b = x
    return graph.add("Add", h, graph.reshape(b, *[1] * (h.ndim - 2), b.shape[1]))


# ---- attention and time --------------------------------------------------------------------------------------------------


@writes(mg.SelfAttention)
def attention(graph: Graph, layer: Any, x: Value) -> Value:
    """y = x + gamma softmax(q k' / sqrt(d)) v"""
    X = graph.reshape(x, int(np.prod(x.shape[1:3])), layer.c)  # (N, T, C)
    q, k, v = (graph.add("MatMul", X, W) for W in (layer.Wq, layer.Wk, layer.Wv))
    S = graph.add("MatMul", q, graph.add("Transpose", k, perm=[0, 2, 1]))
    A = graph.add("Softmax", graph.add("Div", S, np.asarray(layer.d**0.5, x.dtype)), axis=-1)
    o = graph.reshape(graph.add("MatMul", A, v), *x.shape[1:])
    return graph.add("Add", x, graph.add("Mul", layer.gamma, o))


@writes(mg.TimeEmbedding)
def time_embedding(graph: Graph, layer: Any, t: Value) -> Value:
    """y = [sin(w t), cos(w t)]"""
    angles = graph.add("Mul", graph.reshape(t, 1), layer.w.astype(t.dtype))  # (N, 1) (dim / 2,)
    return graph.add("Concat", graph.add("Sin", angles), graph.add("Cos", angles), axis=-1)


@writes(mg.GRU)
def gru(graph: Graph, layer: Any, x: Any) -> Value:
    """ONNX keeps frames first and the gates in the order u, r, n; its linear_before_reset is the reset gate after the product."""
    (x, h0), n = (x if layer.pairs else (x, None)), layer.n

    def gates(a: np.ndarray) -> np.ndarray:  # (..., 3n) of r, u, n -> (1, 3n, ...) of u, r, n
        r, u, new = np.split(a, 3, axis=-1)
        return np.concatenate([u, r, new], axis=-1).T[None]

    c = np.concatenate([np.zeros(2 * n, layer.c.dtype), layer.c])
    first = None if h0 is None else graph.add("Unsqueeze", h0, np.array([0]))
    weights = gates(layer.W), gates(layer.U), np.concatenate([gates(layer.b), gates(c)], axis=1)
    y = graph.add(
        "GRU", graph.add("Transpose", x, perm=[1, 0, 2]), *weights, None, first, hidden_size=n, linear_before_reset=1
    )
    return graph.add("Transpose", graph.add("Squeeze", y, np.array([1])), perm=[1, 0, 2])  # (T, 1, N, n) -> (N, T, n)


# ---- clips ---------------------------------------------------------------------------------------------------------------


@writes(mg.Frames)
def frames(graph: Graph, layer: Any, x: Value) -> Value:
    """The layers inside see N clips of T frames as a batch of N T images."""
    T, example = x.shape[1], x.example.reshape(-1, *x.shape[2:])
    y = chain(graph, layer.chain.layers, graph.reshape(x, *x.shape[2:], example=example))  # (N T, ...)
    return graph.reshape(y, T, *y.shape[1:])


@writes(mg.JoinFrames)
def join_frames(graph: Graph, layer: Any, x: tuple) -> Value:
    """y[n, t] = [c[n], x[n, t]]"""
    c, f = x  # (N, d), (N, T, e)
    spread = graph.add("Expand", graph.add("Unsqueeze", c, np.array([1])), np.array([1, f.shape[1], 1]))
    return graph.add("Concat", spread, f, axis=-1)
