"""Lesson 11, transposed convolution and upsampling: on a line, with a folded kernel, and the backward pass of a copy."""

from collections.abc import Callable

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(11)

p1 = Prediction(
    "c",
    a="a transpose is not an inverse, even if it restores the shape. It is the inverse only where A' A is the "
    "identity, as for a rotation.",
    b="each pixel would have to return to its own place alone; but it shared every window with its neighbours, "
    "and they return with it.",
    c="A' A sends each pixel out through all its windows and back, and it comes back mixed with its neighbours: "
    "a blurred copy.",
)
p2 = Prediction(
    "c",
    a="neighbouring kernels overlap by one pixel: two of them add up where they do, and one contributes alone "
    "where they do not.",
    b="that is so on a line, 2, 1, 2, 1; on an image it happens in both directions.",
    c="4, 2 and 1: on a line every second position is reached by two taps and the others by one, and on an "
    "image the counts multiply.",
)
p3 = Prediction(
    "b",
    a="there are four products each, but with four different sets of weights: the four positions of a block use "
    "disjoint quarters of the kernel.",
    b="each of the four positions of a block has its own four taps, and their sums differ.",
    c="all blocks of 2 x 2 use the same weights, so the pattern repeats exactly: a checkerboard, not noise.",
)
p4 = Prediction(
    "c",
    a="dtheta is the gradient at the weights as they are, and it is right for small weights too.",
    b="both use the same W, so they have the same scale.",
    c="the function and its derivatives are right; only the starting point of the training is badly chosen.",
)


def _transposed(
    x: np.ndarray,
    W: np.ndarray,
    s: int,
    p: int,
    step: int | None = None,
    cut: Callable | None = None,
    add: bool = True,
) -> np.ndarray:
    """A transposed convolution on a line; the last three parameters each make a mistake."""
    step, k = s if step is None else step, len(W)
    y = np.zeros((len(x) - 1) * s + k)
    for i in range(len(x)):
        old = y[step * i : step * i + k] if add else 0
        y[step * i : step * i + k] = old + x[i] * W
    left, right = (p, p) if cut is None else cut(p)
    return y[left : len(y) - right]


def _convolution(x: np.ndarray, W: np.ndarray, s: int, p: int) -> np.ndarray:
    x, k = np.pad(x, p), len(W)
    return np.array([x[i : i + k] @ W for i in range(0, len(x) - k + 1, s)])


q1 = Formula(
    right=lambda x, W, s, p: _transposed(x, W, s, p),
    cases=[(_rng.standard_normal(n), _rng.standard_normal(k), s, p) for n, k, s, p in ((5, 4, 2, 1), (4, 5, 3, 2))],
    todo="make y long enough for all kernels, (n - 1) s + k; each x[i] adds x[i] W to it, starting at position s i.",
    praise="with dy for x, the same three lines compute dx of a convolution: you have written both.",
    mistakes={
        "the kernel is flipped: tap a goes to position s i - p + a": lambda x, W, s, p: _transposed(x, W[::-1], s, p),
        "nothing is cropped: p positions are removed at each end": lambda x, W, s, p: _transposed(x, W, s, 0),
        "2 p positions are cropped at the beginning and none at the end; it should be p at each end": lambda x, W, s, p: (
            _transposed(x, W, s, p, cut=lambda p: (2 * p, 0))
        ),
        "2 p positions are cropped at the end and none at the beginning; it should be p at each end": lambda x, W, s, p: (
            _transposed(x, W, s, p, cut=lambda p: (0, 2 * p))
        ),
        "where kernels overlap they add up; here the last one wins": lambda x, W, s, p: _transposed(
            x, W, s, p, add=False
        ),
        "the length is right, but the kernels are placed one position apart: the stride is missing": (
            lambda x, W, s, p: _transposed(x, W, s, p, step=1)
        ),
        "the stride is missing, in the length too": lambda x, W, s, p: _transposed(x, W, 1, p),
        "this is the convolution, which shrinks its input; here every x[i] writes a whole kernel": _convolution,
    },
)


def _fold(W: np.ndarray) -> np.ndarray:
    return np.append(W[::-1], 0) + np.append(0, W[::-1])


q2 = Formula(
    right=lambda W: _fold(W),
    cases=[(_rng.standard_normal(k),) for k in (3, 5, 1)],
    todo="for k = 3 it is (W2, W1 + W2, W0 + W1, W0); write down K[b] for all b from 0 to k, with zeros outside W.",
    praise="on images the same is done to rows and columns, and nine products become four.",
    mistakes={
        "it is in reverse order: K[0] is the last tap of W": lambda W: _fold(W)[::-1],
        "these are the taps of W with a zero; each K[b] is a sum of two neighbours": lambda W: np.append(W[::-1], 0),
        "these are the taps of W with a zero, and in W's order; each K[b] is a sum of two neighbours": (
            lambda W: np.append(W, 0)
        ),
        "the ends are missing: K has k + 1 taps, and the first and the last are single taps of W": lambda W: _fold(W)[
            1:-1
        ],
        "add two neighbours, do not average them: each copy has the full value": lambda W: _fold(W) / 2,
        "add two neighbours, do not subtract them": lambda W: np.append(W[::-1], 0) - np.append(0, W[::-1]),
    },
)


def _upconv(
    dy: np.ndarray,
    x: np.ndarray,
    W: np.ndarray,
    back: int = 1,
    gather: Callable = np.sum,
    copies: Callable = lambda x: x.repeat(2),
) -> tuple[np.ndarray, np.ndarray]:
    """dx and dW of "copy each number twice, then convolve"; the last three parameters each make a mistake."""
    u = np.pad(copies(x), 1)
    du, dW = np.zeros_like(u), np.zeros_like(W)
    for i in range(len(dy)):
        du[i : i + 3] += dy[i] * W[::back]
        dW += dy[i] * u[i : i + 3]
    return gather(du[1:-1].reshape(-1, 2), axis=1), dW


q3 = Formula(
    right=lambda dy, x, W: _upconv(dy, x, W),
    cases=[tuple(_rng.standard_normal(size) for size in (2 * n, n, 3)) for n in (5, 4)],
    todo="make u, the copies with a zero at each end; go back through the convolution to du and dW as in lesson "
    "10; then add up the copies.",
    praise="each step has its own backward pass, in reverse order; folding the kernel first gives the same with "
    "fewer products.",
    mistakes={
        "dx: the gradients of the two copies have to be added; each copy had its own effect": lambda dy, x, W: _upconv(
            dy, x, W, gather=np.mean
        ),
        "dx: these are the gradients of all copies; add those of the two copies of a number": lambda dy, x, W: _upconv(
            dy, x, W, gather=lambda du, axis: du.ravel()
        ),
        "dx: only one of the two copies passes on its gradient": lambda dy, x, W: _upconv(
            dy, x, W, gather=lambda du, axis: du[:, 0]
        ),
        "dx: the kernel is flipped; a gradient goes back through the tap it came through": lambda dy, x, W: _upconv(
            dy, x, W, back=-1
        ),
        "x is copied as a block, x then x; each number belongs next to its own copy: x.repeat(2)": lambda dy, x, W: (
            _upconv(dy, x, W, copies=lambda x: np.tile(x, 2), gather=lambda du, axis: du.reshape(2, -1).sum(axis=0))
        ),
        "dW: the copies are x.repeat(2), each number next to its own; here it is x then x": lambda dy, x, W: _upconv(
            dy, x, W, copies=lambda x: np.tile(x, 2)
        ),
        "return dx first, then dW": lambda dy, x, W: _upconv(dy, x, W)[::-1],
    },
    names=("dx", "dW"),
)
