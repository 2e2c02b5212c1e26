"""Change the resolution without parameters: average or maximum of k x k blocks, or the opposite, copying each pixel 2 x 2."""

from typing import Any

import numpy as np

from minigan import kernels
from minigan.layers.layer import Layer
from minigan.running.arguments import check_flag, check_whole


class _Pool(Layer):
    def __init__(self, k: int = 2, crop: bool = False):
        check_whole(type(self).__name__, k=k)
        check_flag(type(self).__name__, crop=crop)
        self.k, self.crop = k, crop

    def fit(self, x: np.ndarray) -> np.ndarray:
        complete = x.ndim == 4 and x.shape[1] % self.k == 0 == x.shape[2] % self.k
        fits = complete or (self.crop and x.ndim == 4 and min(x.shape[1:3]) >= self.k)
        return self.check(x, f"(N, H, W, C) with H and W divisible by {self.k}", fits, "pad or crop the image first")

    def blocks(self, x: np.ndarray) -> np.ndarray:  # (N, H, W, C) -> (N, H/k, k, W/k, k, C)
        (N, height, width, C), k = x.shape, self.k
        return x[:, : height // k * k, : width // k * k].reshape(N, height // k, k, width // k, k, C)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.k}{', crop=True' if self.crop else ''})"


class AvgPool2d(_Pool):
    """y = mean of each k x k block.   (N, H, W, C) -> (N, H/k, W/k, C);   dx = dy / k^2, to each pixel of the block.

    crop: see MaxPool2d.
    """

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return self.blocks(self.fit(x)).mean(axis=(2, 4)), x.shape  # eq:avgpool.forward

    def backward(self, dy: np.ndarray, shape: Any) -> Any:
        dx, (N, height, width, C), k = np.zeros(shape, dy.dtype), shape, self.k
        dy = self.check_dy(dy, (N, height // k, width // k, C))
        dx[:, : height // k * k, : width // k * k] = (dy / k**2).repeat(k, axis=1).repeat(k, axis=2)  # eq:avgpool.dx
        return dx

    def tangent(self, v: np.ndarray, shape: Any) -> tuple[np.ndarray, Any]:
        return self.blocks(self.check_v(v, shape)).mean(axis=(2, 4)), shape


class MaxPool2d(_Pool):
    """y = max of each k x k block.   (N, H, W, C) -> (N, H/k, W/k, C);   dx = dy where the maximum was (the first, if tied).

    crop=True drops the rows and columns beyond the last complete block, as PyTorch does; otherwise such an image is refused.
    """

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = self.fit(x)
        y = kernels.maxpool(x, self.k)  # eq:maxpool.forward
        return y, (x, y)

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        return kernels.maxpool_dx(self.check_dy(dy, cache[1].shape), *cache, self.k)  # eq:maxpool.dx

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        v, (x, y) = self.check_v(v, cache[0].shape), cache
        winners = kernels.maxpool_dx(np.ones_like(y), x, y, self.k)  # 1 where the maximum was
        return self.blocks(v * winners).sum(axis=(2, 4)), cache


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
