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
    checks.py            which arrays a kernel accepts
    vectors.py           which vectors an optimizer accepts

Images are (N, H, W, C).  Each kernel checks its arguments (checks.py); arrays that are empty or of different dtypes, or of
another byte order, get the twin, and so does a signal handler that interrupts the compiler.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import signature
from typing import Any

import numpy as np

from minigan.kernels import convolution, elementwise, norm, pool, product, reference, upconv
from minigan.kernels.checks import Arguments
from minigan.kernels.parallel.jit import compiling
from minigan.kernels.parallel.threads import get_shares, get_threads, set_threads
from minigan.kernels.vectors import check_vectors

_in_use: ContextVar[str] = ContextVar("minigan kernels in use", default="fast")


@contextmanager
def use(which: str) -> Iterator[None]:
    """`with use("reference"):` runs the plain NumPy twins, `with use("fast"):` the kernels, until the block ends.

    It holds for the thread (or asyncio task) that enters the block, not for others that run at the same time.

    Raises
    ------
    ValueError
        If `which` is another word.
    """
    if which not in ("fast", "reference"):
        raise ValueError(f'kernels.use: expected "fast" or "reference", got {which!r}')
    before = _in_use.get()
    try:
        _in_use.set(which)
        yield
    finally:
        _in_use.set(before)


def _with_twin(fast: Callable, arrays: str, rule: Callable[..., str] | None = None) -> Callable:
    """`fast` where compiled code can compute the call, its twin in all other cases; `arrays` and `rule`: see checks.py."""
    plain = getattr(reference, fast.__name__)
    parameters = signature(fast)
    arguments = Arguments(fast.__name__, list(parameters.parameters), arrays, rule)

    @wraps(fast)
    def kernel(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            args = parameters.bind(*args, **kwargs).args
        if arguments.compiled(args) and _in_use.get() == "fast" and not compiling():
            return fast(*args)
        return plain(*args)

    return kernel


def _whole(name: str, n: Any, least: int) -> str:
    return "" if isinstance(n, int | np.integer) and n >= least else f"{name} must be a whole number >= {least}"


def _size(n: int, k: int, stride: int, pad: int) -> int:  # of a convolution's output
    return (n + 2 * pad - k) // stride + 1


def _conv(sizes: Mapping[str, int], stride: int, pad: int, hw: Any = None) -> str:
    """The rule of convolutions: x (H, W) and dy (R, S), as far as they are given, belong together."""
    k = sizes["k"]
    if wrong := _whole("k", k, 1) or _whole("stride", stride, 1) or _whole("pad", pad, 0):
        return wrong
    if hw is not None and not (isinstance(hw, tuple) and len(hw) == 2 and not any(_whole("hw", n, 0) for n in hw)):
        return "hw must be two whole numbers"
    for n, m in zip(hw or (sizes["H"], sizes["W"]), (sizes.get("R"), sizes.get("S")), strict=True):
        if n + 2 * pad < k:
            return f"the kernel is larger than the padded image ({k} > {n} + 2 * {pad})"
        if m is not None and m != _size(n, k, stride, pad):
            return f"a convolution of {n} pixels has {_size(n, k, stride, pad)} outputs, dy has {m}"
    return ""


def _blocks(sizes: Mapping[str, int], k: int) -> str:
    """The rule of maxima: every k x k block of x (H, W) has one, and dy (R, S) is theirs."""
    if wrong := _whole("k", k, 1):
        return wrong
    for n, m in ((sizes["H"], sizes.get("R")), (sizes["W"], sizes.get("S"))):
        if m is not None and m != n // k:
            return f"{n} pixels have {n // k} blocks of {k}, y has {m}"
    return ""


def _odd(sizes: Mapping[str, int]) -> str:
    return "" if sizes["k"] % 2 else "k must be odd"


conv2d = _with_twin(convolution.conv2d, "x N H W C | W k k C O", _conv)
conv2d_dx = _with_twin(convolution.conv2d_dx, "dy N R S O | W k k C O", _conv)
conv2d_dW = _with_twin(convolution.conv2d_dW, "x N H W C | dy N R S O | *dW k k C O", _conv)
upconv2d = _with_twin(upconv.upconv2d, "x N H W C | W k k C O", _odd)
upconv2d_dx = _with_twin(upconv.upconv2d_dx, "dy N 2H 2W O | W k k C O", _odd)
upconv2d_dW = _with_twin(upconv.upconv2d_dW, "x N H W C | dy N 2H 2W O | *dW k k C O", _odd)
dense = _with_twin(product.dense, "x N n | W n m | b? m")
dense_dx = _with_twin(product.dense_dx, "dy N m | W n m")
dense_dW = _with_twin(product.dense_dW, "x N n | dy N m | *dW n m")
add_bias = _with_twin(elementwise.add_bias, "*y ... C | b C")
leaky_relu = _with_twin(elementwise.leaky_relu, "x ...")
leaky_relu_dx = _with_twin(elementwise.leaky_relu_dx, "dy ... | x ...")
maxpool = _with_twin(pool.maxpool, "x N H W C", _blocks)
maxpool_dx = _with_twin(pool.maxpool_dx, "dy N R S C | x N H W C | y N R S C", _blocks)
column_sums = _with_twin(norm.column_sums, "x ... C")
column_moments = _with_twin(norm.column_moments, "x ... C")
batchnorm = _with_twin(norm.batchnorm, "x ... C | mean C | inv_std C | gamma C | beta C")
batchnorm_dx = _with_twin(norm.batchnorm_dx, "dy ... C | x ... C | mean C | inv_std C | gamma C")
adam = _with_twin(elementwise.adam, "*theta P | *grad P | *m P | *v P")
ema = _with_twin(elementwise.ema, "*average P | theta P")

__all__ = [
    "adam", "add_bias", "batchnorm", "batchnorm_dx", "check_vectors", "column_moments", "column_sums", "conv2d", "conv2d_dW",
    "conv2d_dx", "dense", "dense_dW", "dense_dx", "ema", "get_shares", "get_threads", "leaky_relu", "leaky_relu_dx",
    "maxpool", "maxpool_dx",
    "set_threads", "upconv2d", "upconv2d_dW", "upconv2d_dx", "use",
]  # fmt: skip
