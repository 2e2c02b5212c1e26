"""Change the resolution without parameters: average or maximum of k x k blocks, or the opposite, copying each pixel 2 x 2."""

from typing import Any

import numpy as np

from minigan import kernels
from minigan.layers.layer import Layer
from minigan.layers.parameters import check_sizes


class _Pool(Layer):
    crop = False

    def __init__(self, k: int = 2):
        check_sizes(type(self).__name__, k=k)
        self.k = k

    def fit(self, x: np.ndarray) -> np.ndarray:
        complete = x.ndim == 4 and x.shape[1] % self.k == 0 == x.shape[2] % self.k
        fits = complete or (self.crop and x.ndim == 4 and min(x.shape[1:3]) >= self.k)
        return self.check(x, f"(N, H, W, C) with H and W divisible by {self.k}", fits, "pad or crop the image first")

    def blocks(self, x: np.ndarray) -> np.ndarray:  # (N, H, W, C) -> (N, H/k, W/k, C, k k)
        (N, height, width, C), k = x.shape, self.k
        split = x[:, : height // k * k, : width // k * k].reshape(N, height // k, k, width // k, k, C)
        return split.transpose(0, 1, 3, 5, 2, 4).reshape(N, height // k, width // k, C, k * k)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.k}{', crop=True' if self.crop else ''})"


class AvgPool2d(_Pool):
    """y = mean of each k x k block.   (N, H, W, C) -> (N, H/k, W/k, C);   dx = dy / k^2, to each pixel of the block."""

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = self.fit(x)
        return self.blocks(x).mean(axis=-1), x.shape  # eq:avgpool.forward

    def backward(self, dy: np.ndarray, shape: Any) -> Any:
        N, height, width, C = shape
        dy = self.check_dy(dy, (N, height // self.k, width // self.k, C))
        return (dy / self.k**2).repeat(self.k, axis=1).repeat(self.k, axis=2)  # eq:avgpool.dx

    def tangent(self, v: np.ndarray, shape: Any) -> tuple[np.ndarray, Any]:
        return self.blocks(self.check_v(v, shape)).mean(axis=-1), shape


class MaxPool2d(_Pool):
    """y = max of each k x k block.   (N, H, W, C) -> (N, H/k, W/k, C);   dx = dy where the maximum was (the first, if tied).

    crop=True drops the rows and columns beyond the last complete block, as PyTorch does; otherwise such an image is refused.
    """

    def __init__(self, k: int = 2, crop: bool = False):
        super().__init__(k)
        self.crop = crop

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = self.fit(x)
        y = kernels.maxpool(x, self.k)  # eq:maxpool.forward
        return y, (x, y)

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        x, y = cache
        return kernels.maxpool_dx(self.check_dy(dy, y.shape), x, y, self.k)  # eq:maxpool.dx

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        x, y = cache
        v = self.check_v(v, x.shape)
        winners = kernels.maxpool_dx(np.ones_like(y), x, y, self.k)  # 1 where the maximum was
        return self.blocks(v * winners).sum(axis=-1), cache


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
