"""What every measure asks of its input first.

A measure always answers with a number, also to NaN features, to images in the wrong range or to two samples where a thousand
are needed, and a number looks like a result.  So all of them begin here.  What passes goes on in float64: a measure is often a
small difference of large sums, and it is taken once, not at every training step.
"""

import numpy as np


def samples(least: int = 1, **sets) -> list[np.ndarray]:
    """The sets as float64 (N, d), in the order given: all finite, one d, each of at least `least` samples.

    Raises TypeError for what is no real number, ValueError for all else.
    """
    arrays = [_table(name, x, least) for name, x in sets.items()]
    if len({x.shape[1] for x in arrays}) > 1:
        widths = " and ".join(f"{name} {x.shape[1]}" for name, x in zip(sets, arrays, strict=True))
        raise ValueError(f"both sets must have as many features a sample, got {widths}")
    return arrays


def _table(name, x, least):
    x = numbers(name, x)
    if x.ndim != 2 or x.shape[1] == 0:
        raise ValueError(
            f"{name} must be (N, d), a row of d features for each sample, got {x.shape}; images: x.reshape(len(x), -1)"
        )
    if len(x) < least:
        raise ValueError(f"{name} must hold at least {least} samples, got {len(x)}")
    return finite(name, x.astype(np.float64))


def images(a, b, peak: float) -> tuple[np.ndarray, np.ndarray]:
    """Two batches as float64 (N, H, W, C), finite and of one shape, and a peak above 0, or an error."""
    a, b = numbers("a", a), numbers("b", b)
    if a.shape != b.shape or a.ndim != 4 or a.size == 0:
        raise ValueError(f"expected two batches of images (N, H, W, C) of one shape, got {a.shape} and {b.shape}")
    if not 0 < peak < np.inf:
        raise ValueError(
            f"peak, the span of the values (255 for uint8, 2 for floats in [-1, 1]), must be above 0, got {peak}"
        )
    return finite("a", a.astype(np.float64)), finite("b", b.astype(np.float64))


def numbers(name: str, x) -> np.ndarray:
    """An array of integers or real floats, or TypeError."""
    x = np.asarray(x)
    if x.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of real numbers, got dtype {x.dtype}")
    return x


def finite(name: str, x: np.ndarray) -> np.ndarray:
    """x itself, or ValueError if it holds NaN or Inf."""
    if bad := x.size - np.count_nonzero(np.isfinite(x)):
        raise ValueError(
            f"{bad} of the {x.size} values of {name} are NaN or Inf: the network that made them has diverged"
        )
    return x


def whole(name: str, n, least: int, most: int | None = None) -> None:
    """n must be a whole number from `least` to `most`."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < least or (most is not None and n > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} must be a whole number {bounds}, got {n!r}")


def generator(rng) -> np.random.Generator:
    """rng itself, or TypeError."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator, got {type(rng).__name__}; use np.random.default_rng(seed)"
        )
    return rng
