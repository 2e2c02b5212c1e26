"""The checks every measure makes of its input first.

A measure returns a number for any input: NaN features, images in the wrong range, two samples where a thousand are needed.
A number looks like a result, so bad input must be refused before it becomes one.  Arrays continue in float64: a measure is
often a small difference of large sums, and it is computed once, not at every training step.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigan.running.arguments import is_number, is_whole
from minigan.running.arrays import as_array


def as_samples(minimum: int = 1, **sets: ArrayLike) -> list[np.ndarray]:
    """Convert sets of samples to float64 (N, d), in the order given, or refuse them.

    Parameters
    ----------
    minimum
        The smallest allowed number of samples in each set.
    **sets
        name -> array (N, d) of integers or floats.  The names appear in error messages.

    Raises
    ------
    TypeError
        If an array does not hold real numbers.
    ValueError
        If an array is not (N, d) with d >= 1, has too few samples, NaN or Inf, or if the sets differ in d.
    """
    arrays = [_as_table(name, x, minimum) for name, x in sets.items()]
    if len({x.shape[1] for x in arrays}) > 1:
        widths = " and ".join(f"{x.shape[1]} for {name}" for name, x in zip(sets, arrays, strict=True))
        raise ValueError(f"both sets must have the same number of features per sample, got {widths}")
    return arrays


def _as_table(name: str, x: ArrayLike, minimum: int) -> np.ndarray:
    x = as_numbers(name, x)
    if x.ndim != 2 or x.shape[1] == 0:
        raise ValueError(
            f"{name} must be (N, d), one row of d features per sample, got {x.shape}; images: x.reshape(len(x), -1)"
        )
    if len(x) < minimum:
        raise ValueError(f"{name} must hold at least {minimum} samples, got {len(x)}")
    return require_finite(name, x.astype(np.float64))


def as_images(a: ArrayLike, b: ArrayLike, peak: float) -> tuple[np.ndarray, np.ndarray]:
    """Two batches of images as float64 (N, H, W, C), or an error.

    Raises TypeError if they do not hold real numbers, ValueError for unequal or other shapes, NaN, Inf, and peak <= 0.
    """
    a, b = as_numbers("a", a), as_numbers("b", b)
    if a.shape != b.shape or a.ndim != 4 or a.size == 0:
        raise ValueError(f"expected two batches of images (N, H, W, C) of the same shape, got {a.shape} and {b.shape}")
    if not (is_number(peak) and peak > 0):
        raise ValueError(
            f"peak, the range of the values (255 for uint8, 2 for floats in [-1, 1]), must be above 0, got {peak}"
        )
    return require_finite("a", a.astype(np.float64)), require_finite("b", b.astype(np.float64))


def as_numbers(name: str, x: ArrayLike) -> np.ndarray:
    """x as an array of integers or real floats.  Raises TypeError for any other dtype."""
    x = as_array(name, x)
    if x.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of real numbers, got dtype {x.dtype}")
    return x


def require_finite(name: str, x: np.ndarray) -> np.ndarray:
    """x itself.  Raises ValueError if it contains NaN or Inf."""
    if bad := x.size - np.count_nonzero(np.isfinite(x)):
        raise ValueError(
            f"{bad} of the {x.size} values of {name} are NaN or Inf: the network that produced them has diverged"
        )
    return x


def require_integer(name: str, n: Any, minimum: int, maximum: int | None = None) -> None:
    """Raise ValueError unless n is an integer from `minimum` to `maximum` (None: no upper bound)."""
    if not is_whole(n) or n < minimum or (maximum is not None and n > maximum):
        bounds = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        raise ValueError(f"{name} must be an integer {bounds}, got {n!r}")
