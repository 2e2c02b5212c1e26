"""Finite differences: what every derivative of the library is checked against.

A derivative is a limit of differences, so every derivative written here is tested against differences:

    central     (f(x + h) - f(x - h)) / 2h        error O(h^2), about 1e-10 in float64 at h = 1e-5
    complex     Im f(x + i h) / h                 no subtraction, so exact to rounding (analytic functions only)

A comparison gives the array, the index, the expected value and the value found.  gradcheck.py checks layers, networks and
whole steps with these.

At a kink (ReLU at 0, |x| at 0) the left and the right derivative differ, and a difference across a kink mixes the two.  So
`check_gradient` measures each entry that disagrees again, with smaller steps and an estimate of the difference's own error
(`closer`).  An entry is wrong only if it is off by more than that; one exactly at a kink is reported as undecided.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

FIRST, SECOND, ADJOINT, H = 1e-7, 1e-6, 1e-12, 1e-5  # the bounds of the library, and the step of the differences


class GradientError(AssertionError):
    """A derivative written by hand disagrees with the differences."""


class Check(NamedTuple):
    """One comparison: its worst relative error, its bound, where the worst entry is, and how far off the difference may be."""

    name: str
    error: float
    bound: float
    detail: str = ""
    doubt: float = 0.0  # relative, like error; 0 unless the entry is at a kink or lost in rounding

    @property
    def ok(self) -> bool:
        """True if the error is within its bound, or no larger than that of the difference."""
        return bool(self.error <= self.bound + self.doubt)  # False for NaN

    @property
    def verdict(self) -> str:
        """WRONG; undecided, if the differences cannot tell whether the derivative is right; or ok."""
        return "WRONG" if not self.ok else "undecided" if self.error > self.bound else "ok"

    def __str__(self) -> str:
        kind = ", undecided, at a kink or lost in rounding" if self.verdict == "undecided" else ""
        detail = "" if self.verdict == "ok" else f"{kind}: {self.detail}"
        return f"{self.name}: relative error {self.error:.1e} (bound {self.bound:.0e}){detail}"


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
    if failed := [str(check) for check in checks if not check.ok]:
        raise GradientError("\n".join(failed))
    return checks


def numerical_gradient(f: Callable, x: np.ndarray, h: float = H, at: Iterable[int] | None = None) -> np.ndarray:
    """df/dx[i] = (f(x + h e_i) - f(x - h e_i)) / 2h  for a scalar f(x).

    x is float64; it is changed in place for each call of f and then restored, so f may also read x as a closure variable.
    `at`: only these flat indices, one number each in the result; otherwise the result has the shape of x.
    """
    found = [(g(h) - g(-h)) / (2 * h) for g in _moved(f, x, np.float64, at)]  # eq:difference.central
    return np.array(found).reshape(x.shape if at is None else -1)


def complex_gradient(f: Callable, x: np.ndarray, h: float = 1e-20, at: Iterable[int] | None = None) -> np.ndarray:
    """df/dx[i] = Im f(x + i h e_i) / h  for an analytic f.  x is complex128 and is changed in place as above."""
    found = [np.imag(g(1j * h)) / h for g in _moved(f, x, np.complex128, at)]  # eq:difference.complex
    return np.array(found).reshape(x.shape if at is None else -1)


def check_gradient(
    name: str, got: Any, f: Callable, x: np.ndarray, bound: float = FIRST, h: float = H, at: Sequence | np.ndarray | None = None,
    where: Callable[[int], str] | None = None,
) -> Check:  # fmt: skip
    """Compare `got` with numerical_gradient(f, x, h, at), and let `settle` decide where they disagree: at a kink, for example.

    A complex128 x is checked by the complex step, which cannot meet a kink.
    """
    if np.iscomplexobj(x):
        return compare(name, got, complex_gradient(f, x, at=at).real, bound, where)
    g = _moved(f, x, np.float64, at)
    return settle(name, got, numerical_gradient(f, x, h, at), lambda i, s: g[i](s), bound, h, where)


def settle(
    name: str, got: Any, expected: np.ndarray, g: Callable[[int, float], float], bound: float, h: float = H,
    where: Callable[[int], str] | None = None,
) -> Check:  # fmt: skip
    """compare(name, got, expected, bound, where), in which each entry that disagrees is measured again, the worst first.

    g(i, s) is the function whose derivative at s = 0 is entry i of `expected`.  An entry that is off by more than the error of
    its new value is wrong, and ends the search: the check fails.  An entry within that error is undecided and does not fail.
    """
    check, got, expected = compare(name, got, expected, bound, where), np.asarray(got), np.array(expected)
    # the error of each entry that was measured again, and whether it explains the disagreement
    error, excused = np.full(expected.shape, -np.inf), np.zeros(expected.shape, bool)
    while np.isfinite(check.error) and not check.ok:
        worst = int(np.where(excused, 0, np.abs(got - expected)).argmax())
        if np.isfinite(error.flat[worst]):
            return check
        expected.flat[worst], error.flat[worst] = closer(partial(g, worst), h)
        away = np.abs(got - expected)
        scale = np.abs(np.where(away <= error, got, expected)).max()
        excused = away <= error + bound * scale
        check = compare(name, got, np.where(excused, got, expected), bound, where)
    doubtful = compare(name, got, np.where(excused, expected, got), bound, where) if excused.any() else check
    return doubtful._replace(doubt=doubtful.error) if check.ok and doubtful.error > check.error else check


def closer(g: Callable[[float], float], h: float = H) -> tuple[float, float]:
    """g'(0) from smaller and smaller steps, and a bound on its error.

    For each step h, five values of g give four estimates: the central differences with h/2 and with h, and the derivatives at
    0 of the parabola through the three values on the right and of the one on the left.  The distance between the four bounds
    the error of the first, whatever the cause:

        curvature   the first is off by h^2 g3 / 24, g3 the third derivative, and the parabolas by h^2 g3 / 12 the other way
        a kink      at a distance s, where the derivative jumps by J: the first is off by J (1 - 2s/h) / 2 at most, and the
                    parabola on the other side is right, so the distance is at least the error; for s = 0 it is |J|
        rounding    8 eps |g| / h is added, in case the four are wrong together

    The step with the least bound wins: it is small enough to exclude the kinks beside 0, and no smaller than rounding allows.
    A g that gives another value at 0 the second time is no function, and gets a bound of 0: it is never excused.
    """
    best, here = (np.nan, np.inf), g(0.0)
    for step in h / 8.0 ** np.arange(6):
        far, near, left, back = (g(s * step) for s in (1, 0.5, -0.5, -1))
        four = np.array([near - left, (far - back) / 2, 4 * near - far - 3 * here, 3 * here - 4 * left + back]) / step
        error = np.ptp(four) + 8 * np.finfo(float).eps * abs(here) / step
        best = (four[0], error) if error < best[1] else best
    return best if np.isclose(g(0.0), here, rtol=1e-9, atol=0) else (best[0], 0.0)


def _moved(f: Callable, x: Any, dtype: Any, at: Iterable[int] | None) -> list[Callable]:
    """For each i in `at`, the function g(s) = f(x + s e_i); it changes x in place and restores it."""
    if not isinstance(x, np.ndarray) or x.dtype != dtype:
        given = getattr(x, "dtype", type(x).__name__)
        why = "in float32 they drown in rounding" if dtype == np.float64 else "the step is imaginary"
        raise TypeError(f"differences need a {np.dtype(dtype)} array ({why}), got {given}: use x.astype({np.dtype(dtype)!s})")  # fmt: skip
    if not x.flags.c_contiguous:
        raise ValueError("x must be contiguous, because it is changed in place: use np.ascontiguousarray(x)")
    flat = x.reshape(-1)

    def move(i: int, s: complex) -> Any:
        kept = flat[i]
        try:
            flat[i] = kept + s
            return f(x)
        finally:
            flat[i] = kept

    return [partial(move, i) for i in (range(x.size) if at is None else at)]
