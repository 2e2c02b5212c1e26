"""Finite differences: what every derivative of the library is checked against.

A derivative is a limit of differences, so every derivative written here is tested against differences:

    central     (f(x + h) - f(x - h)) / 2h        error O(h^2), about 1e-10 in float64 at h = 1e-5
    complex     Im f(x + i h) / h                 no subtraction, so exact to rounding (analytic functions only)

A comparison gives the array, the index, the expected value and the value found.  gradcheck.py checks layers, networks and
whole steps with these.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

FIRST, SECOND, ADJOINT, H = 1e-7, 1e-6, 1e-12, 1e-5  # the bounds of the library, and the step of the differences


class GradientError(AssertionError):
    """A derivative written by hand disagrees with the differences."""


class Check(NamedTuple):
    """One comparison: its worst relative error, its bound, and where the worst entry is."""

    name: str
    error: float
    bound: float
    detail: str = ""

    @property
    def ok(self) -> bool:
        """True if the error is within its bound."""
        return bool(self.error <= self.bound)  # False for NaN

    def __str__(self) -> str:
        return f"{self.name}: relative error {self.error:.1e} (bound {self.bound:.0e}){'' if self.ok else ': ' + self.detail}"


def compare(name: str, got: Any, expected: Any, bound: float, where: Callable[[int], str] | None = None) -> Check:
    """max |got - expected| / max |expected|, and the entry where they differ most."""
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape:
        return Check(name, np.inf, bound, f"shape {got.shape} where {expected.shape} was expected")
    if not expected.size:
        return Check(name, 0.0, bound)
    away = np.abs(got - expected)
    scale = np.abs(expected).max()
    error = away.max() / scale if scale > 0 else away.max()  # eq:difference.error
    worst = int(np.nanargmax(away)) if not np.isnan(away).all() else 0
    index = tuple(int(i) for i in np.unravel_index(worst, got.shape))
    place = where(worst) if where else f"index {index}"
    detail = f"at {place}: expected {expected.flat[worst]:.10g}, got {got.flat[worst]:.10g}"
    return Check(name, float(error), bound, detail)


def require(checks: Iterable[Check]) -> list[Check]:
    """Return the checks if all hold, else raise GradientError with every one that does not."""
    checks = list(checks)
    failed = [str(check) for check in checks if not check.ok]
    if failed:
        raise GradientError("\n".join(failed))
    return checks


def numerical_gradient(f: Callable, x: np.ndarray, h: float = H, at: Iterable[int] | None = None) -> np.ndarray:
    """df/dx[i] = (f(x + h e_i) - f(x - h e_i)) / 2h  for a scalar f(x).

    x is float64; it is changed in place for each call of f and then restored, so f may also read x as a closure variable.
    `at`: only these flat indices, one number each in the result; otherwise the result has the shape of x.
    """

    def central(entry: np.ndarray) -> float:
        kept = entry.copy()
        entry[...] = kept + h
        above = f(x)
        entry[...] = kept - h
        return (above - f(x)) / (2 * h)  # eq:difference.central

    return _each(central, x, np.float64, at)


def complex_gradient(f: Callable, x: np.ndarray, h: float = 1e-20, at: Iterable[int] | None = None) -> np.ndarray:
    """df/dx[i] = Im f(x + i h e_i) / h  for an analytic f.  x is complex128 and is changed in place as above."""

    def imaginary(entry: np.ndarray) -> float:
        entry[...] += 1j * h
        return np.imag(f(x)) / h  # eq:difference.complex

    return _each(imaginary, x, np.complex128, at)


def _each(derivative: Callable, x: np.ndarray, dtype: Any, at: Iterable[int] | None) -> np.ndarray:
    """derivative(entry) for each entry of x; entry is a view that may be changed and is restored afterwards."""
    flat, found = _flat(x, dtype), []
    for i in range(flat.size) if at is None else at:
        kept = flat[i]
        try:
            found.append(derivative(flat[i : i + 1].reshape(())))
        finally:
            flat[i] = kept
    return np.array(found).reshape(x.shape if at is None else -1)


def _flat(x: Any, dtype: Any) -> np.ndarray:
    """x as one axis, without a copy."""
    if not isinstance(x, np.ndarray) or x.dtype != dtype:
        given = getattr(x, "dtype", type(x).__name__)
        why = "in float32 they drown in rounding" if dtype == np.float64 else "the step is imaginary"
        raise TypeError(
            f"differences need a {np.dtype(dtype)} array ({why}), got {given}: use x.astype({np.dtype(dtype)!s})"
        )
    if not x.flags.c_contiguous:
        raise ValueError("x must be contiguous, because it is changed in place: use np.ascontiguousarray(x)")
    return x.reshape(-1)
