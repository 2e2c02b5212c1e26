"""Arrays that NumPy would convert without a word into something else than was meant.

A mask is lost in np.asarray, an imaginary part in astype, and a gradient of 1/3 becomes 0 in an array of integers. The losses,
the networks and the readers of data call these functions where an array comes in.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.running.arguments import short


def as_array(what: Any, x: Any, dtype: Any = None) -> np.ndarray:
    """x as an array.  Raises TypeError for a masked array, whose mask would be lost."""
    if type(x) is not np.ndarray and isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{what}: got a masked array, and its mask would be lost: fill it first, such as x.filled(0)")
    return np.asarray(x, dtype)


def cast(x: Any, dtype: np.dtype) -> Any:
    """The input of a network: floats in its dtype; integers, which are labels, and None unchanged.

    Raises TypeError for uint8 images, for masked arrays, and for complex numbers in a network of real ones.
    """
    if x is None:
        return None
    x = as_array("the input of a network", x)
    if x.dtype == np.uint8 and x.ndim > 1:
        raise TypeError("images must be floats in [-1, 1], got uint8: use x / 127.5 - 1 or dataset.to_float()")
    if x.dtype.kind == "c" and dtype.kind != "c":
        raise TypeError(f"a network of {dtype} takes real numbers, got {x.dtype}: its imaginary part would be lost")
    return x.astype(dtype, copy=False) if x.dtype.kind in "fc" else x


def check_floats(what: str, *arrays: Any) -> None:
    """Raise TypeError unless these are arrays of real floats, ValueError if one is empty."""
    for a in arrays:
        if not isinstance(a, np.ndarray | np.floating):
            raise TypeError(f"{what} takes an array of floats, got {short(a)}: use np.array(x, np.float32)")
        as_array(what, a)
        if a.dtype.kind == "c":
            raise TypeError(f"{what} takes real floats, got {a.dtype}: its imaginary part would be lost")
        if a.dtype.kind != "f":
            raise TypeError(f"{what} takes floats, got {a.dtype}: use x.astype(np.float32)")
        if not a.size:
            raise ValueError(f"{what} is a mean over samples, got none: an array of shape {a.shape}")


def of_scores(method: Callable) -> Callable:
    """A loss's d or g, which first checks its scores with `check_floats`; None, for real scores that are not needed, is kept."""

    @functools.wraps(method)
    def checked(self: Any, *scores: Any, **named: Any) -> tuple:
        check_floats(f"the loss {self.name}", *(s for s in (*scores, *named.values()) if s is not None))
        return method(self, *scores, **named)

    return checked


def as_target(what: str, y: np.ndarray, target: Any, unit: bool = False) -> np.ndarray:
    """The target of y, an array like y or one number, in the dtype of y; unit: it must be in [0, 1].

    Never broadcast: (N,) against (N, 1) would silently compare all pairs.
    """
    check_floats(what, y)
    t = as_array(f"the target of {what}", target)
    if t.dtype.kind not in "biuf":
        raise TypeError(f"the target of {what} must be real numbers, got {t.dtype}")
    if t.ndim and t.shape != y.shape:
        raise ValueError(f"{what}: both arrays must have the same shape, got {y.shape} and {t.shape}")
    if unit and not (t.min() >= 0 and t.max() <= 1):  # NaN is refused, too
        raise ValueError(f"the target of {what} is a probability in [0, 1], got values from {t.min():g} to {t.max():g}")
    return t.astype(y.dtype, copy=False)


def as_classes(what: str, s: np.ndarray, labels: Any) -> np.ndarray:
    """The labels of scores s (N, K): whole numbers (N,) from 0 to K - 1."""
    check_floats(what, s)
    labels = as_array(f"the labels of {what}", labels)
    if s.ndim != 2 or labels.shape != s.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(f"needs scores (N, K) and N integer labels, got {s.shape} and {labels.dtype} {labels.shape}")
    if not 0 <= labels.min() <= labels.max() < s.shape[1]:
        raise ValueError(f"labels must be in 0..{s.shape[1] - 1}, got {labels.min()}..{labels.max()}")
    return labels
