"""Upsample, then convolve: the generator's other way to grow an image, free of checkerboards.

A transposed convolution whose k is not a multiple of its stride reaches some pixels with more taps than others, and the
pattern shows (Odena et al. 2016, "Deconvolution and checkerboard artifacts").  Copying each pixel to a 2 x 2 block first and
convolving after treats all pixels alike.  Done as one layer, the copies are never made: a k x k kernel over a doubled
image sees only a few distinct pixels, so the kernels fold the copying into the weights.
"""

import math

from minigan import kernels
from minigan.layers.layer import HE, Layer, constant, normal, whole


class UpConv2d(Layer):
    """y = conv(up(x), W, pad k//2) + b,   up(x)[i, j] = x[i // 2, j // 2].

    x (N, H, W, c_in), W (k, k, c_in, c_out), b (c_out,) -> y (N, 2H, 2W, c_out); k is odd.
    """

    def __init__(self, c_in: int, c_out: int, k: int = 3, bias: bool = True, gain: float = HE):
        whole("UpConv2d", c_in=c_in, c_out=c_out, k=k)
        if k % 2 == 0:
            raise ValueError(f"UpConv2d needs an odd k, so that the output is exactly twice the input, got k={k}")
        self.c_in, self.c_out, self.k, self.bias = c_in, c_out, k, bias
        self.parameters = {"W": ((k, k, c_in, c_out), normal(gain / math.sqrt(k * k * c_in)))}
        if bias:
            self.parameters["b"] = ((c_out,), constant(0.0))

    def forward(self, x):  # (N, H, W, c_in) -> (N, 2H, 2W, c_out)
        hint = f"the last axis is the channels (channel-last), so UpConv2d({x.shape[-1]}, ...) would fit"
        x = self.check(x, f"(N, H, W, {self.c_in})", x.ndim == 4 and x.shape[3] == self.c_in, hint)
        y = kernels.upconv2d(x, self.W)
        if self.bias:
            kernels.add_bias(y, self.b)
        return y, (x, 1)

    def _slope(self, dy, x):
        return self.check_slope(dy, (len(x), 2 * x.shape[1], 2 * x.shape[2], self.c_out))

    def backward(self, dy, cache):  # (N, 2H, 2W, c_out) -> (N, H, W, c_in)
        return kernels.upconv2d_dx(self._slope(dy, cache[0]), self.W)

    def accumulate(self, dy, cache):
        x, one = cache  # one is 1 after forward; 0 after tangent, where the bias does not move
        dy = self._slope(dy, x)
        kernels.upconv2d_dW(x, dy, self.dW)
        if self.bias and one:
            self.db += dy.reshape(-1, self.c_out).sum(axis=0)

    def tangent(self, v, cache):
        v = self.check_tangent(v, cache[0].shape)
        return kernels.upconv2d(v, self.W), (v, 0)

    def __repr__(self):
        return f"UpConv2d({self.c_in}, {self.c_out}, {self.k}{'' if self.bias else ', bias=False'})"
