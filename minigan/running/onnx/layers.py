"""Each layer in evaluation mode as nodes of a graph: one function a layer, its formula in operations of ONNX.

    f(graph, layer, x) -> y      x, y: Values, or tuples of them where the layer takes or returns tuples

minigan's images are (N, H, W, C), and stay so from input to output; ONNX convolves (N, C, H, W), so a convolution transposes its
input and its output.  What runs the graph removes pairs of transpositions that cancel.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigan import layers as mg
from minigan.layers.more.augment import Augmentation
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


# ---- linear --------------------------------------------------------------------------------------------------------------


@writes(mg.Dense)
def dense(graph: Graph, layer: Any, x: Value) -> Value:
    """y = x W + b"""
    y = graph.add("MatMul", x, layer.W)
    return graph.add("Add", y, layer.b) if layer.bias else y


@writes(mg.Conv2d, mg.TemporalConv)
def convolution(graph: Graph, layer: Any, x: Value) -> Value:
    """The same correlation on (N, C, H, W), or (N, C, T, H, W)."""
    temporal = isinstance(layer, mg.TemporalConv)
    W = layer.W.transpose(4, 3, 2, 0, 1) if temporal else layer.W.transpose(3, 2, 0, 1)  # (c_out, c_in, [k_t,] k, k)
    pads = [layer.pad_t, layer.pad, layer.pad] if temporal else [layer.pad] * 2
    strides = [layer.stride_t, layer.stride, layer.stride] if temporal else [layer.stride] * 2
    return _spatial(graph, "Conv", x, W, layer, pads=pads * 2, strides=strides)


@writes(mg.ConvTranspose2d)
def transposed(graph: Graph, layer: Any, x: Value) -> Value:
    """The same transposed convolution on (N, C, H, W)."""
    W = layer.W.transpose(2, 3, 0, 1)  # (c_in, c_out, k, k)
    return _spatial(graph, "ConvTranspose", x, W, layer, pads=[layer.pad] * 4, strides=[layer.stride] * 2)


@writes(mg.UpConv2d)
def upsampled(graph: Graph, layer: Any, x: Value) -> Value:
    """Each pixel becomes 2 x 2, then a convolution."""
    W = layer.W.transpose(3, 2, 0, 1)  # (c_out, c_in, k, k)
    return _spatial(graph, "Conv", doubled(graph, layer, x), W, layer, pads=[layer.k // 2] * 4)


def _spatial(graph: Graph, operation: str, x: Value, W: np.ndarray, layer: Any, **attributes: Any) -> Value:
    """A convolution of (N, ..., C), with as many axes as W."""
    inner = list(range(1, W.ndim - 1))
    x = graph.add("Transpose", x, perm=[0, W.ndim - 1, *inner])
    y = graph.add(operation, x, W, *([layer.b] if layer.bias else []), **attributes)
    return graph.add("Transpose", y, perm=[0, *(axis + 1 for axis in inner), 1])


@writes(mg.SpectralNorm)
def spectral_norm(graph: Graph, layer: Any, x: Value) -> Value:
    """The layer inside, with W / sigma."""
    with layer.normalised() as inner:  # whose weights are W / sigma
        return writer_of(inner)(graph, inner, x)


@writes(mg.Embedding)
def embedding(graph: Graph, layer: Any, labels: Value) -> Value:
    """y = W[label]"""
    return graph.add("Gather", layer.W, labels, axis=0)


@writes(mg.LabelScore)
def label_score(graph: Graph, layer: Any, x: tuple) -> Value:
    """y = h . W[label] + b[label]"""
    h, label = x
    products = graph.add("Mul", h, graph.add("Gather", layer.W, label, axis=0))
    b = graph.add("Gather", layer.b[:, None], label, axis=0)
    return graph.add("Add", graph.add("ReduceSum", products, np.array([1]), keepdims=1), b)


# ---- element by element --------------------------------------------------------------------------------------------------


@writes(mg.LeakyReLU)
def leaky_relu(graph: Graph, layer: Any, x: Value) -> Value:
    """x where x > 0, else alpha x"""
    return graph.add("LeakyRelu", x, alpha=float(layer.alpha))


@writes(mg.ReLU)
def relu(graph: Graph, layer: Any, x: Value) -> Value:
    """max(x, 0)"""
    return graph.add("Relu", x)


@writes(mg.Tanh, mg.Sigmoid, mg.Softplus)
def activation(graph: Graph, layer: Any, x: Value) -> Value:
    """ONNX has these functions under the same names."""
    return graph.add(type(layer).__name__, x)


@writes(mg.SiLU)
def silu(graph: Graph, layer: Any, x: Value) -> Value:
    """x sigmoid(x)"""
    return graph.add("Mul", x, graph.add("Sigmoid", x))


@writes(mg.Dropout, Augmentation, mg.Color, mg.Translation, mg.Cutout, mg.Mirror)
def identity(graph: Graph, layer: Any, x: Value) -> Value:
    """y = x, in evaluation mode"""
    return x


@writes(mg.Normalize)
def normalize(graph: Graph, layer: Any, x: Value) -> Value:
    """y = factor x[order] + shift"""
    y = graph.add("Gather", x, np.array(layer.order), axis=-1)
    y = graph.add("Mul", y, layer.factor.astype(x.dtype))
    return graph.add("Add", y, layer.shift.astype(x.dtype))


# ---- norms ---------------------------------------------------------------------------------------------------------------


@writes(mg.BatchNorm, mg.FrozenBatchNorm)
def batch_norm(graph: Graph, layer: Any, x: Value) -> Value:
    """y = gamma (x - running_mean) / sqrt(running_var + eps) + beta"""
    scale = layer.gamma / np.sqrt(layer.running_var + layer.running_var.dtype.type(layer.eps))
    return graph.add("Add", graph.add("Mul", graph.add("Sub", x, layer.running_mean), scale), layer.beta)


@writes(mg.LayerNorm, mg.InstanceNorm)
def sample_norm(graph: Graph, layer: Any, x: Value) -> Value:
    """y = gamma (x - mean) / sqrt(var + eps) + beta, the moments of each sample"""
    mean = graph.add("ReduceMean", x, axes=list(layer.axes))
    y = _standardized(graph, graph.add("Sub", x, mean), layer.axes, layer.eps, x.dtype)
    return graph.add("Add", graph.add("Mul", y, layer.gamma), layer.beta)


@writes(mg.PixelNorm)
def pixel_norm(graph: Graph, layer: Any, x: Value) -> Value:
    """y = x / sqrt(mean x^2 + eps)"""
    return _standardized(graph, x, layer.axes, layer.eps, x.dtype)


def _standardized(graph: Graph, u: Value, axes: tuple, eps: float, dtype: np.dtype) -> Value:
    """u / sqrt(mean(u^2) + eps)"""
    return graph.add(
        "Div", u, _root(graph, graph.add("ReduceMean", graph.add("Mul", u, u), axes=list(axes)), eps, dtype)
    )


def _root(graph: Graph, x: Value, eps: float, dtype: np.dtype) -> Value:
    return graph.add("Sqrt", graph.add("Add", x, np.asarray(eps, dtype)))


@writes(mg.MinibatchStd)
def minibatch_std(graph: Graph, layer: Any, x: Value) -> Value:
    """y = [x, c], c = the mean of sqrt(var_n x + eps)"""
    u = graph.add("Sub", x, graph.add("ReduceMean", x, axes=[0]))
    s = _root(graph, graph.add("ReduceMean", graph.add("Mul", u, u), axes=[0]), layer.eps, x.dtype)
    one = graph.add("Mul", graph.add("ReduceMean", x, axes=[-1]), np.zeros((), x.dtype))  # zeros (N, ..., 1)
    return graph.add("Concat", x, graph.add("Add", one, graph.add("ReduceMean", s, keepdims=0)), axis=-1)


# ---- shape and resolution ------------------------------------------------------------------------------------------------


@writes(mg.Reshape)
def reshape(graph: Graph, layer: Any, x: Value) -> Value:
    """(N, ...) -> (N, *shape)"""
    return graph.reshape(x, *layer.shape)


@writes(mg.Flatten)
def flatten(graph: Graph, layer: Any, x: Value) -> Value:
    """(N, H, W, C) -> (N, H W C)"""
    return graph.reshape(x, x.example[0].size)


@writes(mg.AvgPool2d, mg.MaxPool2d)
def pool(graph: Graph, layer: Any, x: Value) -> Value:
    """The same pooling on (N, C, H, W); what is beyond the last complete block is dropped."""
    operation = "AveragePool" if isinstance(layer, mg.AvgPool2d) else "MaxPool"
    y = graph.add("Transpose", x, perm=[0, 3, 1, 2])
    y = graph.add(operation, y, kernel_shape=[layer.k] * 2, strides=[layer.k] * 2)
    return graph.add("Transpose", y, perm=[0, 2, 3, 1])


@writes(mg.Upsample2x)
def doubled(graph: Graph, layer: Any, x: Value) -> Value:
    """(N, H, W, C) -> (N, 2H, 2W, C): each pixel twice in its row, then each row twice."""
    _, H, W, C = x.shape
    y = graph.reshape(graph.add("Concat", x, x, axis=3), H, 2 * W * C)
    return graph.reshape(graph.add("Concat", y, y, axis=2), 2 * H, 2 * W, C)


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
