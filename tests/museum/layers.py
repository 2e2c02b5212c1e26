"""Products, convolutions, pooling: the backward pass is the adjoint of the forward pass, and any other pass is a bug.

Most of these were written by thinking of the backward pass as a *reverse* of the forward one (crop back, share out, flip)
instead of asking the only question there is: which outputs did this number reach, and how strongly?
"""

import numpy as np

from minigan import kernels
from minigan.kernels import reference
from minigan.layers import AvgPool2d, Conv2d, ConvTranspose2d, Dense, Flatten, MaxPool2d, Reshape, Upsample2x

from .instruments import derivatives, one_vector, steps
from .registry import exhibit

IMAGE = (2, 5, 7, 2)


@exhibit(
    story="`dW = x' dy` where `dW += x' dy` was meant: backward on the fakes erases what the real batch taught D",
    caught_by="D step, dtheta",
    check=steps(),
)
def gradient_assigned(patch):
    def dense_dW(x, dy, dW):
        dW[...] = x.T @ dy  # right: dW += x' dy

    patch(kernels, "dense_dW", dense_dW)


@exhibit(
    story="`self.W = xavier(...)` binds a new array in the layer's set-up: the optimizer moves theta, and W never hears of it",
    caught_by="layers see theta after a step",
    check=one_vector,
)
def weights_rebound(patch):
    def reset(self, rng):
        self.W = rng.standard_normal(self.W.shape)  # right: self.W[...] = ...

    patch(Dense, "reset", reset)


@exhibit(
    story="The border of the padded slope is cropped one pixel too early: every slope of a convolution lands beside its pixel",
    caught_by="dx",
    check=derivatives(lambda: [Conv2d(2, 3, 3, stride=1, pad=1)], IMAGE),
)
def padding_off_by_one(patch):
    def conv2d_dx(dy, W, stride, pad, hw):
        height, width = hw
        dx = reference.conv2d_dx(dy, W, stride, 0, (height + 2 * pad, width + 2 * pad))
        return dx[:, pad - 1 : pad - 1 + height, pad - 1 : pad - 1 + width]  # right: pad : pad + height

    patch(kernels, "conv2d_dx", conv2d_dx)


@exhibit(
    story="Backward as 'convolve dy with W' works in the stride-1 lecture; a strided D needs zeros between the slopes first",
    caught_by="dx",
    check=derivatives(lambda: [Conv2d(2, 3, 4, stride=2, pad=1)], (2, 6, 8, 2)),
)
def stride_forgotten_on_the_way_back(patch):
    def conv2d_dx(dy, W, stride, pad, hw):
        return reference.conv2d_dx(dy, W, 1, pad, hw)  # right: stride; dx[s i - p + a] += dy[i] W[a]'

    patch(kernels, "conv2d_dx", conv2d_dx)


@exhibit(
    story="scipy's convolve flips the kernel, deep learning's does not: forward with the one, backward with the other",
    caught_by="adjoint",
    check=derivatives(lambda: [ConvTranspose2d(2, 3, 3, stride=2, pad=1)], (2, 3, 4, 2)),
)
def transposed_convolution_flips(patch):
    def apply(self, x):
        flipped = self.W[::-1, ::-1].swapaxes(2, 3)  # right: no flip
        return reference.conv2d_dx(x, flipped, self.stride, self.pad, self.size(*x.shape[1:3]))

    patch(ConvTranspose2d, "apply", apply)


@exhibit(
    story="'One pixel became four, so take the mean of the four slopes': G's first layers learn at a quarter, a 16th, a 64th",
    caught_by="dx",
    check=derivatives(lambda: [Upsample2x()], IMAGE),
)
def upsampling_averages(patch):
    def backward(self, dy, shape):
        N, H, W, C = shape
        return dy.reshape(N, H, 2, W, 2, C).mean(axis=(2, 4))  # right: sum; each copy had its own effect

    patch(Upsample2x, "backward", backward)


@exhibit(
    story="Each pixel of a block gets the whole slope of its mean: above three 2 x 2 pools, D's gradient is 64 times too large",
    caught_by="dx",
    check=derivatives(lambda: [AvgPool2d(2)], (2, 4, 6, 3)),
)
def average_pool_keeps_all(patch):
    def backward(self, dy, shape):
        return dy.repeat(self.k, axis=1).repeat(self.k, axis=2)  # right: dy / k^2

    patch(AvgPool2d, "backward", backward)


@exhibit(
    story="Theano #5248: `x == max` pays every tie in full; on MNIST's black borders one slope becomes four",
    caught_by="dx",
    check=derivatives(lambda: [Upsample2x(), MaxPool2d(2)], IMAGE),  # together the identity, and nothing but ties
)
def max_pool_pays_every_tie(patch):
    def maxpool_dx(dy, x, y, k):
        hits = x == y.repeat(k, axis=1).repeat(k, axis=2)
        return hits * dy.repeat(k, axis=1).repeat(
            k, axis=2
        )  # right: the first of equal pixels, one winner for each block

    patch(kernels, "maxpool_dx", maxpool_dx)

    def tangent(self, v, cache):
        return self.blocks(v * maxpool_dx(np.ones_like(cache[1]), *cache, self.k)).max(axis=(2, 4)), cache

    patch(MaxPool2d, "tangent", tangent)


@exhibit(
    story="Channel-first code ported line by line: the slope is folded back as (C, H, W), the pixels are (H, W, C)",
    caught_by="dx",
    check=derivatives(lambda: [Flatten(), Dense(70, 3)], IMAGE),
)
def flatten_comes_back_in_another_order(patch):
    def backward(self, dy, shape):
        N, H, W, C = shape
        return dy.reshape(N, C, H, W).transpose(0, 2, 3, 1)  # right: dy.reshape(N, H, W, C)

    patch(Flatten, "backward", backward)


@exhibit(
    story="`reshape` where `transpose` was meant: the numbers fit, the picture is shredded, and only a derivative notices",
    caught_by="dx",
    check=derivatives(lambda: [Dense(3, 12), Reshape(2, 3, 2)], (2, 3)),
)
def reshape_in_fortran_order(patch):
    def backward(self, dy, shape):
        return dy.reshape(shape, order="F")  # right: the same order as forward

    patch(Reshape, "backward", backward)
