"""Functions of arrays that do all the heavy computing.  Each has a plain NumPy twin of the same name in `reference`.

The fast kernel runs for float32 and float64.  The twin runs for all other dtypes, such as the complex numbers of the
complex-step gradient check, for arrays of different dtypes, and inside `with use("reference"):`, which tests and lessons
use to compare the two.  Read reference.py first: it defines what is computed.  Each of the other files shows one way to
make it fast:

    product.py           dense layers: matrix products cut for our threads
    im2col.py            any convolution as one product per cached block
    winograd.py          4x4, stride 2, with 9 products instead of 16
    winograd_weights.py  the transform of its weights
    winograd3.py         3x3, stride 1, with 16 products instead of 36
    upconv.py            upsample + k x k as a transposed convolution
    convolution.py       which of these a shape gets
    elementwise.py       leaky ReLU, bias, Adam, running average
    pool.py              maxima of blocks
    norm.py              sums and statistics of columns, BatchNorm
    rows.py              loops over one row, which the others share
    parallel/            how kernels are compiled and run on several threads

Arrays are C-contiguous and of one dtype, images (N, H, W, C); the layers check shapes before they call.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import numpy as np

from minigan.kernels import convolution, elementwise, norm, pool, product, reference, upconv
from minigan.kernels.parallel.threads import get_shares, get_threads, set_threads

_in_use = "fast"


@contextmanager
def use(which: str) -> Iterator[None]:
    """`with use("reference"):` runs the plain NumPy twins, `with use("fast"):` the kernels, until the block ends.

    Raises
    ------
    ValueError
        If `which` is another word.
    """
    global _in_use
    if which not in ("fast", "reference"):
        raise ValueError(f'kernels.use: expected "fast" or "reference", got {which!r}')
    before, _in_use = _in_use, which
    try:
        yield
    finally:
        _in_use = before


def _with_twin(fast: Callable) -> Callable:
    """`fast` for float32 and float64, its twin in all other cases."""
    plain = getattr(reference, fast.__name__)

    @wraps(fast)
    def kernel(*args: Any, **kwargs: Any) -> Any:
        if _in_use == "reference":
            return plain(*args, **kwargs)
        dtype = args[0].dtype
        if dtype.char not in "fd":
            return plain(*args, **kwargs)
        for a in args:
            if isinstance(a, np.ndarray) and a.dtype is not dtype:  # NumPy has one object for each native dtype
                return plain(*args, **kwargs)
        return fast(*args, **kwargs)

    return kernel


conv2d = _with_twin(convolution.conv2d)
conv2d_dx = _with_twin(convolution.conv2d_dx)
conv2d_dW = _with_twin(convolution.conv2d_dW)
upconv2d = _with_twin(upconv.upconv2d)
upconv2d_dx = _with_twin(upconv.upconv2d_dx)
upconv2d_dW = _with_twin(upconv.upconv2d_dW)
dense = _with_twin(product.dense)
dense_dx = _with_twin(product.dense_dx)
dense_dW = _with_twin(product.dense_dW)
add_bias = _with_twin(elementwise.add_bias)
leaky_relu = _with_twin(elementwise.leaky_relu)
leaky_relu_dx = _with_twin(elementwise.leaky_relu_dx)
maxpool = _with_twin(pool.maxpool)
maxpool_dx = _with_twin(pool.maxpool_dx)
column_sums = _with_twin(norm.column_sums)
column_moments = _with_twin(norm.column_moments)
batchnorm = _with_twin(norm.batchnorm)
batchnorm_dx = _with_twin(norm.batchnorm_dx)
adam = _with_twin(elementwise.adam)
ema = _with_twin(elementwise.ema)

__all__ = [
    "adam", "add_bias", "batchnorm", "batchnorm_dx", "column_moments", "column_sums", "conv2d", "conv2d_dW",
    "conv2d_dx", "dense", "dense_dW", "dense_dx", "ema", "get_shares", "get_threads", "leaky_relu", "leaky_relu_dx",
    "maxpool", "maxpool_dx",
    "set_threads", "upconv2d", "upconv2d_dW", "upconv2d_dx", "use",
]  # fmt: skip
