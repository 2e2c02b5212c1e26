"""Each layer in evaluation mode as nodes of a graph: one function a layer, its formula in operations of ONNX.

    f(graph, layer, x) -> y      x, y: Values, or tuples of them where the layer takes or returns tuples

minigan's images are (N, H, W, C), and stay so from input to output; ONNX convolves (N, C, H, W), so a convolution transposes its
input and its output.  What runs the graph removes pairs of transpositions that cancel.
"""

from typing import Any

import numpy as np

from minigan import layers as mg
from minigan.layers.more.augment import Augmentation
from minigan.running.onnx.values import Graph, Value
from minigan.running.onnx.writers import writer_of, writes

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


# ---- resolution --------------------------------------------------------------------------------------------------------


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
