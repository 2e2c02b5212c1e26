"""Activations: y = f(x), element by element.

First order needs f', second order f''.  A piecewise-linear f (ReLU, LeakyReLU) has f'' = 0 and is not curved; for the
others, f''(x) v dy is the term that hand-written penalties tend to forget: without it, the gradient of a tanh critic's
penalty is silently wrong.
"""

from typing import Any

import numpy as np

from minigan import kernels
from minigan.layers.layer import Layer
from minigan.running.arguments import check_range


class Activation(Layer):
    """y = f(x);  dx = f'(x) dy;  J v = f'(x) v;  curvature = f''(x) v dy.     Any shape.

    A subclass defines f(x) -> y, *cache, and the two derivatives df(*cache) and d2f(*cache).
    """

    curved = True

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        y, *cache = self.f(self.check(x, "any", True))  # eq:activation.forward
        return y, tuple(cache)

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        return self.check_dy(dy, cache[0].shape) * self.df(*cache)  # eq:activation.dx

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        return self.check_v(v, cache[0].shape) * self.df(*cache), cache  # eq:activation.tangent

    def curvature(self, dy: np.ndarray, v: np.ndarray, cache: Any) -> np.ndarray:
        return dy * v * self.d2f(*cache)  # eq:activation.curvature


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), for any real or complex x without overflow."""
    e = np.exp(np.where(x.real > 0, -x, x))  # exp(-|x|) <= 1
    return np.where(x.real > 0, 1, e) / (1 + e)  # eq:sigmoid.forward


def softplus(x: np.ndarray) -> np.ndarray:
    """log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), without overflow."""
    return np.where(x.real > 0, x, 0) + np.log1p(np.exp(np.where(x.real > 0, -x, x)))  # eq:softplus.forward


class Tanh(Activation):
    """y = tanh(x);  f' = 1 - y^2;  f'' = -2 y (1 - y^2)."""

    def f(self, x: np.ndarray) -> tuple:
        y = np.tanh(x)  # eq:tanh.forward
        return y, y

    def df(self, y: np.ndarray) -> np.ndarray:
        return 1 - y * y  # eq:tanh.derivative

    def d2f(self, y: np.ndarray) -> np.ndarray:
        return -2 * y * (1 - y * y)  # eq:tanh.curvature


class Sigmoid(Activation):
    """y = 1 / (1 + exp(-x));  f' = y (1 - y);  f'' = y (1 - y) (1 - 2 y)."""

    def f(self, x: np.ndarray) -> tuple:
        y = sigmoid(x)  # eq:sigmoid.forward
        return y, y

    def df(self, y: np.ndarray) -> np.ndarray:
        return y * (1 - y)  # eq:sigmoid.derivative

    def d2f(self, y: np.ndarray) -> np.ndarray:
        return y * (1 - y) * (1 - 2 * y)  # eq:sigmoid.curvature


class Softplus(Activation):
    """y = log(1 + exp(x));  f' = sigmoid(x) = s;  f'' = s (1 - s)."""

    def f(self, x: np.ndarray) -> tuple:
        return softplus(x), x  # eq:softplus.forward

    def df(self, x: np.ndarray) -> np.ndarray:
        return sigmoid(x)  # eq:softplus.derivative

    def d2f(self, x: np.ndarray) -> np.ndarray:
        s = sigmoid(x)
        return s * (1 - s)  # eq:softplus.curvature


class SiLU(Activation):
    """y = x s,  s = sigmoid(x);  f' = s + x s (1 - s);  f'' = s (1 - s) (2 + x (1 - 2 s)).     Elfwing et al. 2018."""

    def f(self, x: np.ndarray) -> tuple:
        s = sigmoid(x)
        return x * s, x, s  # eq:silu.forward

    def df(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        return s + x * s * (1 - s)  # eq:silu.derivative

    def d2f(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        return s * (1 - s) * (2 + x * (1 - 2 * s))  # eq:silu.curvature


class LeakyReLU(Layer):
    """y = x where x > 0, else alpha x.     Maas et al. 2013.  f'(0) = alpha by convention.

    The cache is y, not x: with alpha >= 0 both are positive at the same places, and the next layer keeps y anyway.
    """

    def __init__(self, alpha: float = 0.2):
        check_range("LeakyReLU", alpha=alpha, below=1, or_equal=True)
        self.alpha = alpha

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        y = kernels.leaky_relu(self.check(x, "any", True), self.alpha)  # eq:leaky_relu.forward
        return y, y

    def backward(self, dy: np.ndarray, y: Any) -> Any:
        return kernels.leaky_relu_dx(self.check_dy(dy, y.shape), y, self.alpha)  # eq:leaky_relu.dx

    def tangent(self, v: np.ndarray, y: Any) -> tuple[np.ndarray, Any]:
        return kernels.leaky_relu_dx(self.check_v(v, y.shape), y, self.alpha), y

    def __repr__(self) -> str:
        return f"LeakyReLU({self.alpha})"


class ReLU(LeakyReLU):
    """y = max(x, 0):  LeakyReLU with alpha = 0."""

    def __init__(self) -> None:
        super().__init__(0.0)  # eq:leaky_relu.forward

    def __repr__(self) -> str:
        return "ReLU()"
