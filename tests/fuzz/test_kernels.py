"""Kernels against their twins: any shape, layout, dtype and number of threads gives the same numbers, or the same refusal.

Every array is placed inside a larger one filled with NaN, which must not change: a kernel that writes beyond its output is seen,
and what it reads there becomes NaN in the result.  With NUMBA_BOUNDSCHECK=1 compiled code checks its indices too.
"""

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels import reference
from minigan.kernels.parallel import threads

pytestmark = pytest.mark.slow

WAYS = ("rows", "rows", "rows", "columns", "gaps", "reversed", "unaligned", "other byte order", "read-only", "repeated")
TOLERANCE = {"float64": 1e-11, "float32": 2e-5, "float16": 2e-2}
AROUND = 3  # numbers of NaN on each side


@pytest.fixture(autouse=True)
def small_work_is_cut(monkeypatch):
    monkeypatch.setattr(threads, "SMALL", 0)


def placed(a, way):
    """The same numbers as a part of a larger array of NaN, stored in this way -> (part, the larger array)."""
    if way == "repeated":  # one number many times, at a distance of 0 in memory
        part = np.broadcast_to(a.reshape(-1)[:1].reshape((1,) * a.ndim), a.shape) if a.size else a
        return part, part
    if way == "other byte order":
        a = a.astype(a.dtype.newbyteorder())
    step = {"gaps": 2, "reversed": -1}.get(way, 1)
    span = a.size * abs(step) + 2 * AROUND
    memory = np.full(span * a.itemsize + 1, 0xFF, np.uint8)  # as a float: NaN
    larger = memory[1:] if way == "unaligned" else memory[:-1]
    flat = larger.view(a.dtype)[AROUND : span - AROUND][::step]
    part = flat.reshape(a.shape[::-1]).T if way == "columns" else flat.reshape(a.shape)
    part[...] = a
    assert a.size == 0 or np.shares_memory(part, memory)
    if way == "read-only":
        part.flags.writeable = False
    return part, memory


def sizes(rng, n, most=9):
    return [int(k) for k in np.where(rng.random(n) < 0.04, 0, rng.integers(1, most + 1, n))]


def conv_case(rng):
    """(N, H, W, C, O, k, stride, pad), one in four with a shape for Winograd."""
    if rng.random() < 0.25:
        k, stride = ((4, 2), (3, 1))[rng.integers(2)]
        return [int(rng.integers(3, 6)), 16, int(rng.choice([8, 12, 16])), int(rng.choice([16, 33])), 64, k, stride, 1]
    N, H, W, C, O = sizes(rng, 5)
    k = int(rng.integers(1, 6))
    return [
        N,
        max(H, 1),
        max(W, 1),
        C,
        O,
        k,
        int(rng.integers(1, 4)),
        int(rng.integers(max(0, (k - min(H, W) + 1) // 2), k + 2)),
    ]


def case(rng):
    """A call that fits: (name, arguments), arrays in float64."""
    normal = rng.standard_normal
    name = str(rng.choice(["conv2d", "conv2d_dx", "conv2d_dW", "upconv2d", "upconv2d_dx", "upconv2d_dW", "dense", "dense_dx",
                           "dense_dW", "add_bias", "leaky_relu", "leaky_relu_dx", "column_sums", "column_moments", "batchnorm",
                           "batchnorm_dx", "adam", "ema", "maxpool", "maxpool_dx"]))  # fmt: skip
    if name.startswith("conv"):
        N, H, width, C, O, k, stride, pad = conv_case(rng)
        x, W = normal((N, H, width, C)), normal((k, k, C, O))
        dy = normal((N, *((n + 2 * pad - k) // stride + 1 for n in (H, width)), O))
        arguments = {"conv2d": [x, W, stride, pad], "conv2d_dx": [dy, W, stride, pad, (H, width)],
                     "conv2d_dW": [x, dy, stride, pad, W]}[name]  # fmt: skip
    elif name.startswith("upconv"):
        N, H, width, C, O = sizes(rng, 5, 6)
        x, dy, W = (
            normal((N, H, width, C)),
            normal((N, 2 * H, 2 * width, O)),
            normal((*[int(rng.choice([1, 3, 5]))] * 2, C, O)),
        )
        arguments = {"upconv2d": [x, W], "upconv2d_dx": [dy, W], "upconv2d_dW": [x, dy, W]}[name]
    elif name.startswith("maxpool"):
        x, k = np.round(2 * normal(sizes(rng, 4, 9))), int(rng.integers(1, 4))  # rounded: many ties
        y = reference.maxpool(x, k)
        arguments = [x, k] if name == "maxpool" else [normal(y.shape), x, y, k]
    elif name.startswith("dense"):
        N, n, m = sizes(rng, 3, int(rng.choice([4, 40, 200])))
        x, W, dy, b = normal((N, n)), normal((n, m)), normal((N, m)), normal(m)
        arguments = {"dense": [x, W, b][: 2 + int(rng.integers(2))], "dense_dx": [dy, W], "dense_dW": [x, dy, W]}[name]
    elif name in ("adam", "ema"):
        P = [normal(sizes(rng, 1, int(rng.choice([3, 3000])))) for _ in range(1)] * 4
        P = [p * rng.uniform(0.5, 2) for p in P]
        arguments = (
            [P[0], P[1], P[2], P[3] ** 2, 0.01, 0.5, 0.9, 1e-3, int(rng.integers(1, 9))]
            if name == "adam"
            else [*P[:2], 0.9]
        )
    else:
        shape = sizes(rng, int(rng.integers(1, 5)), int(rng.choice([4, 20])))
        x, (mean, gamma, beta), inv_std = normal(shape), normal((3, shape[-1])), rng.uniform(0.5, 2, shape[-1])
        arguments = {"add_bias": [x, mean], "leaky_relu": [x, 0.2], "leaky_relu_dx": [normal(shape), x, 0.2],
                     "column_sums": [x], "column_moments": [x], "batchnorm": [x, mean, inv_std, gamma, beta],
                     "batchnorm_dx": [normal(shape), x, mean, inv_std, gamma]}[name]  # fmt: skip
    return name, arguments


def wrong_shape(rng, a):
    """`a` with another shape: an axis longer or shorter, one more or less, or two exchanged."""
    kind, axis = rng.integers(5), int(rng.integers(a.ndim)) if a.ndim else 0
    if kind == 0 or a.ndim == 0:
        return a[None]
    if kind == 1:
        return a.sum(axis)
    if kind == 2:
        return np.swapaxes(a, 0, axis)
    return np.repeat(a, 2, axis) if kind == 3 else np.take(a, range(a.shape[axis] // 2), axis)


def outcome(which, name, given):
    """-> (results and changed arguments, or the error; what was not NaN before and has no business to change)."""
    made = [placed(a, way) if isinstance(a, np.ndarray) else (a, None) for a, way in given]
    arguments, memories = [part for part, _ in made], [memory for _, memory in made]
    try:
        with kernels.use(which), np.errstate(all="ignore"):
            result = getattr(kernels, name)(*arguments)
    except (ValueError, TypeError) as error:
        result = error
    parts = [a.copy() for a in arguments if isinstance(a, np.ndarray)]
    for part, memory in zip(arguments, memories, strict=True):
        if isinstance(part, np.ndarray) and part.flags.writeable:  # what is around it: all bits set, as before
            part[...] = (
                np.full(1, 0xFFFFFFFFFFFFFFFF, np.uint64).view(np.uint8)[: part.itemsize].view(part.dtype)[0]
                if part.itemsize <= 8
                else part
            )
            assert part.itemsize > 8 or (memory == 0xFF).all(), f"{name} wrote beyond an array"
    return result, parts


@pytest.mark.filterwarnings("ignore:Mean of empty slice:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
@pytest.mark.fuzz(40)
def test_a_kernel_and_its_twin_agree(rng):
    name, arguments = case(rng)
    dtype = np.dtype(str(rng.choice(["float32", "float64"])))
    way = str(rng.choice(WAYS))
    if rng.random() < 0.2:
        k = int(rng.choice([k for k, a in enumerate(arguments) if isinstance(a, np.ndarray)]))
        arguments[k] = wrong_shape(rng, arguments[k])
    dtypes = [dtype] * len(arguments)
    if rng.random() < 0.1:
        dtypes[int(rng.integers(len(dtypes)))] = np.dtype(str(rng.choice(["float32", "float64", "int32", "float16"])))
    given = [
        (a.astype(d), way) if isinstance(a, np.ndarray) else (a, None) for a, d in zip(arguments, dtypes, strict=True)
    ]
    threads.set_threads(int(rng.integers(1, 4)), int(rng.integers(1, 6)))
    said = f"{name}, {way}, " + ", ".join(
        f"{a.shape} {a.dtype}" if isinstance(a, np.ndarray) else str(a) for a, _ in given
    )
    (fast, fast_arguments), (plain, plain_arguments) = (outcome(which, name, given) for which in ("fast", "reference"))
    if isinstance(plain, Exception) or isinstance(fast, Exception):
        assert (type(fast), str(fast)) == (type(plain), str(plain)), said
    results = [[r] if isinstance(r, np.ndarray) else list(r) if isinstance(r, tuple) else [] for r in (fast, plain)]
    for a, b in zip([*results[0], *fast_arguments], [*results[1], *plain_arguments], strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype), said
        if a.dtype.kind != "f":
            assert np.array_equal(a, b), said
            continue
        terms = max([arg.size for arg, _ in given if isinstance(arg, np.ndarray)]) ** 0.5
        scale = max(np.abs(b, where=np.isfinite(b), out=np.zeros(b.shape)).max(initial=0), 1) * max(1, terms / 30)
        bound = max(TOLERANCE[d.name] for d in (*dtypes, a.dtype) if d.kind == "f") * scale
        np.testing.assert_allclose(a.astype(float), b.astype(float), rtol=0, atol=bound, err_msg=said)
