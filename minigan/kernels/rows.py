"""Loops over one row of numbers, as the larger kernels use them: one compiled copy of each for each kernel."""

from minigan.kernels.parallel.blas import subroutine


@subroutine
def clear(out):
    """out = 0; Numba's own assignment to a slice takes much longer to compile."""
    for c in range(len(out)):
        out[c] = 0


@subroutine
def copy(a, out):
    """out = a."""
    for c in range(len(out)):
        out[c] = a[c]


@subroutine
def add(a, b, out):
    """out = a + b."""
    for c in range(len(out)):
        out[c] = a[c] + b[c]


@subroutine
def subtract(a, b, out):
    """out = a - b."""
    for c in range(len(out)):
        out[c] = a[c] - b[c]


@subroutine
def middle(a, b, c, out):
    """out = b - a - c."""
    for k in range(len(out)):
        out[k] = b[k] - a[k] - c[k]
