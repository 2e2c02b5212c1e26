"""The plain NumPy twin of every kernel: as short as its formula, for any float dtype, and slow.

This file is the specification.  The fast kernels (im2col, Winograd, fused Numba loops) must return what these functions
return; their tests compare the two.  The complex-step gradient check uses these, because they accept complex numbers.

A convolution is one sum, read in three directions (i: output pixel, a: tap of the k x k kernel, s: stride, p:
padding):

    y[i]            = sum_a  x[s i - p + a] W[a]         conv2d       forward
    dx[s i - p + a] += sum_o dy[i] W[a]'                 conv2d_dx    its adjoint in x: the transposed convolution
    dW[a]           += sum_i x[s i - p + a]' dy[i]       conv2d_dW    its adjoint in W
"""

from collections.abc import Iterator

import numpy as np


def _taps(k: int, stride: int, rows: int, columns: int) -> Iterator[tuple[int, int, slice, slice]]:
    """Yield (a, b, the rows and columns that tap (a, b) touches in the padded image)."""
    for a in range(k):
        for b in range(k):
            yield a, b, slice(a, a + stride * rows, stride), slice(b, b + stride * columns, stride)


def _pad(x: np.ndarray, pad: int) -> np.ndarray:
    return np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def conv2d(x: np.ndarray, W: np.ndarray, stride: int, pad: int) -> np.ndarray:
    # (N, H, W, C), (k, k, C, O) -> (N, H', W', O)
    k, O = W.shape[0], W.shape[3]
    rows, columns = ((n + 2 * pad - k) // stride + 1 for n in x.shape[1:3])
    xp = _pad(x, pad)
    y = np.zeros((len(x), rows, columns, O), x.dtype)
    for a, b, i, j in _taps(k, stride, rows, columns):
        y += xp[:, i, j] @ W[a, b]  # y[i] += x[s i - p + a] W[a]   eq:conv.forward
    return y


def conv2d_dx(dy: np.ndarray, W: np.ndarray, stride: int, pad: int, hw: tuple[int, int]) -> np.ndarray:
    # (N, H', W', O), (k, k, C, O) -> (N, *hw, C)
    height, width = hw
    dxp = np.zeros((len(dy), height + 2 * pad, width + 2 * pad, W.shape[2]), dy.dtype)
    for a, b, i, j in _taps(W.shape[0], stride, *dy.shape[1:3]):
        dxp[:, i, j] += dy @ W[a, b].T  # dx[s i - p + a] += dy[i] W[a]'   eq:conv.dx
    return np.ascontiguousarray(dxp[:, pad : pad + height, pad : pad + width])


def conv2d_dW(x: np.ndarray, dy: np.ndarray, stride: int, pad: int, dW: np.ndarray) -> None:
    # (N, H, W, C), (N, H', W', O), (k, k, C, O) in place
    xp = _pad(x, pad)
    for a, b, i, j in _taps(dW.shape[0], stride, *dy.shape[1:3]):
        # dW[a] += x[s i - p + a]' dy[i]   eq:conv.dW
        dW[a, b] += np.tensordot(xp[:, i, j], dy, axes=((0, 1, 2), (0, 1, 2)))


def upconv2d(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    # (N, H, W, C), (k, k, C, O) -> (N, 2H, 2W, O): nearest x2, then "same" convolution
    return conv2d(x.repeat(2, axis=1).repeat(2, axis=2), W, 1, W.shape[0] // 2)  # eq:upconv.forward


def upconv2d_dx(dy: np.ndarray, W: np.ndarray) -> np.ndarray:  # (N, 2H, 2W, O), (k, k, C, O) -> (N, H, W, C)
    N, height, width, _ = dy.shape
    du = conv2d_dx(dy, W, 1, W.shape[0] // 2, (height, width))
    # each pixel was copied four times   eq:upconv.dx
    return du.reshape(N, height // 2, 2, width // 2, 2, W.shape[2]).sum(axis=(2, 4))


def upconv2d_dW(x: np.ndarray, dy: np.ndarray, dW: np.ndarray) -> None:
    # (N, H, W, C), (N, 2H, 2W, O), (k, k, C, O) in place
    conv2d_dW(x.repeat(2, axis=1).repeat(2, axis=2), dy, 1, dW.shape[0] // 2, dW)  # eq:upconv.dW


def dense(x: np.ndarray, W: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    # (N, n), (n, m), (m,) or None -> (N, m)
    y = x @ W  # eq:dense.forward
    return y if b is None else y + b


def dense_dx(dy: np.ndarray, W: np.ndarray) -> np.ndarray:  # (N, m), (n, m) -> (N, n)
    return dy @ W.T  # eq:dense.dx


def dense_dW(x: np.ndarray, dy: np.ndarray, dW: np.ndarray) -> None:  # (N, n), (N, m), (n, m) in place
    dW += x.T @ dy  # eq:dense.dW


def add_bias(y: np.ndarray, b: np.ndarray) -> None:  # (..., C), (C,) in place
    y += b  # eq:linear.forward


def leaky_relu(x: np.ndarray, alpha: float) -> np.ndarray:
    return np.where(x.real > 0, x, alpha * x)  # eq:leaky_relu.forward


def leaky_relu_dx(dy: np.ndarray, x: np.ndarray, alpha: float) -> np.ndarray:
    return np.where(x.real > 0, dy, alpha * dy)  # eq:leaky_relu.dx


def _pixel(
    x: np.ndarray, k: int, p: int
) -> np.ndarray:  # (N, H, W, C) -> (N, H // k, W // k, C): pixel p of each block
    rows, columns = x.shape[1] // k * k, x.shape[2] // k * k
    return x[:, p // k : rows : k, p % k : columns : k]


def maxpool(x: np.ndarray, k: int) -> np.ndarray:  # (N, H, W, C) -> (N, H // k, W // k, C)
    pixels = np.stack([_pixel(x, k, p) for p in range(k * k)])
    return np.take_along_axis(pixels, pixels.real.argmax(axis=0)[None], axis=0)[0]  # eq:maxpool.forward


def maxpool_dx(dy: np.ndarray, x: np.ndarray, y: np.ndarray, k: int) -> np.ndarray:
    # (N, H', W', C), (N, H, W, C), (N, H', W', C) -> (N, H, W, C)
    dx, left = np.zeros(x.shape, dy.dtype), dy.copy()
    for p in range(k * k):
        found = _pixel(x, k, p).real == y.real
        _pixel(dx, k, p)[...] = np.where(found, left, 0)  # dy where the maximum was   eq:maxpool.dx
        left[found] = 0  # the first of equal pixels gets it all
    return dx


def column_sums(x: np.ndarray) -> np.ndarray:  # (..., C) -> (C,)
    return x.sum(axis=tuple(range(x.ndim - 1)))  # eq:linear.db


def column_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # (..., C) -> mean (C,), var (C,): biased, as in the BatchNorm paper
    axes = tuple(range(x.ndim - 1))
    mean = x.mean(axis=axes)
    return mean, ((x - mean) ** 2).mean(axis=axes)  # eq:batchnorm.moments


def batchnorm(x: np.ndarray, mean: np.ndarray, inv_std: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    # (..., C)
    return (x - mean) * inv_std * gamma + beta  # eq:batchnorm.forward


def batchnorm_dx(
    dy: np.ndarray, x: np.ndarray, mean: np.ndarray, inv_std: np.ndarray, gamma: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    # (..., C) -> dx (..., C), dgamma (C,), dbeta (C,)
    axes = tuple(range(x.ndim - 1))
    M = x.size // max(x.shape[-1], 1)
    xhat = (x - mean) * inv_std
    dbeta = dy.sum(axis=axes)  # eq:batchnorm.dbeta
    dgamma = (dy * xhat).sum(axis=axes)  # eq:batchnorm.dgamma
    dx = gamma * inv_std * (dy - dbeta / M - xhat * dgamma / M)  # eq:batchnorm.dx
    return dx, dgamma, dbeta


def adam(
    theta: np.ndarray, grad: np.ndarray, m: np.ndarray, v: np.ndarray, lr: float, beta1: float, beta2: float, eps: float,
    t: int
) -> None:  # fmt: skip
    # (P,) each, in place; grad is zeroed
    m += (1 - beta1) * (grad - m)
    v += (1 - beta2) * (grad * grad - v)
    theta -= lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)  # eq:adam
    grad[...] = 0


def ema(average: np.ndarray, theta: np.ndarray, decay: float) -> None:  # (P,) in place
    average += (1 - decay) * (theta - average)  # eq:ema
