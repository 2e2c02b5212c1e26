"""Change the resolution without parameters: average or maximum of k x k blocks, or the opposite, copying each pixel 2 x 2."""

from typing import Any

import numpy as np

from minigan.layers.layer import Layer
from minigan.layers.parameters import check_sizes


class _Pool(Layer):
    def __init__(self, k: int = 2):
        check_sizes(type(self).__name__, k=k)
        self.k = k

    def blocks(self, x: np.ndarray) -> np.ndarray:  # (N, H, W, C) -> (N, H/k, W/k, C, k k)
        k = self.k
        fits = x.ndim == 4 and x.shape[1] % k == 0 and x.shape[2] % k == 0
        x = self.check(x, f"(N, H, W, C) with H and W divisible by {k}", fits, "pad or crop the image first")
        N, height, width, C = x.shape
        split = x.reshape(N, height // k, k, width // k, k, C)
        return split.transpose(0, 1, 3, 5, 2, 4).reshape(N, height // k, width // k, C, k * k)

    def unblock(self, blocks: np.ndarray) -> np.ndarray:  # (N, H/k, W/k, C, k k) -> (N, H, W, C)
        N, rows, columns, C, _ = blocks.shape
        split = blocks.reshape(N, rows, columns, C, self.k, self.k).transpose(0, 1, 4, 2, 5, 3)
        return np.ascontiguousarray(split).reshape(N, rows * self.k, columns * self.k, C)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.k})"


class AvgPool2d(_Pool):
    """y = mean of each k x k block.   (N, H, W, C) -> (N, H/k, W/k, C);   dx = dy / k^2, to each pixel of the block."""

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return self.blocks(x).mean(axis=-1), x.shape  # eq:avgpool.forward

    def backward(self, dy: np.ndarray, shape: Any) -> Any:
        N, height, width, C = shape
        dy = self.check_dy(dy, (N, height // self.k, width // self.k, C))
        return (dy / self.k**2).repeat(self.k, axis=1).repeat(self.k, axis=2)  # eq:avgpool.dx

    def tangent(self, v: np.ndarray, shape: Any) -> tuple[np.ndarray, Any]:
        return self.blocks(self.check_v(v, shape)).mean(axis=-1), shape


class MaxPool2d(_Pool):
    """y = max of each k x k block.   (N, H, W, C) -> (N, H/k, W/k, C);   dx = dy where the maximum was (the first, if tied)."""

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        blocks = self.blocks(x)
        winner = blocks.real.argmax(axis=-1)[..., None]  # (N, H/k, W/k, C, 1)
        return np.take_along_axis(blocks, winner, axis=-1)[..., 0], (winner, x.shape)  # eq:maxpool.forward

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        winner, _ = cache
        dy = self.check_dy(dy, winner.shape[:-1])
        blocks = np.zeros((*dy.shape, self.k**2), dy.dtype)
        np.put_along_axis(blocks, winner, dy[..., None], axis=-1)  # eq:maxpool.dx
        return self.unblock(blocks)

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        winner, shape = cache
        return np.take_along_axis(self.blocks(self.check_v(v, shape)), winner, axis=-1)[..., 0], cache


class Upsample2x(Layer):
    """y[i, j] = x[i // 2, j // 2].   (N, H, W, C) -> (N, 2H, 2W, C);   dx = the sum over each 2 x 2 block of dy."""

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = self.check(x, "(N, H, W, C)", x.ndim == 4)
        return x.repeat(2, axis=1).repeat(2, axis=2), x.shape  # eq:upsample.forward

    def backward(self, dy: np.ndarray, shape: Any) -> Any:
        N, height, width, C = shape
        dy = self.check_dy(dy, (N, 2 * height, 2 * width, C))
        return dy.reshape(N, height, 2, width, 2, C).sum(axis=(2, 4))  # eq:upsample.dx

    def tangent(self, v: np.ndarray, shape: Any) -> tuple[np.ndarray, Any]:
        return self.check_v(v, shape).repeat(2, axis=1).repeat(2, axis=2), shape
