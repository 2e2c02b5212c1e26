"""The convolution and its adjoint, the transposed convolution.

A convolution is a dense layer that looks through a k x k window and uses the same weights at every position.  It can shrink
an image (D); its adjoint, the transposed convolution, grows one (G).  So ConvTranspose2d needs no mathematics of its own:
its forward is Conv2d's backward, and its backward is Conv2d's forward.
"""

import math

import numpy as np

from minigan import kernels
from minigan.layers.layer import ShapeError
from minigan.layers.linear import Linear
from minigan.layers.parameters import HE, constant, normal
from minigan.running.arguments import check_linear, check_whole


class Convolution(Linear):
    """What the convolutions share: the parameters and the checks.

    A subclass defines how many products one output sums (`taps`) and the size of the output (`size`).
    """

    def __init__(
        self, c_in: int, c_out: int, k: int, stride: int = 1, pad: int = 0, bias: bool = True, gain: float = HE
    ):
        name = type(self).__name__
        check_whole(name, c_in=c_in, c_out=c_out, k=k, stride=stride)
        check_whole(name, least=0, below=k, pad=pad)  # with pad = k the border would see only zeros
        check_linear(name, bias, gain)
        self.c_in, self.c_out, self.k, self.stride, self.pad, self.bias = c_in, c_out, k, stride, pad, bias
        self.parameters = {"W": ((k, k, c_in, c_out), normal(gain / math.sqrt(self.taps())))}  # eq:init.he
        if bias:
            self.parameters["b"] = ((c_out,), constant(0.0))

    def out_shape(self, x: np.ndarray) -> tuple[int, ...]:
        return len(x), *self.size(*x.shape[1:3]), self.c_out

    def fit(self, x: np.ndarray) -> np.ndarray:
        hint = f"the last axis is the channels (channel-last), so {type(self).__name__}({x.shape[-1]}, ...) would fit"
        if x.ndim == 4 and x.shape[1] == self.c_in != x.shape[3]:
            hint += "; if this is PyTorch's (N, C, H, W), use x.transpose(0, 2, 3, 1)"
        x = self.check(x, f"(N, H, W, {self.c_in})", x.ndim == 4 and x.shape[3] == self.c_in, hint)
        if min(self.size(*x.shape[1:3])) < 1:
            need = self.k - 2 * self.pad
            raise ShapeError(f"{self} needs an image of at least {need} x {need}, got {x.shape[1]} x {x.shape[2]}")
        return x

    def __repr__(self) -> str:
        options = {"stride": (self.stride, 1), "pad": (self.pad, 0), "bias": (self.bias, True)}
        extra = "".join(f", {name}={value}" for name, (value, default) in options.items() if value != default)
        return f"{type(self).__name__}({self.c_in}, {self.c_out}, {self.k}{extra})"


class Conv2d(Convolution):
    """y[i] = sum_a x[s i - p + a] W[a] + b       (cross-correlation, as in every deep-learning library).

    x (N, H, W, c_in), W (k, k, c_in, c_out), b (c_out,) -> y (N, H', W', c_out),  H' = (H + 2 pad - k) // stride + 1.
    Dumoulin and Visin, "A guide to convolution arithmetic" (2016), relationship 6.
    """

    def taps(self) -> float:
        return self.k * self.k * self.c_in  # products in one output: the fan-in   eq:conv.fan_in

    def size(self, height: int, width: int) -> tuple[int, ...]:
        return tuple((n + 2 * self.pad - self.k) // self.stride + 1 for n in (height, width))  # eq:conv.size

    def apply(self, x: np.ndarray) -> np.ndarray:  # (N, H, W, c_in) -> (N, H', W', c_out)
        return kernels.conv2d(x, self.W, self.stride, self.pad)  # y[i] = sum_a x[s i - p + a] W[a]   eq:conv.forward

    def adjoint(self, dy: np.ndarray, x: np.ndarray) -> np.ndarray:  # (N, H', W', c_out) -> (N, H, W, c_in)
        # dx[s i - p + a] += dy[i] W[a]'   eq:conv.dx
        return kernels.conv2d_dx(dy, self.W, self.stride, self.pad, x.shape[1:3])

    def outer(self, x: np.ndarray, dy: np.ndarray) -> None:
        kernels.conv2d_dW(x, dy, self.stride, self.pad, self.dW)  # dW[a] += sum_i x[s i - p + a]' dy[i]   eq:conv.dW


class ConvTranspose2d(Convolution):
    """y[s i - p + a] += x[i] W[a],  then + b       (the adjoint of a convolution; no flip).

    x (N, H, W, c_in), W (k, k, c_in, c_out), b (c_out,) -> y (N, H', W', c_out),  H' = (H - 1) stride - 2 pad + k.
    Dumoulin and Visin (2016), relationship 13.  k = 4, stride = 2, pad = 1 doubles an image exactly.
    """

    def taps(self) -> float:
        # each output pixel is reached by (k / s)^2 taps   eq:conv_transpose.fan_in
        return max(1.0, (self.k / self.stride) ** 2) * self.c_in

    def size(self, height: int, width: int) -> tuple[int, ...]:
        return tuple((n - 1) * self.stride - 2 * self.pad + self.k for n in (height, width))  # eq:conv_transpose.size

    def apply(self, x: np.ndarray) -> np.ndarray:  # (N, H, W, c_in) -> (N, H', W', c_out)
        # y[s i - p + a] += x[i] W[a]   eq:conv_transpose.forward
        return kernels.conv2d_dx(x, self.W.swapaxes(2, 3), self.stride, self.pad, self.size(*x.shape[1:3]))

    def adjoint(self, dy: np.ndarray, x: np.ndarray) -> np.ndarray:  # (N, H', W', c_out) -> (N, H, W, c_in)
        # dx[i] = sum_a dy[s i - p + a] W[a]'   eq:conv_transpose.dx
        return kernels.conv2d(dy, self.W.swapaxes(2, 3), self.stride, self.pad)

    def outer(self, x: np.ndarray, dy: np.ndarray) -> None:
        # dW[a]' += sum_i dy[s i - p + a]' x[i]   eq:conv_transpose.dW
        kernels.conv2d_dW(dy, x, self.stride, self.pad, self.dW.swapaxes(2, 3))
