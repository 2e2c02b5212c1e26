"""Arrays in, arrays out: the hot path.  Every name here has a plain twin of the same signature in `reference`."""

from minigan.kernels.reference import (
    adam,
    add_bias,
    batchnorm,
    batchnorm_dx,
    column_moments,
    conv2d,
    conv2d_dW,
    conv2d_dx,
    dense,
    dense_dW,
    dense_dx,
    ema,
    leaky_relu,
    leaky_relu_dx,
    upconv2d,
    upconv2d_dW,
    upconv2d_dx,
)
