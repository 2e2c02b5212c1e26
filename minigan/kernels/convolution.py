"""Which algorithm computes a convolution: the choice by shape, in one place.

Winograd's way needs 4x4, stride 2, padding 1, sides that divide by 4, and pays where the products are large: enough channels
(its transforms touch each number of x about twice, whatever O) and enough tiles (each of the nine products has one row a tile).
Measured against im2col: 0.4 times as fast at 3 to 32 channels, 1.1 at 32 to 32, 1.7 at 64 to 128, 1.8 at 128 to 256; with 8
tiles 0.5, with 32 tiles 0.9, from 64 tiles on faster.  Everything else, and every odd shape, is im2col's.

W and dW may be views with their last two axes swapped, W.swapaxes(2, 3): the transposed convolution keeps its weights (k, k,
c_in, c_out) and calls conv2d_dx with "C = c_out, O = c_in".  Winograd uses such weights as they lie in memory.
"""

import numpy as np

from minigan.kernels import im2col, winograd


def _suits_winograd(W, stride, pad, N, height, width):
    k, _, C, O = W.shape
    return (
        (k, stride, pad, height % 4, width % 4) == (4, 2, 1, 0, 0)
        and min(C, O) >= 16
        and C * O >= 1024
        and N * height * width >= 64 * 16  # 64 tiles of 4 x 4 pixels
    )


def conv2d(x: np.ndarray, W: np.ndarray, stride: int, pad: int) -> np.ndarray:
    """y[i] = sum_a x[s i - p + a] W[a]: (N, H, W, C), (k, k, C, O) -> (N, H', W', O)."""
    if _suits_winograd(W, stride, pad, *x.shape[:3]):
        return winograd.conv2d(x, W)
    return im2col.conv2d(x, np.ascontiguousarray(W), stride, pad)


def conv2d_dx(dy: np.ndarray, W: np.ndarray, stride: int, pad: int, hw: tuple[int, int]) -> np.ndarray:
    """dx[s i - p + a] += dy[i] W[a]': (N, H', W', O), (k, k, C, O) -> (N, *hw, C); the transposed convolution's forward."""
    if _suits_winograd(W, stride, pad, len(dy), *hw):
        return winograd.conv2d_dx(dy, W)
    return im2col.conv2d_dx(dy, np.ascontiguousarray(W), stride, pad, hw)


def conv2d_dW(x: np.ndarray, dy: np.ndarray, stride: int, pad: int, dW: np.ndarray) -> None:
    """dW[a] += x[s i - p + a]' dy[i], in place: (N, H, W, C), (N, H', W', O) -> (k, k, C, O)."""
    if _suits_winograd(dW, stride, pad, *x.shape[:3]):
        winograd.conv2d_dW(x, dy, dW)
    elif dW.flags.c_contiguous:
        im2col.conv2d_dW(x, dy, stride, pad, dW)
    else:
        slopes = np.zeros(dW.shape, dW.dtype)
        im2col.conv2d_dW(x, dy, stride, pad, slopes)
        dW += slopes
