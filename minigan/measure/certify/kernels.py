"""Claims about kernels: at the sizes of real training, each computes the same as its plain NumPy twin.

The layers are checked at small sizes, where a kernel runs on one thread, in one block, with the simplest algorithm.  Larger
arrays are split among threads, processed in blocks and passed to Winograd's algorithm.  These claims cover that case.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from minigan import kernels
from minigan.gradcheck import Check, compare
from minigan.kernels import reference
from minigan.measure.certify.claim import Claim, arrays, holds

BOUNDS: dict[type, float] = {np.float64: 1e-12, np.float32: 1e-5}

# kernel -> [(shapes of its arrays, its other arguments)]; for dW kernels the last argument is the shape of the output to add to
X, Y, IMAGE, WIDE = (8, 16, 16, 32), (8, 8, 8, 48), (33, 17, 15, 3), (200, 300)
CALLS: dict[str, list[tuple[tuple, tuple]]] = {
    "conv2d": [
        ((X, (4, 4, 32, 48)), (2, 1)),  # Winograd
        ((X, (3, 3, 32, 24)), (1, 1)),
        ((IMAGE, (4, 4, 3, 20)), (2, 1)),
    ],
    "conv2d_dx": [
        ((Y, (4, 4, 32, 48)), (2, 1, (16, 16))),
        ((X, (3, 3, 24, 32)), (1, 1, (16, 16))),
        (((33, 8, 7, 20), (4, 4, 3, 20)), (2, 1, (17, 15))),
    ],
    "conv2d_dW": [
        ((X, Y), (2, 1, (4, 4, 32, 48))),
        ((X, (8, 16, 16, 24)), (1, 1, (3, 3, 32, 24))),
        ((IMAGE, (33, 8, 7, 20)), (2, 1, (4, 4, 3, 20))),
    ],
    "upconv2d": [((X, (3, 3, 32, 24)), ()), ((IMAGE, (5, 5, 3, 4)), ())],
    "upconv2d_dx": [(((8, 32, 32, 24), (3, 3, 32, 24)), ()), (((33, 34, 30, 4), (5, 5, 3, 4)), ())],
    "upconv2d_dW": [
        ((X, (8, 32, 32, 24)), ((3, 3, 32, 24),)),
        ((IMAGE, (33, 34, 30, 4)), ((5, 5, 3, 4),)),
    ],
    "dense": [((WIDE, (300, 129), (129,)), ())],
    "dense_dx": [(((200, 129), (300, 129)), ())],
    "dense_dW": [((WIDE, (200, 129)), ((300, 129),))],
    "add_bias": [((X, (32,)), ())],
    "leaky_relu": [((X,), (0.2,))],
    "leaky_relu_dx": [((X, X), (0.2,))],
    "maxpool": [((X,), (2,)), ((IMAGE,), (3,))],
    "maxpool_dx": [(((8, 8, 8, 32), X, (8, 8, 8, 32)), (2,))],
    "column_sums": [((X,), ()), (((5001, 3),), ())],
    "column_moments": [((X,), ()), (((5001, 3),), ())],
    "batchnorm": [((X, (32,), (32,), (32,), (32,)), ())],
    "batchnorm_dx": [((X, X, (32,), (32,), (32,)), ())],
    "adam": [(((100_003,), (100_003,), (100_003,), (100_003,)), (1e-3, 0.5, 0.999, 1e-8, 3))],
    "ema": [(((100_003,), (100_003,)), (0.99,))],
}


SWAPPED = ("conv2d", "conv2d_dx", "conv2d_dW")  # these also take W.swapaxes(2, 3), as ConvTranspose2d passes it


def twins(name: str, shapes: tuple, rest: tuple, dtype: type, swapped: bool = False) -> Iterator[Check]:
    """Compare the fast kernel with the reference on the same numbers: what they return and what they write in place.

    swapped: the last two axes of the last array (the weights) are swapped in memory.
    """
    rng = np.random.default_rng(0)
    # a dW kernel adds to its output, so that array is drawn too
    adds = name.endswith("dW")
    given = [*shapes, *rest[-1:]] if adds else shapes
    drawn = [(0.5 + rng.standard_normal(shape)).astype(dtype) for shape in given]
    if name == "adam":
        drawn[3] = drawn[3] ** 2  # v, a mean of squares
    if name == "maxpool_dx":
        drawn[2] = reference.maxpool(drawn[1], *rest)  # y
    rest = rest[:-1] if adds else rest

    def call(which: str) -> list[np.ndarray]:
        fresh = [a.copy() for a in drawn]
        if swapped:  # the same weights, with the last two axes in the opposite order in memory
            fresh[-1] = np.ascontiguousarray(fresh[-1].swapaxes(2, 3)).swapaxes(2, 3)
        parts = (*fresh[:-1], *rest, fresh[-1]) if adds else (*fresh, *rest)
        with kernels.use(which):
            return [*arrays(getattr(kernels, name)(*parts)), *fresh]

    for i, (fast, plain) in enumerate(zip(call("fast"), call("reference"), strict=True)):
        yield compare(f"array {i}", fast, plain, BOUNDS[dtype])
        yield holds(f"array {i}: dtype kept", fast.dtype == dtype, f"{np.dtype(dtype)} in, {fast.dtype} out")


def claims() -> list[Claim]:
    """Each kernel at each configuration, in float64 and float32."""
    made = []
    for name, configurations in CALLS.items():
        for shapes, rest in configurations:
            for dtype in BOUNDS:
                for swapped in (False, True) if name in SWAPPED else (False,):
                    run = partial(twins, name, shapes, rest, dtype, swapped)
                    sample = " ".join(map(str, (*shapes, *rest))) + ", W swapped" * swapped
                    made.append(Claim("kernels", name, dtype.__name__, sample, run))
    return made
