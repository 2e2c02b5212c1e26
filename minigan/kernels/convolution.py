"""Which algorithm computes a convolution: the choice by shape, in one place."""

from minigan.kernels import im2col

conv2d = im2col.conv2d
conv2d_dx = im2col.conv2d_dx
conv2d_dW = im2col.conv2d_dW
