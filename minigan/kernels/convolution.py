"""Which algorithm computes a convolution: the choice by shape, in one place.

There are two Winograd kernels, 4x4 with stride 2 and 3x3 with stride 1, both with padding 1, for images that tiles cover
exactly.  They pay where the products are large: with enough channels (the transforms cost the same however few outputs
there are) and enough tiles (each product has one row per tile).  Speed relative to im2col, float32, forward, one thread:

    4x4 stride 2   channels 3 to 32: 0.5   16 to 32: 0.9   32 to 32: 1.1   64 to 128: 1.7   128 to 256: 1.8
    3x3 stride 1   channels 16 to 16: 1.4   32 to 32: 1.3   64 to 64: 1.6   128 to 128: 1.9

and with 8 tiles 0.5, with 32 tiles 0.9.

im2col computes everything else, and every odd shape.

W and dW may be views with their last two axes swapped, W.swapaxes(2, 3): the transposed convolution keeps its weights
(k, k, c_in, c_out) and calls conv2d_dx with "C = c_out, O = c_in".  The 4x4 Winograd kernel uses such weights without a
copy.
"""

from typing import Any

import numpy as np

from minigan.kernels import im2col, winograd, winograd3


def _winograd(W: np.ndarray, stride: int, pad: int, N: int, height: int, width: int) -> Any:
    # -> the Winograd module that pays for this shape, or None
    k, _, C, O = W.shape
    if pad == 1 and min(C, O) >= 16:
        if (k, stride, height % 4, width % 4) == (4, 2, 0, 0) and C * O >= 1024 and N * height * width >= 64 * 16:
            return winograd  # at least 64 tiles of 4 x 4 pixels
        if (k, stride, height % 2, width % 2) == (3, 1, 0, 0) and N * height * width >= 64 * 4:
            return winograd3  # at least 64 tiles of 2 x 2 pixels
    return None


def conv2d(x: np.ndarray, W: np.ndarray, stride: int, pad: int) -> np.ndarray:
    """y[i] = sum_a x[s i - p + a] W[a]: (N, H, W, C), (k, k, C, O) -> (N, H', W', O)."""
    x = np.ascontiguousarray(x)
    if tiles := _winograd(W, stride, pad, *x.shape[:3]):
        return tiles.conv2d(x, W)
    return im2col.conv2d(x, np.ascontiguousarray(W), stride, pad)


def conv2d_dx(dy: np.ndarray, W: np.ndarray, stride: int, pad: int, hw: tuple[int, int]) -> np.ndarray:
    """dx[s i - p + a] += dy[i] W[a]': (N, H', W', O), (k, k, C, O) -> (N, *hw, C), the transposed convolution."""
    dy = np.ascontiguousarray(dy)
    if tiles := _winograd(W, stride, pad, len(dy), *hw):
        return tiles.conv2d_dx(dy, W)
    return im2col.conv2d_dx(dy, np.ascontiguousarray(W), stride, pad, hw)


def conv2d_dW(x: np.ndarray, dy: np.ndarray, stride: int, pad: int, dW: np.ndarray) -> None:
    """dW[a] += x[s i - p + a]' dy[i], in place: (N, H, W, C), (N, H', W', O) -> (k, k, C, O)."""
    x, dy = np.ascontiguousarray(x), np.ascontiguousarray(dy)
    if tiles := _winograd(dW, stride, pad, *x.shape[:3]):
        tiles.conv2d_dW(x, dy, dW)
    elif dW.flags.c_contiguous:
        im2col.conv2d_dW(x, dy, stride, pad, dW)
    else:
        gradient = np.zeros(dW.shape, dW.dtype)
        im2col.conv2d_dW(x, dy, stride, pad, gradient)
        dW += gradient
