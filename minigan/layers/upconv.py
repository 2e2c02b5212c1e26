"""Upsample, then convolve: the other way for a generator to grow an image, without checkerboards.

A transposed convolution whose k is not a multiple of its stride reaches some pixels with more taps than others, and the
pattern shows (Odena et al. 2016, "Deconvolution and checkerboard artifacts").  Copying each pixel to a 2 x 2 block first
and then convolving treats all pixels alike.  In one layer the copies need not be made: a k x k kernel over a doubled
image sees only a few distinct pixels, so the copying is folded into the weights.
"""

import numpy as np

from minigan import kernels
from minigan.layers.conv import Convolution
from minigan.layers.parameters import HE
from minigan.running.arguments import check_whole


class UpConv2d(Convolution):
    """y = conv(up(x), W, pad k//2) + b,   up(x)[i, j] = x[i // 2, j // 2].

    x (N, H, W, c_in), W (k, k, c_in, c_out), b (c_out,) -> y (N, 2H, 2W, c_out); k is odd.
    """

    def __init__(self, c_in: int, c_out: int, k: int = 3, bias: bool = True, gain: float = HE):
        check_whole("UpConv2d", c_in=c_in, c_out=c_out, k=k)
        if k % 2 == 0:
            raise ValueError(f"UpConv2d needs an odd k, so that the output is exactly twice the input, got k={k}")
        super().__init__(c_in, c_out, k, bias=bias, gain=gain)

    def taps(self) -> float:
        return self.k * self.k * self.c_in

    def size(self, height: int, width: int) -> tuple[int, ...]:
        return 2 * height, 2 * width

    def apply(self, x: np.ndarray) -> np.ndarray:  # (N, H, W, c_in) -> (N, 2H, 2W, c_out)
        return kernels.upconv2d(x, self.W)  # eq:upconv.forward

    def adjoint(self, dy: np.ndarray, x: np.ndarray) -> np.ndarray:  # (N, 2H, 2W, c_out) -> (N, H, W, c_in)
        return kernels.upconv2d_dx(dy, self.W)  # eq:upconv.dx

    def outer(self, x: np.ndarray, dy: np.ndarray) -> None:
        kernels.upconv2d_dW(x, dy, self.dW)  # eq:upconv.dW
