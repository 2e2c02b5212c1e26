"""How much a step multiplies: by the definition, and in truth.

A matrix product (m, k) (k, n) is 2 m k n operations.  A convolution by its definition is one such product for each tap; a fast
algorithm does fewer: Winograd's 4x4 has 9 products where the definition has 16, and an upsampling 3x3 folded into it 9 where
the definition has 36.  So there are two honest rates, and both are shown:

    direct  operations of the definition / time     what one would have to reach without the algorithm; may exceed the peak
    real    operations truly done / time            how well the machine is used; its share of the sgemm peak is below 1

The direct count follows from the shapes of each kernel call.  The real one is taken where the work is: each product of the
kernels counts itself (kernels/blas.py).
"""

import math
from collections.abc import Callable

from minigan.kernels.parallel.threads import products
from minigan.measure.bench.calls import listening


def _conv(pixels, W):  # each output pixel of a convolution: k k C O products
    return 2 * pixels * math.prod(W.shape)


DIRECT = {  # kernel -> operations of the definition, from its arguments.  Every other kernel has no matrix product.
    "dense": lambda x, W, *_: 2 * x.shape[0] * W.size,
    "dense_dx": lambda dy, W, *_: 2 * dy.shape[0] * W.size,
    "dense_dW": lambda x, dy, dW: 2 * x.shape[0] * dW.size,
    "conv2d": lambda x, W, stride, pad: _conv(
        x.shape[0] * math.prod((n + 2 * pad - W.shape[0]) // stride + 1 for n in x.shape[1:3]), W
    ),
    "conv2d_dx": lambda dy, W, *_: _conv(math.prod(dy.shape[:3]), W),
    "conv2d_dW": lambda x, dy, stride, pad, dW: _conv(math.prod(dy.shape[:3]), dW),
    "upconv2d": lambda x, W: _conv(4 * math.prod(x.shape[:3]), W),
    "upconv2d_dx": lambda dy, W: _conv(math.prod(dy.shape[:3]), W),
    "upconv2d_dW": lambda x, dy, dW: _conv(math.prod(dy.shape[:3]), dW),
}


def operations(kernel: str, arguments) -> int:
    """Of the definition, from arguments that have .shape and .size; 0 for a kernel without a matrix product."""
    return DIRECT[kernel](*arguments) if kernel in DIRECT else 0


def count(step: Callable[[], None]) -> tuple[int, int]:
    """Run one step -> (direct, real) operations in matrix products."""
    direct = real = 0

    def listener(name, function, args):
        nonlocal direct, real
        expected, before = operations(name, args), products()
        result = function(*args)
        direct += expected
        # a kernel that multiplies in its own loops, as the twins do, does what the definition says
        real += (products() - before) or expected
        return result

    with listening(listener):
        step()
    return direct, real
