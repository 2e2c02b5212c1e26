"""The dense layer: every output is a weighted sum of every input.

It is the whole calculus of a network in three matrix products: forward x W, backward dy W', gradient x' dy.
"""

import math

import numpy as np

from minigan import kernels
from minigan.layers.linear import Linear
from minigan.layers.parameters import HE, constant, normal
from minigan.running.arguments import check_linear, check_whole


class Dense(Linear):
    """y = x W + b.

    x (N, n_in), W (n_in, n_out), b (n_out,) -> y (N, n_out).  dx = dy W',  dW = x' dy,  db = sum_n dy.
    W starts as N(0, gain^2 / n_in), b as 0; gain sqrt(2) preserves the variance through ReLUs (He et al. 2015, eq. 10).
    Raises ShapeError unless x is (N, n_in).
    """

    def __init__(self, n_in: int, n_out: int, bias: bool = True, gain: float = HE):
        check_whole("Dense", n_in=n_in, n_out=n_out)
        check_linear("Dense", bias, gain)
        self.n_in, self.n_out, self.bias = n_in, n_out, bias
        self.parameters = {"W": ((n_in, n_out), normal(gain / math.sqrt(n_in)))}  # eq:init.he
        if bias:
            self.parameters["b"] = ((n_out,), constant(0.0))

    def fit(self, x: np.ndarray) -> np.ndarray:
        hint = f"put Flatten() before it, or use Dense({int(np.prod(x.shape[1:]))}, {self.n_out})"
        return self.check(x, f"(N, {self.n_in})", x.ndim == 2 and x.shape[1] == self.n_in, hint)

    def out_shape(self, x: np.ndarray) -> tuple[int, ...]:
        return len(x), self.n_out

    def apply(self, x: np.ndarray) -> np.ndarray:  # (N, n_in) -> (N, n_out)
        return kernels.dense(x, self.W)  # x W   eq:dense.forward

    def adjoint(self, dy: np.ndarray, x: np.ndarray) -> np.ndarray:  # (N, n_out) -> (N, n_in)
        return kernels.dense_dx(dy, self.W)  # dy W'   eq:dense.dx

    def outer(self, x: np.ndarray, dy: np.ndarray) -> None:
        kernels.dense_dW(x, dy, self.dW)  # dW += x' dy   eq:dense.dW

    def __repr__(self) -> str:
        return f"Dense({self.n_in}, {self.n_out}{'' if self.bias else ', bias=False'})"
