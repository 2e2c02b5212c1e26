"""A convolution over time and space, made of the convolution of images: k_t frames at once are an image with more channels.

A clip is (N, T, H, W, C). Put each frame's k_t neighbours in time side by side along the channels, and a 3D convolution is the
2D convolution of those stacks. So there is no new kernel and no new mathematics: stacking is linear, and its adjoint adds each
frame's gradients from all the stacks that it is in.
"""

import math

import numpy as np

from minigan import kernels
from minigan.layers.layer import ShapeError
from minigan.layers.linear import Linear
from minigan.layers.parameters import HE, constant, normal
from minigan.running.arguments import check_linear, check_whole


class TemporalConv(Linear):
    """y[t, i] = sum_{a, b} x[s_t t - p_t + a, s i - p + b] W[b, a] + bias       (a 3D convolution, without flip).

    x (N, T, H, W, c_in), W (k, k, k_t, c_in, c_out), b (c_out,) -> y (N, T', H', W', c_out), with
    T' = (T + 2 p_t - k_t) // s_t + 1, and H', W' as in Conv2d.  Outside the clip, in time as in space, x counts as zero.
    Ji et al. 2010 (3D convolutional networks), eq. 2; in video GANs since Vondrick et al. 2016.

    Parameters
    ----------
    c_in, c_out : channels
    k, stride, pad : window, step and border in space
    k_t, stride_t, pad_t : the same in time; by default as in space
    bias, gain : as in Conv2d
    """

    def __init__(
        self, c_in: int, c_out: int, k: int, stride: int = 1, pad: int = 0, k_t: int | None = None,
        stride_t: int | None = None, pad_t: int | None = None, bias: bool = True, gain: float = HE,
    ):  # fmt: skip
        self.k, self.stride, self.pad = k, stride, pad
        self.k_t, self.stride_t = k if k_t is None else k_t, stride if stride_t is None else stride_t
        self.pad_t = pad if pad_t is None else pad_t
        check_whole("TemporalConv", c_in=c_in, c_out=c_out, k=k, stride=stride, k_t=self.k_t, stride_t=self.stride_t)
        check_whole("TemporalConv", least=0, below=k, pad=pad)
        check_whole("TemporalConv", least=0, below=self.k_t, pad_t=self.pad_t)
        check_linear("TemporalConv", bias, gain)
        self.c_in, self.c_out, self.bias = c_in, c_out, bias
        taps = k * k * self.k_t * c_in  # products in one output
        self.parameters = {"W": ((k, k, self.k_t, c_in, c_out), normal(gain / math.sqrt(taps)))}
        if bias:
            self.parameters["b"] = ((c_out,), constant(0.0))

    def size(self, frames: int, height: int, width: int) -> tuple[int, int, int]:
        """(T, H, W) -> (T', H', W')."""
        space = [(n + 2 * self.pad - self.k) // self.stride + 1 for n in (height, width)]
        return (frames + 2 * self.pad_t - self.k_t) // self.stride_t + 1, space[0], space[1]  # eq:temporal.size

    def out_shape(self, x: np.ndarray) -> tuple[int, ...]:
        return len(x), *self.size(*x.shape[1:4]), self.c_out

    def fit(self, x: np.ndarray) -> np.ndarray:
        hint = "the axes are (clips, frames, rows, columns, channels); one image a sample is for Conv2d"
        x = self.check(x, f"(N, T, H, W, {self.c_in})", x.ndim == 5 and x.shape[4] == self.c_in, hint)
        if min(self.size(*x.shape[1:4])) < 1:
            need = self.k_t - 2 * self.pad_t, self.k - 2 * self.pad
            raise ShapeError(
                f"{self} needs at least {need[0]} frames of {need[1]} x {need[1]}, got {x.shape[1]} of {x.shape[2]} x {x.shape[3]}"
            )
        return x

    def taps(self, frames: int) -> list[tuple[slice, slice]]:
        """For each tap a in time: the outputs t, and the frames s_t t - p_t + a of the clip that it meets there."""
        out, found = self.size(frames, self.k, self.k)[0], []
        for a in range(self.k_t):
            first = max(0, -((a - self.pad_t) // self.stride_t))  # the first t with s_t t - p_t + a >= 0
            end = min(out, (frames - 1 - a + self.pad_t) // self.stride_t + 1)
            start = self.stride_t * first - self.pad_t + a
            found.append((slice(first, end), slice(start, start + self.stride_t * (end - first), self.stride_t)))
        return found

    def stack(self, x: np.ndarray) -> np.ndarray:
        """S[t, a] = x[s_t t - p_t + a]: (N, T, H, W, c_in) -> images (N T', H, W, k_t c_in)."""
        N, T, H, W, _ = x.shape
        S = np.zeros((N, self.size(T, H, W)[0], H, W, self.k_t, self.c_in), x.dtype)
        for a, (out, seen) in enumerate(self.taps(T)):
            S[:, out, :, :, a] = x[:, seen]  # eq:temporal.stack
        return S.reshape(-1, H, W, self.k_t * self.c_in)

    def unstack(self, dS: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """dx[s_t t - p_t + a] += dS[t, a], the adjoint of `stack`: (N T', H, W, k_t c_in) -> `shape`, (N, T, H, W, c_in)."""
        N, T, H, W, _ = shape
        dS = dS.reshape(N, -1, H, W, self.k_t, self.c_in)
        dx = np.zeros(shape, dS.dtype)
        for a, (out, seen) in enumerate(self.taps(T)):
            dx[:, seen] += dS[:, out, :, :, a]  # eq:temporal.dx
        return dx

    def as_images(self, dy: np.ndarray) -> np.ndarray:  # (N, T', H', W', c_out) -> (N T', H', W', c_out)
        return dy.reshape(-1, *dy.shape[2:])

    def flat(self, W: np.ndarray) -> np.ndarray:  # (k, k, k_t, c_in, c_out) -> (k, k, k_t c_in, c_out), a view
        return W.reshape(self.k, self.k, -1, self.c_out)

    def apply(self, x: np.ndarray) -> np.ndarray:  # (N, T, H, W, c_in) -> (N, T', H', W', c_out)
        y = kernels.conv2d(self.stack(x), self.flat(self.W), self.stride, self.pad)  # eq:temporal.forward
        return y.reshape(self.out_shape(x))

    def adjoint(self, dy: np.ndarray, x: np.ndarray) -> np.ndarray:  # (N, T', H', W', c_out) -> (N, T, H, W, c_in)
        dS = kernels.conv2d_dx(self.as_images(dy), self.flat(self.W), self.stride, self.pad, x.shape[2:4])
        return self.unstack(dS, x.shape)

    def outer(self, x: np.ndarray, dy: np.ndarray) -> None:
        # dW[b, a] += sum over t, i of x[s_t t - p_t + a, s i - p + b]' dy[t, i]   eq:temporal.dW
        kernels.conv2d_dW(self.stack(x), self.as_images(dy), self.stride, self.pad, self.flat(self.dW))

    def __repr__(self) -> str:
        space = f"{self.k}, stride={self.stride}, pad={self.pad}"
        return f"TemporalConv({self.c_in}, {self.c_out}, {space}, k_t={self.k_t}, stride_t={self.stride_t}, pad_t={self.pad_t})"
