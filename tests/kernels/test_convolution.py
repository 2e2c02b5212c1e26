"""Every convolution against its twin: each algorithm alone, for awkward shapes, and the choice between them."""

import numpy as np
import pytest

from minigan.kernels import convolution, im2col, reference, winograd, winograd3

# N, H, W, C, O: odd, not square, one image, no image
IMAGES = [(2, 7, 5, 3, 2), (1, 6, 9, 1, 5), (3, 5, 5, 5, 1), (0, 6, 6, 2, 2)]


def _compare(x, W, dy, stride, pad, fast, same):
    """All three directions of `fast` against the twins; inputs stay unchanged, and dW is added to."""
    kept = [a.copy() for a in (x, W, dy)]
    y, dx = fast.conv2d(x, W, stride, pad), fast.conv2d_dx(dy, W, stride, pad, x.shape[1:3])
    same(y, reference.conv2d(x, W, stride, pad))
    same(dx, reference.conv2d_dx(dy, W, stride, pad, x.shape[1:3]))
    dW, expected = W[::-1].copy(), W[::-1].copy()
    fast.conv2d_dW(x, dy, stride, pad, dW)
    reference.conv2d_dW(x, dy, stride, pad, expected)
    same(dW, expected)
    for a, before in zip((x, W, dy), kept, strict=True):
        assert np.array_equal(a, before)
    assert y.flags.c_contiguous
    assert dx.flags.c_contiguous
    return y, dx, dW


class _Winograd:
    """The Winograd modules know their stride and padding; this gives their functions the common signature."""

    def __init__(self, module):
        self.conv2d = lambda x, W, stride, pad: module.conv2d(x, W)
        self.conv2d_dx = lambda dy, W, stride, pad, hw: module.conv2d_dx(dy, W)
        self.conv2d_dW = lambda x, dy, stride, pad, dW: module.conv2d_dW(x, dy, dW)


def _case(normal, dtype, shape, k, stride, pad):
    N, H, width, C, O = shape
    x, W = normal(N, H, width, C, dtype=dtype), normal(k, k, C, O, dtype=dtype)
    rows, columns = ((n + 2 * pad - k) // stride + 1 for n in (H, width))
    return x, W, normal(N, rows, columns, O, dtype=dtype)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_im2col(normal, same, dtype, k, stride):
    for pad in (0, 1, 2):
        for shape in IMAGES:
            _compare(*_case(normal, dtype, shape, k, stride, pad), stride, pad, im2col, same)


@pytest.mark.parametrize("shape", [(2, 5, 6, 64, 3), (1, 4, 4, 3, 64), (2, 3, 4, 64, 64)])
def test_im2col_with_many_channels(normal, same, dtype, shape):
    _compare(*_case(normal, dtype, shape, 3, 1, 1), 1, 1, im2col, same)


def test_im2col_in_small_blocks(normal, same, dtype, monkeypatch, any_threads):
    monkeypatch.setattr(im2col, "BLOCK", 1)  # one output row at a time, across the border of two images
    for shape in IMAGES:
        _compare(*_case(normal, dtype, shape, 4, 2, 1), 2, 1, im2col, same)


@pytest.mark.parametrize(
    "shape", [(1, 4, 4, 1, 1), (2, 8, 4, 3, 5), (3, 4, 12, 5, 2), (1, 8, 8, 64, 3), (0, 8, 8, 2, 3), (5, 12, 8, 2, 1)]
)
def test_winograd_4x4(normal, same, dtype, any_threads, monkeypatch, shape):
    # eq:winograd.forward eq:winograd.dx eq:winograd.dW
    _compare(*_case(normal, dtype, shape, 4, 2, 1), 2, 1, _Winograd(winograd), same)
    monkeypatch.setattr(
        winograd, "BLOCK", 1
    )  # one row of tiles at a time: the carried rows must be kept between blocks
    _compare(*_case(normal, dtype, shape, 4, 2, 1), 2, 1, _Winograd(winograd), same)


@pytest.mark.parametrize(
    "shape", [(1, 2, 2, 1, 1), (2, 6, 4, 3, 5), (3, 4, 10, 5, 2), (1, 4, 4, 64, 3), (0, 8, 8, 2, 3), (5, 2, 8, 2, 1)]
)
def test_winograd_3x3(normal, same, dtype, any_threads, monkeypatch, shape):  # eq:winograd.forward eq:winograd.dW
    _compare(*_case(normal, dtype, shape, 3, 1, 1), 1, 1, _Winograd(winograd3), same)
    monkeypatch.setattr(winograd, "BLOCK", 1)
    _compare(*_case(normal, dtype, shape, 3, 1, 1), 1, 1, _Winograd(winograd3), same)


ALGORITHMS = [(im2col, 4, 2), (_Winograd(winograd), 4, 2), (im2col, 3, 1), (_Winograd(winograd3), 3, 1)]


@pytest.mark.parametrize(("algorithm", "k", "stride"), ALGORITHMS)
def test_adjoint_identities(normal, algorithm, k, stride):
    x, W, dy = _case(normal, "float64", (2, 8, 12, 5, 3), k, stride, 1)
    dW = np.zeros_like(W)
    algorithm.conv2d_dW(x, dy, stride, 1, dW)
    inner = np.sum(dy * algorithm.conv2d(x, W, stride, 1))
    assert np.sum(x * algorithm.conv2d_dx(dy, W, stride, 1, (8, 12))) == pytest.approx(inner, rel=1e-12)
    assert np.sum(W * dW) == pytest.approx(inner, rel=1e-12)


@pytest.mark.parametrize(("algorithm", "k", "stride"), ALGORITHMS)
def test_a_nan_propagates(normal, algorithm, k, stride):
    """A NaN pixel must reach every output that reads it: the training loop relies on it to find NaNs."""
    x, W, _ = _case(normal, "float32", (1, 8, 8, 2, 3), k, stride, 1)
    x[0, 3, 3, 0] = np.nan
    y = algorithm.conv2d(x, W, stride, 1)
    assert np.isnan(y[np.isnan(reference.conv2d(x, W, stride, 1))]).all()
    assert not np.isnan(y).all()


def test_the_choice(normal, same, monkeypatch):
    """Large even convolutions go to Winograd in all three directions; everything else does not."""
    called = []
    for module in (winograd, winograd3):
        for name in ("conv2d", "conv2d_dx", "conv2d_dW"):
            plain = getattr(module, name)
            monkeypatch.setattr(module, name, lambda *a, f=plain, m=module: called.append(m) or f(*a))
    for shape, k, stride, pad, expected in [
        ((4, 16, 16, 16, 64), 4, 2, 1, winograd),
        ((4, 14, 16, 16, 64), 4, 2, 1, None),  # 14 does not divide by 4
        ((4, 16, 16, 1, 64), 4, 2, 1, None),  # too few channels
        ((1, 8, 8, 32, 32), 4, 2, 1, None),  # too few tiles
        ((1, 8, 8, 4, 3), 4, 1, 1, None),
        ((1, 8, 8, 4, 3), 4, 2, 2, None),
        ((4, 8, 8, 16, 16), 3, 1, 1, winograd3),
        ((4, 8, 7, 16, 16), 3, 1, 1, None),  # 7 is odd
        ((3, 8, 8, 16, 16), 3, 1, 1, None),  # too few tiles
        ((1, 8, 8, 4, 3), 3, 2, 1, None),
    ]:
        called.clear()
        _compare(*_case(normal, "float32", shape, k, stride, pad), stride, pad, convolution, same)
        assert set(called) == ({expected} if expected else set()), shape


@pytest.mark.parametrize(
    ("shape", "k", "stride"),
    [((4, 16, 16, 16, 64), 4, 2), ((2, 7, 5, 3, 2), 4, 2), ((1, 8, 8, 2, 1), 4, 2), ((4, 8, 8, 16, 16), 3, 1)],
)
def test_weights_with_swapped_axes(normal, same, dtype, any_threads, shape, k, stride):
    """The transposed convolution passes the view W.swapaxes(2, 3): no copy is needed, and dW is added through it."""
    x, W, dy = _case(normal, dtype, shape, k, stride, 1)
    view, expected = np.ascontiguousarray(W.swapaxes(2, 3)).swapaxes(2, 3), np.ones_like(W)
    same(convolution.conv2d(x, view, stride, 1), reference.conv2d(x, W, stride, 1))
    same(convolution.conv2d_dx(dy, view, stride, 1, x.shape[1:3]), reference.conv2d_dx(dy, W, stride, 1, x.shape[1:3]))
    gradient = np.ones((k, k, W.shape[3], W.shape[2]), dtype)
    convolution.conv2d_dW(x, dy, stride, 1, gradient.swapaxes(2, 3))
    reference.conv2d_dW(x, dy, stride, 1, expected)
    same(gradient.swapaxes(2, 3), expected)
