"""Loops over one row of numbers, as the larger kernels use them: one compiled copy of each for each kernel."""

import numpy as np

from minigan.kernels.parallel.blas import subroutine


@subroutine
def clear(out: np.ndarray) -> None:
    """out = 0; Numba's own assignment to a slice takes much longer to compile."""
    for c in range(len(out)):
        out[c] = 0


@subroutine
def copy(a: np.ndarray, out: np.ndarray) -> None:
    """out = a."""
    for c in range(len(out)):
        out[c] = a[c]


@subroutine
def add(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """out = a + b."""
    for c in range(len(out)):
        out[c] = a[c] + b[c]


@subroutine
def accumulate(a: np.ndarray, out: np.ndarray) -> None:
    """out += a; `add(a, out, out)` would be slow, because its loop vectorises only if no two arrays overlap."""
    for c in range(len(out)):
        out[c] += a[c]


@subroutine
def subtract(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """out = a - b."""
    for c in range(len(out)):
        out[c] = a[c] - b[c]


@subroutine
def middle(a: np.ndarray, b: np.ndarray, c: np.ndarray, out: np.ndarray) -> None:
    """out = b - a - c."""
    for k in range(len(out)):
        out[k] = b[k] - a[k] - c[k]
