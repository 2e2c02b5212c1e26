"""What an augmentation does to an image, pixel by pixel, from the numbers that it draws.

Its derivatives can be right for any image that it makes: a shift by too few pixels is still a linear map.  So its images are
compared with the definitions, several draws of each sample.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from minigan.differences import Check, compare
from minigan.layers import Color, Cutout, Layer, Mirror, Translation
from minigan.measure.certify.samples import Sample

DRAWS, EXACT = 6, 1e-11


def color(x: np.ndarray, u: np.ndarray) -> np.ndarray:
    """y = K S (x + b) of one image (H, W, C), with b = u_0 - 1/2, s = 2 u_1, k = u_2 + 1/2."""
    b, s, k = u[0] - 0.5, 2 * u[1], u[2] + 0.5
    y = np.array([[s * (p + b) + (1 - s) * (sum(p + b) / len(p)) for p in row] for row in x])
    return k * y + (1 - k) * (sum(y.flat) / y.size)  # the mean of all pixels and channels


def translation(x: np.ndarray, u: np.ndarray) -> np.ndarray:
    """y[i, j] = x[i + r, j + c], or 0 outside; r is one of -H/8 ... H/8, rounded, but at least of -1, 0, 1."""
    most = [max(1, round(n / 8)) for n in x.shape[:2]]
    r, c = (math.floor(t * (2 * m + 1)) - m for t, m in zip(u, most, strict=True))
    y = np.zeros_like(x)
    for i, j in np.ndindex(x.shape[:2]):
        if 0 <= i + r < len(x) and 0 <= j + c < len(x[0]):
            y[i, j] = x[i + r, j + c]
    return y


def cutout(x: np.ndarray, u: np.ndarray) -> np.ndarray:
    """y = 0 in a rectangle of half the height and width, whose centre is anywhere in the image, and x elsewhere."""
    half = [max(1, round(n / 2)) for n in x.shape[:2]]
    start = [math.floor(t * (n + 1 - h % 2)) - h // 2 for t, n, h in zip(u, x.shape[:2], half, strict=True)]
    y = x.copy()
    for at in np.ndindex(x.shape[:2]):
        if all(a <= i < a + h for i, a, h in zip(at, start, half, strict=True)):
            y[at] = 0
    return y


def mirror(x: np.ndarray, u: np.ndarray) -> np.ndarray:
    """y[i, j] = x[i, W - 1 - j]."""
    return np.array([[row[len(row) - 1 - j] for j in range(len(row))] for row in x])


DEFINITIONS: dict[type[Layer], tuple[int, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    Color: (3, color),
    Translation: (2, translation),
    Cutout: (2, cutout),
    Mirror: (0, mirror),
}  # -> how many numbers an image needs, and what is done with them


def values(sample: Sample) -> Iterator[Check]:
    """The images of several draws: with probability p the augmented one, else x; the numbers are those of (seed, draw)."""
    net, x = sample.network(), sample.x()
    layer = net.layers[0]
    numbers, definition = DEFINITIONS[type(layer)]
    for draw in range(DRAWS):
        u = np.random.default_rng([int(layer.seed.sum()), draw]).random((len(x), 1 + numbers))
        expected = [definition(a, row[1:]) if row[0] < layer.p.sum() else a for a, row in zip(x, u, strict=True)]
        yield compare(f"draw {draw}", net.forward(x)[0], np.array(expected), EXACT)
