"""Normalisation: subtract a mean, divide by a standard deviation, then scale and shift.  The layers differ only in what they average over.

    BatchNorm     each channel over the batch (and the image)     Ioffe and Szegedy 2015      mixes samples
    LayerNorm     each sample (and pixel) over its channels       Ba et al. 2016
    InstanceNorm  each channel of each sample over the image      Ulyanov et al. 2016
    PixelNorm     each pixel over its channels, no mean           Karras et al. 2018, sec. 4.2

One derivation covers them all.  With s = sqrt(var + eps), y = (x - mean x) / s and P u = u - mean u - y mean(y u):

    dx = P dy / s                 (the Jacobian P / s is symmetric, so J v = P v / s is the same line)
    curvature:  d/dx [dy . P v / s] = -P(dy mean(y v) + v mean(y dy)) / s^2 - y mean(dy P v) / s^2
"""

from typing import Any

import numpy as np

from minigan import kernels
from minigan.layers.layer import Layer
from minigan.layers.parameters import constant
from minigan.running.arguments import check_norm, check_range


def standardize(x: np.ndarray, axes: tuple, eps: float, center: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """x -> y = (x - mean) / s  and s = sqrt(var + eps), the moments over `axes`; without `center` the mean is taken as 0."""
    u = x - x.mean(axis=axes, keepdims=True) if center else x
    s = np.sqrt((u * u).mean(axis=axes, keepdims=True) + x.dtype.type(eps))
    return u / s, s  # eq:norm.standardize


def project(u: np.ndarray, y: np.ndarray, axes: tuple, center: bool = True) -> np.ndarray:
    """P u = u - mean u - y mean(y u):  what is left of a gradient once its effect on mean and scale is removed."""
    mean = u.mean(axis=axes, keepdims=True) if center else 0
    return u - mean - y * (y * u).mean(axis=axes, keepdims=True)  # eq:norm.project


def curve(dy: np.ndarray, v: np.ndarray, y: np.ndarray, s: np.ndarray, axes: tuple, center: bool = True) -> np.ndarray:
    """d/dx [dy . P v / s]:  the curvature of `standardize`."""
    mean_dy, mean_v = ((y * u).mean(axis=axes, keepdims=True) for u in (dy, v))
    through_y = project(dy * mean_v + v * mean_dy, y, axes, center)
    through_s = y * (dy * project(v, y, axes, center)).mean(axis=axes, keepdims=True)
    return -(through_y + through_s) / (s * s)  # eq:norm.curvature


class _SampleNorm(Layer):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, the moments taken within each sample."""

    curved = True
    axes: tuple

    def __init__(self, n: int, eps: float = 1e-5):
        check_norm(type(self).__name__, n, eps)
        self.n, self.eps = n, eps
        self.parameters = {"gamma": ((n,), constant(1.0)), "beta": ((n,), constant(0.0))}

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:  # (..., n) -> (..., n)
        hint = f"the last axis is the channels: {type(self).__name__}({x.shape[-1]}) would fit"
        image = self.axes == (1, 2)
        fits = x.shape[-1] == self.n and (x.ndim == 4 if image else x.ndim >= 2)
        x = self.check(x, f"({'N, H, W' if image else '...'}, {self.n})", fits, hint)
        xhat, s = standardize(x, self.axes, self.eps)
        return self.gamma * xhat + self.beta, (xhat, xhat, s, 1)  # eq:norm.affine

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        _, xhat, s, _ = cache
        return project(self.gamma * self.check_dy(dy, xhat.shape), xhat, self.axes) / s  # eq:norm.dx

    def accumulate(self, dy: np.ndarray, cache: Any) -> None:
        u, _, _, one = cache  # gamma multiplies u: xhat after forward, J v after tangent, where beta drops out
        dy = self.check_dy(dy, u.shape)
        axes = tuple(range(dy.ndim - 1))
        self.dgamma += (dy * u).sum(axis=axes)  # eq:norm.dgamma
        if one:
            self.dbeta += dy.sum(axis=axes)  # eq:norm.dbeta

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        _, xhat, s, _ = cache
        u = project(self.check_v(v, xhat.shape), xhat, self.axes) / s
        return self.gamma * u, (u, xhat, s, 0)  # eq:norm.tangent

    def curvature(self, dy: np.ndarray, v: np.ndarray, cache: Any) -> np.ndarray:
        _, xhat, s, _ = cache
        return curve(self.gamma * dy, v, xhat, s, self.axes)  # eq:norm.curvature

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n})"


class LayerNorm(_SampleNorm):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, the moments over the last axis.   (..., n) -> (..., n)

    Ba, Kiros and Hinton 2016, eq. 4.  For an image this normalises each pixel over its channels.
    """

    axes = (-1,)  # eq:layernorm.axes


class InstanceNorm(_SampleNorm):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, the moments over H and W.   (N, H, W, n) -> (N, H, W, n)

    Ulyanov, Vedaldi and Lempitsky 2016, eq. 1.
    """

    axes = (1, 2)  # eq:instancenorm.axes


class PixelNorm(Layer):
    """y = x / sqrt(mean_c x_c^2 + eps), over the last axis; no parameters.   (..., C) -> (..., C)

    Karras et al. 2018 (ProGAN), sec. 4.2.
    """

    curved = True
    axes = (-1,)

    def __init__(self, eps: float = 1e-8):
        check_range("PixelNorm", eps=eps)
        self.eps = eps

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = self.check(x, "(..., C) with at least two axes", x.ndim >= 2)
        y, s = standardize(x, self.axes, self.eps, center=False)  # eq:pixelnorm.forward
        return y, (y, s)

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        y, s = cache
        return project(self.check_dy(dy, y.shape), y, self.axes, center=False) / s  # eq:pixelnorm.dx

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        return self.backward(self.check_v(v, cache[0].shape), cache), cache  # the Jacobian P / s is symmetric

    def curvature(self, dy: np.ndarray, v: np.ndarray, cache: Any) -> np.ndarray:
        y, s = cache
        return curve(dy, v, y, s, self.axes, center=False)  # eq:norm.curvature


class BatchNorm(Layer):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, each channel over the whole batch.   (..., n) -> (..., n)

    Ioffe and Szegedy 2015, algorithm 1: the biased variance normalises; the unbiased one goes into the running average,
    running += momentum (batch - running), which `layer(x)` uses instead of the batch (as in PyTorch).
    Samples mix, so a D with a gradient penalty cannot contain one: `tangent` raises MixedSamplesError.
    """

    mixes = True

    def __init__(self, n: int, momentum: float = 0.1, eps: float = 1e-5):
        check_norm("BatchNorm", n, eps, momentum)
        self.n, self.momentum, self.eps = n, momentum, eps
        self.parameters = {"gamma": ((n,), constant(1.0)), "beta": ((n,), constant(0.0))}
        self.buffers = {"running_mean": ((n,), constant(0.0)), "running_var": ((n,), constant(1.0))}

    def _check(self, x: np.ndarray) -> np.ndarray:
        hint = f"the last axis is the channels (channel-last): BatchNorm({x.shape[-1]}) would fit"
        return self.check(x, f"(..., {self.n})", x.ndim >= 2 and x.shape[-1] == self.n, hint)

    def _inv_std(self, var: np.ndarray) -> np.ndarray:
        return 1 / np.sqrt(var + var.dtype.type(self.eps))

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:  # (..., n) -> (..., n)
        x = self._check(x)
        M = x.size // self.n  # how many values each channel's moments are taken over
        if M < 2:
            raise ValueError(f"{self} needs at least two values per channel, got {x.shape}: use a larger batch")
        mean, var = kernels.column_moments(x)  # eq:batchnorm.moments
        inv_std = self._inv_std(var)
        self.running_mean += self.momentum * (mean - self.running_mean)  # eq:batchnorm.running
        self.running_var += self.momentum * (var * (M / (M - 1)) - self.running_var)
        return kernels.batchnorm(x, mean, inv_std, self.gamma, self.beta), (x, mean, inv_std)  # eq:batchnorm.forward

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return kernels.batchnorm(  # eq:batchnorm.use
            self._check(x), self.running_mean, self._inv_std(self.running_var), self.gamma, self.beta
        )

    def learn(self, dy: np.ndarray, cache: Any) -> np.ndarray:  # one kernel gives all three gradients
        # dx = gamma / s (dy - dbeta / M - xhat dgamma / M)   eq:batchnorm.dx
        dx, dgamma, dbeta = kernels.batchnorm_dx(self.check_dy(dy, cache[0].shape), *cache, self.gamma)
        self.dgamma += dgamma  # eq:batchnorm.dgamma
        self.dbeta += dbeta  # eq:batchnorm.dbeta
        return dx

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        return kernels.batchnorm_dx(self.check_dy(dy, cache[0].shape), *cache, self.gamma)[0]

    def accumulate(self, dy: np.ndarray, cache: Any) -> None:
        self.learn(dy, cache)

    def __repr__(self) -> str:
        return f"BatchNorm({self.n})"
