"""What is wrong with this answer?

A wrong gradient is seldom wrong altogether.  It has the other sign, lacks a 1/N, stands transposed, was summed over the wrong
axis, or is right in every entry but a few.  Each of these leaves a fingerprint in the numbers, and here they are read:
first what kind of thing came back, then its shape, then its values.
"""

import numpy as np

CLOSE = 1e-6  # of the largest entry: far above rounding, far below any mistake


def explain(got, expected, sizes: dict[str, int] | None = None, names: tuple[str, ...] = ()) -> str | None:
    """None if got agrees with expected (a number, an array, or a tuple of them), else one sentence on what is wrong.

    sizes: {"N": 5}, what the factors 5 and 1/5 are called.  names: of the parts of a tuple, ("dx", "dW", "db").
    """
    if isinstance(expected, tuple):
        return _parts(got, expected, sizes, names)
    wrong = _kind(got, expected)
    if wrong:
        return wrong
    got, expected = np.asarray(got), np.asarray(expected)
    return _shape(got, expected) or _values(got, expected, sizes or {})


def agree(got, expected) -> bool:
    """Is got, part for part, expected up to rounding?"""
    return explain(got, expected) is None


def _parts(got, expected, sizes, names):
    names = names or tuple(f"result {i + 1}" for i in range(len(expected)))
    if not isinstance(got, tuple | list):
        return f"it should return {len(expected)} things, {', '.join(names)}, but it returned {_describe(got)}"
    if len(got) != len(expected):
        return f"it should return {len(expected)} things, {', '.join(names)}, but it returned {len(got)}"
    for name, mine, yours in zip(names, expected, got, strict=True):
        wrong = explain(yours, mine, sizes)
        if wrong:
            return f"{name}: {wrong}"
    return None


def _kind(got, expected):
    """Something that is no number and no array."""
    if got is None:
        return "nothing came back (None): is there a `return`?"
    try:
        array = np.asarray(got)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biufc":
        return f"expected {_describe(expected)}, got {_describe(got)}"
    if array.dtype.kind == "c" and np.asarray(expected).dtype.kind != "c":
        return "it is a complex number where a real one was expected"
    return None


def _shape(got, expected):
    if got.shape == expected.shape:
        return None
    told = f"it has the shape {got.shape} where {expected.shape} was expected"
    if got.shape == expected.shape[::-1] and got.ndim > 1:
        return f"{told}: it is transposed"
    if got.squeeze().shape == expected.squeeze().shape:
        return f"{told}: the numbers may be right, but an axis of length 1 is {'too many' if got.ndim > expected.ndim else 'missing'}"
    if got.ndim > expected.ndim:
        return f"{told}: is a sum or a mean over an axis missing?"
    if got.ndim < expected.ndim:
        return f"{told}: was one axis too many summed?"
    if got.ndim == 1:
        return f"{told}: was it summed over the wrong axis?"
    return told


def _values(got, expected, sizes):
    if not np.isfinite(got).all() and np.isfinite(expected).all():
        return f"it holds {'NaN' if np.isnan(got).any() else 'Inf'}: does something overflow, or is 0 divided by 0?"
    number = complex if "c" in (got.dtype.kind, expected.dtype.kind) else float
    got, expected = got.astype(number), expected.astype(number)
    if _close(got, expected):
        return None
    if _close(got, np.zeros_like(expected)):
        return "it is 0 everywhere"
    for found in (_factor, _reordered, _constant, _signs, _places):
        wrong = found(got, expected, sizes)
        if wrong:
            return wrong
    at, apart = _worst(got, expected)
    return f"the numbers differ{at}: expected {expected[apart]:.6g}, got {got[apart]:.6g}"


def _factor(got, expected, sizes):
    """got = c expected, and what c may be called."""
    power = float(np.vdot(expected, expected).real)
    c = float(np.vdot(expected, got).real) / power if power else 0.0
    if c == 0 or not _close(got, c * expected) or (expected.size == 1 and not _telling(c, sizes)):
        return None
    sign, c = "the sign is wrong" if c < 0 else "", abs(c)
    if np.isclose(c, 1, rtol=CLOSE):
        return f"{sign}: all else is right"
    size = _size(c, sizes)
    return f"{sign}, and {size}" if sign else size


def _telling(c, sizes) -> bool:
    """A single number is always a multiple of the right one; only some factors tell a story."""
    factors = (1, 2, 0.5, *sizes.values(), *(1 / n for n in sizes.values()))
    return any(np.isclose(abs(c), factor, rtol=1e-5) for factor in factors)


def _size(c, sizes):
    for name, n in sizes.items():
        if np.isclose(c, n, rtol=CLOSE):
            return f"it is {name} = {n} times too large: a factor 1/{name} is missing"
        if np.isclose(c, 1 / n, rtol=CLOSE):
            return f"it is {name} = {n} times too small: a factor 1/{name} too many"
    return f"it is {_nice(c)} times the right answer: a constant factor is {'too many' if c > 1 else 'missing'}"


def _nice(c):
    return f"{c:.6g}" if c >= 1 else f"1/{1 / c:.6g}"


def _reordered(got, expected, sizes):
    if got.ndim == 2 and got.shape[0] == got.shape[1] and _close(got, expected.T):
        return "it is transposed"
    if got.ndim and _close(got, expected[::-1]):
        return "its entries stand in reverse order along the first axis"
    return None


def _constant(got, expected, sizes):
    if expected.size > 1 and _close(got - expected, np.full_like(got, (got - expected).mean())):
        c = (got - expected).mean()
        return f"every entry is too {'large' if c.real > 0 else 'small'} by the same {abs(c):.6g}: a constant term is wrong"
    return None


def _signs(got, expected, sizes):
    if _close(np.abs(got), np.abs(expected)):
        wrong = np.abs(got - expected) > CLOSE * _scale(expected)
        return f"the sign is wrong in {wrong.sum()} of {wrong.size} entries, first {_at(wrong)}"
    return None


def _places(got, expected, sizes):
    wrong = ~(np.abs(got - expected) <= CLOSE * _scale(expected))
    if wrong.all():
        return None
    apart = tuple(np.argwhere(wrong)[0])
    return (
        f"{wrong.size - wrong.sum()} of {wrong.size} entries are right; the first wrong one is {_at(wrong)}: "
        f"expected {expected[apart]:.6g}, got {got[apart]:.6g}"
    )


def _close(a, b) -> bool:
    """Equal up to rounding; Inf and NaN at the same places are equal too."""
    with np.errstate(invalid="ignore"):
        near = np.abs(a - b) <= CLOSE * _scale(b)
    return bool(np.all(near | (a == b) | (np.isnan(a) & np.isnan(b))))


def _scale(a) -> float:
    largest = np.abs(a[np.isfinite(a)]).max(initial=0.0)
    return float(largest) if largest > 0 else 1.0


def _worst(got, expected):
    apart = np.unravel_index(int(np.argmax(np.abs(got - expected))), got.shape)
    return (f", most at index {tuple(map(int, apart))}" if got.ndim else ""), apart


def _at(wrong) -> str:
    return f"at index {tuple(int(i) for i in np.argwhere(wrong)[0])}"


def _describe(value) -> str:
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, np.ndarray | np.generic | int | float | complex):
        return "a number"
    return f"{value!r}"[:60]
