"""Follow a velocity field:   dx/dt = v(x, t) from t = 0 to t = 1.   How a flow draws.

`euler` takes equal steps along the velocity at their start, one evaluation each.  `adaptive` compares two formulas of different order to
see how wrong a step is, and makes the next one as long as the tolerance allows.
"""

from collections.abc import Callable

import numpy as np

from minigan.running.arguments import check_positive, check_whole

Field = Callable[[np.ndarray, float], np.ndarray]  # (x, t) -> dx/dt

# Dormand and Prince 1980, table 2: where each stage is, what it is made of, and the error of the result
NODES = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
STAGES: tuple[tuple[float, ...], ...] = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),  # the result, of order 5
)
ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)  # less that of order 4


def euler(field: Field, x: np.ndarray, steps: int) -> np.ndarray:
    """x <- x + v(x, k / n) / n  for k = 0 ... n - 1, n = steps.   x (N, ...)"""
    check_whole("euler", steps=steps)
    for k in range(steps):
        x = x + field(x, k / steps) * x.dtype.type(1 / steps)  # eq:ode.euler
    return x


def adaptive(field: Field, x: np.ndarray, tolerance: float = 1e-4) -> tuple[np.ndarray, int]:
    """Runge-Kutta of order 5(4) with step control -> x at t = 1, and the number of evaluations.     Dormand and Prince 1980.

    A step of length h is accepted if r = rms(error / (tolerance (1 + max(|x|, |x'|)))) <= 1 over the whole batch; the next one is
    h min(10, max(0.2, 0.9 r^(-1/5))).  A field that leads to NaN or Inf, and more than 10,000 evaluations, raise ArithmeticError.
    """
    check_positive("adaptive", tolerance=tolerance)
    t, h, first, evaluations = 0.0, 0.05, field(x, 0.0), 1
    while t < 1:
        h = min(h, 1 - t)
        k = [first]
        for node, weights in zip(NODES[1:], STAGES[1:], strict=True):
            moved = x + _sum(weights, k, x.dtype.type(h))
            k.append(field(moved, min(t + node * h, 1.0)))
        evaluations += 6
        scale = tolerance * (1 + np.maximum(np.abs(x), np.abs(moved)))
        r = float(np.sqrt(np.mean((_sum(ERROR, k, x.dtype.type(h)) / scale) ** 2)))  # eq:ode.error
        if not np.isfinite(r) or evaluations > 10_000:
            raise ArithmeticError(
                f"the adaptive solver stopped at t = {t:g} after {evaluations} evaluations, with an error of {r:g}"
            )
        if r <= 1:  # the last stage is the result, and its velocity the first of the next step
            t, x, first = (1.0 if h == 1 - t else t + h), moved, k[-1]
        h *= min(10.0, max(0.2, 0.9 * max(r, 1e-10) ** -0.2))  # eq:ode.step
    return x, evaluations


def _sum(weights: tuple[float, ...], k: list[np.ndarray], h: np.floating) -> np.ndarray:
    """h sum_i weights_i k_i"""
    parts = [k[i] * (h * k[i].dtype.type(w)) for i, w in enumerate(weights) if w]
    return sum(parts[1:], parts[0])
