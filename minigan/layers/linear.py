"""What the dense layer and the three convolutions share: each is linear in x, except for a bias.

    y = L(x; W) + b 1        dx = L'(dy; W)        dW += x (x) dy        db += 1' dy

The cache is the pair (x, 1): what W and b are multiplied by.  In a tangent the bias drops out, so its cache is (v, 0), and the
same backward and accumulate work on it.  Such caches add and scale like vectors, so a loss and its penalty can share one product.
"""

from typing import Any

import numpy as np

from minigan import kernels
from minigan.layers.layer import Layer
from minigan.layers.tree import per_sample


class Linear(Layer):
    """A subclass declares W and, if `bias`, b (c_out,), and defines

    fit(x) -> x      check the input                        out_shape(x) -> the shape of y
    apply(x) -> y    L(x; W)      adjoint(dy, x) -> dx      outer(x, dy): dW += x (x) dy
    """

    bias: bool

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = self.fit(x)
        y = self.apply(x)  # eq:linear.forward
        if self.bias:
            kernels.add_bias(y, self.b)
        return y, (x, 1)

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        x, _ = cache
        return self.adjoint(self.check_dy(dy, self.out_shape(x)), x)

    def accumulate(self, dy: np.ndarray, cache: Any) -> None:
        x, one = cache  # one is 1 after forward, 0 after tangent, c after blend
        dy = self.check_dy(dy, self.out_shape(x))
        self.outer(x, dy)
        if self.bias and np.any(one):
            self.db += kernels.column_sums(dy if isinstance(one, int) else one * dy)  # db += 1' dy   eq:linear.db

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        v = self.check_v(v, cache[0].shape)
        return self.apply(v), (v, 0)  # eq:linear.tangent

    def blend(self, c: np.ndarray, cache: Any, tcache: Any) -> Any:
        c = per_sample(c, cache[0])
        return c * cache[0] + tcache[0], c  # c (x, 1) + (v, 0): one product for both gradients   eq:linear.both
