"""The dense layer: every output is a weighted sum of every input.

It is the whole calculus of a network in three products of matrices: forward x W, backward dy W', gradient x' dy.
"""

import math

import numpy as np

from minigan import kernels
from minigan.layers.layer import HE, Layer, constant, normal, whole


class Dense(Layer):
    """y = x W + b.

    x (N, n_in), W (n_in, n_out), b (n_out,) -> y (N, n_out).  dx = dy W',  dW = x' dy,  db = sum_n dy.
    W starts as N(0, gain^2 / n_in), b as 0; gain sqrt(2) keeps the variance through ReLUs (He et al. 2015, eq. 10).
    Raises ShapeError when the last axis is not n_in.
    """

    def __init__(self, n_in: int, n_out: int, bias: bool = True, gain: float = HE):
        whole("Dense", n_in=n_in, n_out=n_out)
        self.n_in, self.n_out, self.bias = n_in, n_out, bias
        self.parameters = {"W": ((n_in, n_out), normal(gain / math.sqrt(n_in)))}
        if bias:
            self.parameters["b"] = ((n_out,), constant(0.0))

    def forward(self, x):  # (N, n_in) -> (N, n_out)
        hint = f"put Flatten() before it, or use Dense({int(np.prod(x.shape[1:]))}, {self.n_out})"
        x = self.check(x, f"(N, {self.n_in})", x.ndim == 2 and x.shape[1] == self.n_in, hint)
        y = kernels.dense(x, self.W, self.b if self.bias else None)  # x W + b
        return y, (x, 1)

    def backward(self, dy, cache):  # (N, n_out) -> (N, n_in)
        dy = self.check_slope(dy, (len(cache[0]), self.n_out))
        return kernels.dense_dx(dy, self.W)  # dy W'

    def accumulate(self, dy, cache):
        x, one = cache  # one is 1 after forward; 0 after tangent, where the bias does not move
        dy = self.check_slope(dy, (len(x), self.n_out))
        kernels.dense_dW(x, dy, self.dW)  # dW += x' dy
        if self.bias and one:
            self.db += dy.sum(axis=0)  # db += 1' dy

    def tangent(self, v, cache):  # (N, n_in) -> (N, n_out)
        v = self.check_tangent(v, cache[0].shape)
        return kernels.dense(v, self.W, None), (v, 0)  # v W

    def __repr__(self):
        return f"Dense({self.n_in}, {self.n_out}{'' if self.bias else ', bias=False'})"
