"""What is wrong with this answer?

A wrong gradient is seldom wrong altogether.  It has the wrong sign, lacks a 1/N, is transposed, was summed over the wrong axis,
or is right in all but a few entries.  Each of these mistakes can be recognised from the numbers: first the kind of the result is
compared, then its shape, then its values.
"""

from typing import Any

import numpy as np

CLOSE = 1e-6  # relative to the largest entry: far above rounding errors, far below any mistake


def explain(got: Any, expected: Any, sizes: dict[str, int] | None = None, names: tuple[str, ...] = ()) -> str | None:
    """Compare a result with the expected one: None if they agree up to rounding, else one sentence on what is wrong.

    Parameters
    ----------
    got : anything
        The result of the reader's function.
    expected : number, array or tuple of them
        The right result.
    sizes : dict, optional
        {"N": 5}: the names of the factors 5 and 1/5.
    names : tuple of str, optional
        The names of the parts of a tuple, ("dx", "dW", "db").
    """
    if isinstance(expected, tuple):
        return _parts(got, expected, sizes, names)
    wrong = _kind(got, expected)
    if wrong:
        return wrong
    got, expected = np.asarray(got), np.asarray(expected)
    return _shape(got, expected) or _values(got, expected, sizes or {})


def agree(got: Any, expected: Any) -> bool:
    """Is every part of `got` equal to that of `expected`, up to rounding?"""
    return explain(got, expected) is None


def _parts(got: Any, expected: tuple, sizes: dict[str, int] | None, names: tuple[str, ...]) -> str | None:
    names = names or tuple(f"result {i + 1}" for i in range(len(expected)))
    if not isinstance(got, tuple | list):
        return f"it should return {len(expected)} things, {', '.join(names)}, but it returned {_describe(got)}"
    if len(got) != len(expected):
        return f"it should return {len(expected)} things, {', '.join(names)}, but it returned {len(got)}"
    for name, part, expected_part in zip(names, got, expected, strict=True):
        wrong = explain(part, expected_part, sizes)
        if wrong:
            return f"{name}: {wrong}"
    return None


def _kind(got: Any, expected: Any) -> str | None:
    """What is wrong with a result that is not a number or an array."""
    if got is None:
        return "the function returned None: is there a `return`?"
    try:
        array = np.asarray(got)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biufc":
        return f"expected {_describe(expected)}, got {_describe(got)}"
    if array.dtype.kind == "c" and np.asarray(expected).dtype.kind != "c":
        return "it is a complex number, but a real one was expected"
    return None


def _shape(got: np.ndarray, expected: np.ndarray) -> str | None:
    if got.shape == expected.shape:
        return None
    message = f"its shape is {got.shape}, but {expected.shape} was expected"
    if got.shape == expected.shape[::-1] and got.ndim > 1:
        return f"{message}: it is transposed"
    if got.squeeze().shape == expected.squeeze().shape:
        problem = (
            "there is one axis of length 1 too many" if got.ndim > expected.ndim else "an axis of length 1 is missing"
        )
        return f"{message}: the numbers may be right, but {problem}"
    if got.ndim > expected.ndim:
        return f"{message}: is a sum or a mean over an axis missing?"
    if got.ndim < expected.ndim:
        return f"{message}: was it summed over one axis too many?"
    if got.ndim == 1:
        return f"{message}: was it summed over the wrong axis?"
    return message


def _values(got: np.ndarray, expected: np.ndarray, sizes: dict[str, int]) -> str | None:
    if not np.isfinite(got).all() and np.isfinite(expected).all():
        return f"it contains {'NaN' if np.isnan(got).any() else 'Inf'}: does something overflow, or is 0 divided by 0?"
    number = complex if "c" in (got.dtype.kind, expected.dtype.kind) else float
    got, expected = got.astype(number), expected.astype(number)
    if _close(got, expected):
        return None
    if _close(got, np.zeros_like(expected)):
        return "it is 0 everywhere"
    wrong = (
        _factor(got, expected, sizes)
        or _reordered(got, expected)
        or _constant(got, expected)
        or _signs(got, expected)
        or _some_entries(got, expected)
    )
    if wrong:
        return wrong
    where, worst = _worst(got, expected)
    return f"the numbers differ{where}: expected {expected[worst]:.6g}, got {got[worst]:.6g}"


def _factor(got: np.ndarray, expected: np.ndarray, sizes: dict[str, int]) -> str | None:
    """Is got = c expected?  Then name c."""
    power = float(np.vdot(expected, expected).real)
    c = float(np.vdot(expected, got).real) / power if power else 0.0
    if c == 0 or not _close(got, c * expected) or (expected.size == 1 and not _plausible(c, sizes)):
        return None
    sign, c = "the sign is wrong" if c < 0 else "", abs(c)
    if np.isclose(c, 1, rtol=CLOSE):
        return f"{sign}: everything else is right"
    size = _size(c, sizes)
    return f"{sign}, and {size}" if sign else size


def _plausible(c: float, sizes: dict[str, int]) -> bool:
    """Is c a factor that one forgets?  A single number is always a multiple of the right one, so most factors mean nothing."""
    factors = (1, 2, 0.5, *sizes.values(), *(1 / n for n in sizes.values()))
    return any(np.isclose(abs(c), factor, rtol=1e-5) for factor in factors)


def _size(c: float, sizes: dict[str, int]) -> str:
    for name, n in sizes.items():
        if np.isclose(c, n, rtol=CLOSE):
            return f"it is {name} = {n} times too large: a factor 1/{name} is missing"
        if np.isclose(c, 1 / n, rtol=CLOSE):
            return f"it is {name} = {n} times too small: there is one factor 1/{name} too many"
    return (
        f"it is {_nice(c)} times the right answer: a constant factor {'should not be there' if c > 1 else 'is missing'}"
    )


def _nice(c: float) -> str:
    return f"{c:.6g}" if c >= 1 else f"1/{1 / c:.6g}"


def _reordered(got: np.ndarray, expected: np.ndarray) -> str | None:
    if got.ndim == 2 and got.shape[0] == got.shape[1] and _close(got, expected.T):
        return "it is transposed"
    if got.ndim and _close(got, expected[::-1]):
        return "its entries are in reverse order along the first axis"
    return None


def _constant(got: np.ndarray, expected: np.ndarray) -> str | None:
    if expected.size > 1 and _close(got - expected, np.full_like(got, (got - expected).mean())):
        c = (got - expected).mean()
        return f"every entry is too {'large' if c.real > 0 else 'small'} by {abs(c):.6g}: a constant term is wrong"
    return None


def _signs(got: np.ndarray, expected: np.ndarray) -> str | None:
    if _close(np.abs(got), np.abs(expected)):
        wrong = np.abs(got - expected) > CLOSE * _scale(expected)
        return f"the sign is wrong in {wrong.sum()} of {wrong.size} entries, first {_at(wrong)}"
    return None


def _some_entries(got: np.ndarray, expected: np.ndarray) -> str | None:
    wrong = ~(np.abs(got - expected) <= CLOSE * _scale(expected))
    if wrong.all():
        return None
    first = tuple(np.argwhere(wrong)[0])
    return (
        f"{wrong.size - wrong.sum()} of {wrong.size} entries are right; the first wrong one is {_at(wrong)}: "
        f"expected {expected[first]:.6g}, got {got[first]:.6g}"
    )


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal up to rounding; the same Inf or NaN at the same position counts as equal."""
    with np.errstate(invalid="ignore"):
        near = np.abs(a - b) <= CLOSE * _scale(b)
    return bool(np.all(near | (a == b) | (np.isnan(a) & np.isnan(b))))


def _scale(a: np.ndarray) -> float:
    largest = np.abs(a[np.isfinite(a)]).max(initial=0.0)
    return float(largest) if largest > 0 else 1.0


def _worst(got: np.ndarray, expected: np.ndarray) -> tuple[str, tuple]:
    """The position of the largest difference, in words and as an index."""
    worst = np.unravel_index(int(np.argmax(np.abs(got - expected))), got.shape)
    return (f", most at index {tuple(map(int, worst))}" if got.ndim else ""), worst


def _at(wrong: np.ndarray) -> str:
    return f"at index {tuple(int(i) for i in np.argwhere(wrong)[0])}"


def _describe(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, np.ndarray | np.generic | int | float | complex):
        return "a number"
    return f"{value!r}"[:60]
