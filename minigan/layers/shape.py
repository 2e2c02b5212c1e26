"""Layers that only rearrange numbers.  Their Jacobian is a permutation, so the backward pass applies the inverse."""

import math
from typing import Any

import numpy as np

from minigan.layers.layer import Layer, ShapeError
from minigan.running.arguments import is_whole
from minigan.running.arrays import as_array


class Reshape(Layer):
    """(N, ...) -> (N, *shape), the same numbers in the same order."""

    def __init__(self, *shape: int):
        self.shape = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        if not all(is_whole(n) and n > 0 for n in self.shape):
            raise ValueError(f"Reshape takes positive sizes without the batch axis, such as (4, 4, 128), got {shape}")

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        size = math.prod(x.shape[1:])
        fits = x.ndim >= 1 and size == math.prod(self.shape)
        expected = f"(N, ...) with {math.prod(self.shape)} values a sample"
        x = self.check(x, expected, fits, f"{size} values do not fill {self.shape}")
        return x.reshape(len(x), *self.shape), x.shape  # eq:reshape.forward

    def backward(self, dy: np.ndarray, shape: Any) -> Any:
        return self.check_dy(dy, (shape[0], *self.shape)).reshape(shape)

    def tangent(self, v: np.ndarray, shape: Any) -> tuple[np.ndarray, Any]:
        return self.check_v(v, shape).reshape(len(v), *self.shape), shape

    def __repr__(self) -> str:
        return f"Reshape{self.shape}"


class Flatten(Layer):
    """(N, H, W, C) -> (N, H W C)."""

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        if x.ndim < 2:
            raise ShapeError(f"{self} expected an input of shape (N, ...), got {x.shape}: the first axis is the batch")
        return np.ascontiguousarray(as_array(self, x)).reshape(len(x), -1), x.shape  # eq:flatten.forward

    def backward(self, dy: np.ndarray, shape: Any) -> Any:
        return self.check_dy(dy, (shape[0], math.prod(shape[1:]))).reshape(shape)

    def tangent(self, v: np.ndarray, shape: Any) -> tuple[np.ndarray, Any]:
        return self.check_v(v, shape).reshape(len(v), -1), shape
