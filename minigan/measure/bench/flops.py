"""Count the operations of a step in matrix products: by the definition, and as actually executed.

A matrix product (m, k) (k, n) takes 2 m k n operations.  By definition, a convolution is one such product for each tap.  A fast
algorithm needs fewer: Winograd's 4x4 makes 9 products where the definition has 16, and a 3x3 with upsampling folded in makes 9
where the definition has 36.  So there are two meaningful rates, and both are reported:

    direct  operations of the definition / time     the rate a plain algorithm would need; may exceed the sgemm peak
    real    operations executed / time              how well the machine is used; at most the sgemm peak

The direct count follows from the shapes of each kernel call.  The real count comes from the kernels: each product they make
increments a counter (kernels/parallel/launch.py).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from minigan.kernels.parallel.launch import products
from minigan.measure.bench.calls import listening


def _conv(pixels: int, W: Any) -> int:  # k k C O multiplications and additions for each output pixel
    return 2 * pixels * math.prod(W.shape)


DIRECT: dict[str, Callable[..., int]] = {  # kernel -> operations by definition; no other kernel has a matrix product
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


def operations(kernel: str, arguments: Sequence) -> int:
    """Operations by definition; the arrays in `arguments` need only .shape and .size.  0 for a kernel without a matrix product."""
    return DIRECT[kernel](*arguments) if kernel in DIRECT else 0


def count(step: Callable[[], object]) -> tuple[int, int]:
    """Run one step -> (direct, real) operations in matrix products."""
    direct = real = 0

    def listener(name: str, function: Callable, args: tuple) -> Any:
        nonlocal direct, real
        expected, before = operations(name, args), products()
        result = function(*args)
        direct += expected
        # a kernel with its own loops, or a NumPy twin, increments no counter: it executes the definition
        real += (products() - before) or expected
        return result

    with listening(listener):
        step()
    return direct, real
