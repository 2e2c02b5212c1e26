"""Lesson 10, convolution: its two gradients on a line, the patches of im2col, and Winograd's F(2, 3) in four products."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(10)

p1 = Prediction(
    "c",
    a="it would be if the windows moved by one pixel; they move by two, in both directions, so three out of "
    "four positions never occur.",
    b="the windows move by two pixels in both directions: half of the positions remain in each direction, a "
    "quarter of all.",
    c="of the 4 x 4 positions a pixel can have in a window, every second row and column occurs: (4/2)^2 = 4.",
    d="at the border it does, and it would everywhere if the stride did not divide the kernel size; 4 = 2 * 2 "
    "treats all pixels alike.",
)
p2 = Prediction(
    "d",
    a="multiplying is cheap: fetching a number from far away in memory takes longer than a hundred multiplications.",
    b="those outputs are next to each other in the cache, where writing costs almost nothing; the cost is in "
    "the jumps of the reads.",
    c="that would be the jumps alone; in addition, neighbours are multiplied eight at a time, and no addition "
    "waits for the previous one.",
    d="memory is read in order, eight numbers are multiplied at once, and no addition waits for another.",
)
p3 = Prediction(
    "b",
    a="on paper; but a computer rounds each sum, and this one adds in a different order, as do im2col and the loops.",
    b="all coefficients are 0, 1 or -1: there is one more rounding of numbers of ordinary size, and "
    "nothing is magnified.",
    c="that happens when large numbers are subtracted to leave a small one. Here only neighbours are "
    "subtracted; with larger tiles, whose coefficients grow, digits are lost.",
)
p4 = Prediction(
    "c",
    a="a derivative belongs to its function, and this function has the right ones.",
    b="its backward pass is the gradient of its forward pass: both flip the kernel.",
    c="the layer is consistent, but it is not the layer its name promises. A number worked out by hand knows "
    "the difference.",
    d="as long as nobody loads weights from another library or rewrites one of the two passes, it does no harm; "
    "but it is not the documented function, and the numbers worked out by hand say so.",
)


def _line(n: int, k: int, s: int, p: int) -> tuple:
    outputs = (n + 2 * p - k) // s + 1
    return *(_rng.standard_normal(size) for size in (outputs, n, k)), s, p


def _gradients(
    dy: np.ndarray,
    x: np.ndarray,
    W: np.ndarray,
    s: int,
    p: int,
    place: Callable | None = None,
    back: Callable | None = None,
    forth: Callable | None = None,
    add: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """dx and dW of a convolution on a line; the last four parameters each make a mistake."""
    dx, dW, k = np.zeros_like(x), np.zeros_like(W), len(W)
    for i in range(len(dy)):
        for a in range(k):
            m = s * i - p + a if place is None else place(i, a)
            if 0 <= m < len(x):
                product = dy[i] * W[a if back is None else back(a)]
                dx[m] = dx[m] + product if add else product
                dW[a if forth is None else forth(a)] += x[m] * dy[i]
    return dx, dW


q1 = Formula(
    right=lambda dy, x, W, s, p: _gradients(dy, x, W, s, p),
    cases=[_line(9, 4, 2, 1), _line(6, 3, 1, 2), _line(7, 3, 2, 0)],
    todo="write down the two loops of the forward pass, over i and a, with m = s i - p + a, and ask what to add where.",
    praise="with rows of C numbers for x[m] and matrices for W[a], these lines are the library's definition, in any "
    "dimension.",
    mistakes={
        "dx: the kernel is flipped; each gradient goes back through the tap it came through": (
            lambda dy, x, W, s, p: _gradients(dy, x, W, s, p, back=lambda a: len(W) - 1 - a)
        ),
        "dW: it is right, but its taps are in reverse order": lambda dy, x, W, s, p: _gradients(
            dy, x, W, s, p, forth=lambda a: len(W) - 1 - a
        ),
        "the stride is missing: output i reads position s i - p + a": lambda dy, x, W, s, p: _gradients(
            dy, x, W, s, p, place=lambda i, a: i - p + a
        ),
        "the padding is missing: with p zeros before the row, output i begins at position s i - p": (
            lambda dy, x, W, s, p: _gradients(dy, x, W, s, p, place=lambda i, a: s * i + a)
        ),
        "the padding has the wrong sign: the zeros come before the row, so output 0 begins at position -p": (
            lambda dy, x, W, s, p: _gradients(dy, x, W, s, p, place=lambda i, a: s * i + p + a)
        ),
        "dx: where several windows share a pixel, their gradients have to be added; here the last one wins": (
            lambda dy, x, W, s, p: _gradients(dy, x, W, s, p, add=False)
        ),
        "return dx first, then dW": lambda dy, x, W, s, p: _gradients(dy, x, W, s, p)[::-1],
    },
    names=("dx", "dW"),
)


def _patches(x: np.ndarray, k: int, s: int, order: tuple[int, ...] = (0, 1, 2, 3, 4, 5)) -> np.ndarray:
    """The patches of x; `order` permutes the axes image, row, column, row of the tap, column of the tap, channel."""
    N, H, W, C = x.shape
    rows, columns = (H - k) // s + 1, (W - k) // s + 1
    P = np.empty((N, rows, columns, k, k, C))
    for a in range(k):
        for b in range(k):
            P[:, :, :, a, b] = x[:, a : a + s * rows : s, b : b + s * columns : s]
    return P.transpose(order).reshape(N * rows * columns, k * k * C)


def _without_stride(x: np.ndarray, k: int, s: int) -> np.ndarray:
    """As many windows as with stride s, but they move by one pixel only."""
    rows, columns = ((n - k) // s + 1 for n in x.shape[1:3])
    return _patches(x[:, : rows + k - 1, : columns + k - 1], k, 1)


q2 = Formula(
    right=lambda x, k, s: _patches(x, k, s),
    cases=[(_rng.standard_normal((2, 7, 9, 3)), 3, 2), (_rng.standard_normal((3, 6, 8, 2)), 4, 2)],
    todo="count the output rows and columns first; then tap (a, b) of all windows at once is a slice of x with step s.",
    praise="P @ W.reshape(-1, O) is now the convolution, as fast as BLAS can compute it.",
    mistakes={
        "the channels of a tap belong together: the last axis of P is C, but here they come before the taps": (
            lambda x, k, s: _patches(x, k, s, (0, 1, 2, 5, 3, 4))
        ),
        "the two axes of the taps are swapped: a counts the rows of the window and comes before b": lambda x, k, s: (
            _patches(x, k, s, (0, 1, 2, 4, 3, 5))
        ),
        "the output pixels are ordered column by column; rows come first": lambda x, k, s: _patches(
            x, k, s, (0, 2, 1, 3, 4, 5)
        ),
        "the images come last among the rows of P; they come first, N H' W'": lambda x, k, s: _patches(
            x, k, s, (1, 2, 0, 3, 4, 5)
        ),
        "this is P transposed: one row per output pixel": lambda x, k, s: _patches(x, k, s).T,
        "the number of windows is right, but they move by one pixel: the stride is missing in the slices": _without_stride,
        "there are more windows than outputs: the stride is missing": lambda x, k, s: _patches(x, k, 1),
    },
)


class Counted:
    """A number that records its products with other such numbers; products with constants are not counted."""

    def __init__(self, value: float, record: list[tuple[float, float]]) -> None:
        self.value, self.record = value, record

    def __add__(self, other: Any) -> "Counted":
        return Counted(self.value + getattr(other, "value", other), self.record)

    __radd__ = __add__

    def __neg__(self) -> "Counted":
        return Counted(-self.value, self.record)

    def __sub__(self, other: Any) -> "Counted":
        return self + (-other)

    def __rsub__(self, other: Any) -> "Counted":
        return -self + other

    def __mul__(self, other: Any) -> "Counted":
        if isinstance(other, Counted):
            self.record.append((self.value, other.value))
        return Counted(self.value * getattr(other, "value", other), self.record)

    __rmul__ = __mul__

    def __truediv__(self, number: float) -> "Counted":
        return self * (1 / number)


class CountedFormula(Formula):
    """A formula that may use at most `most` products of one argument with the other."""

    def __init__(self, most: int, **formula: Any) -> None:
        super().__init__(**formula)
        self.most = most

    def compare(self, answer: Callable) -> str | None:
        wrong = super().compare(answer)
        if wrong:
            return wrong
        record: list[tuple[float, float]] = []
        answer(*(np.array([Counted(value, record) for value in part], object) for part in self.cases[0]))
        made = len(record)
        if made > self.most:
            return f"the numbers are right, with {made} multiplications; the exercise allows {self.most}"
        return None


def _f23(
    d: np.ndarray, g: np.ndarray, half: float = 0.5, last: float = -1.0, middle: float = 1.0
) -> tuple[float, float]:
    m0, m3 = (d[0] - d[2]) * g[0], (d[1] - d[3]) * g[2]
    m1 = (d[1] + d[2]) * ((g[0] + g[1] + g[2]) * half)
    m2 = (d[2] - d[1]) * ((g[0] - g[1] + g[2]) * half)
    return m0 + m1 + m2, middle * (m1 - m2) + last * m3


q3 = CountedFormula(
    most=4,
    right=lambda d, g: _f23(d, g),
    cases=[(_rng.standard_normal(4), _rng.standard_normal(3)) for _ in range(2)],
    todo="write down m0 and m3 as given, then look for m1 and m2: half of a sum and half of a difference.",
    praise="four products for two outputs of three taps; on images 16 instead of 36, and no reader of the code would "
    "guess why.",
    mistakes={
        "y1: subtract m3 = (d1 - d3) g2, so that d3 g2 has a plus sign": lambda d, g: _f23(d, g, last=1.0),
        "m1 and m2 are half of the two products: their sum and difference count everything twice": (
            lambda d, g: _f23(d, g, half=1.0)
        ),
        "y1: m1 and m2 have each other's sign; it is m1 - m2": lambda d, g: _f23(d, g, middle=-1.0),
        "the kernel is flipped: y0 begins with d0 g0": lambda d, g: _f23(d, g[::-1]),
        "y0 and y1 are swapped": lambda d, g: _f23(d, g)[::-1],
        "y1 uses the same three numbers as y0; its window has moved on by one": lambda d, g: (_f23(d, g)[0],) * 2,
    },
    names=("y0", "y1"),
)
