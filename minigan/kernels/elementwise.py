"""Loops over one long vector: the bias, the leaky ReLU, Adam and the running average of the weights.

Such loops do very little arithmetic per number; their cost is memory traffic.  NumPy's `theta -= lr * m / (sqrt(v) +
eps)` goes through memory once per operator and stores a temporary each time: a dozen passes for Adam.  A compiled
loop reads each array once, does all its arithmetic in registers and writes once.  Speed relative to the twins, on a
million float32 numbers, one thread: Adam 5, the running average 3, the bias 3, leaky ReLU 30 (np.where is slow for signs
in random order; the loop selects without a branch).

Each kernel computes one share, i .. j, on flat slices that start at 0: the compiler can prove that the indices are not
negative, and vectorises the loop.
"""

import math

import numpy as np

from minigan.kernels.parallel.launch import kernel, launch
from minigan.kernels.parallel.threads import BYTE, FEW, parts


@kernel
def _leaky_relu(i: int, j: int, s: int, x: np.ndarray, alpha: float, y: np.ndarray) -> None:
    x, y = x[i:j], y[i:j]
    for k in range(len(x)):
        y[k] = x[k] if x[k] > 0 else alpha * x[k]  # a NaN is not > 0, and alpha NaN is NaN


@kernel
def _leaky_relu_dx(i: int, j: int, s: int, dy: np.ndarray, x: np.ndarray, alpha: float, dx: np.ndarray) -> None:
    dy, x, dx = dy[i:j], x[i:j], dx[i:j]
    for k in range(len(x)):
        dx[k] = dy[k] if x[k] > 0 else alpha * dy[k]


@kernel
def _add_bias(i: int, j: int, s: int, y: np.ndarray, b: np.ndarray) -> None:  # (M, C), (C,)
    for r in range(i, j):
        row = y[r]
        for c in range(len(b)):
            row[c] += b[c]


@kernel
def _adam(
    i: int, j: int, s: int, theta: np.ndarray, grad: np.ndarray, m: np.ndarray, v: np.ndarray, lr: float, rate1: float,
    rate2: float, eps: float, mhat: float, vhat: float
) -> None:  # fmt: skip
    # all scalars in theta's dtype
    theta, grad, m, v = theta[i:j], grad[i:j], m[i:j], v[i:j]
    for k in range(len(theta)):
        g = grad[k]
        m[k] += rate1 * (g - m[k])
        v[k] += rate2 * (g * g - v[k])
        theta[k] -= lr * (m[k] * mhat) / (math.sqrt(v[k] * vhat) + eps)
        grad[k] = 0


@kernel
def _ema(i: int, j: int, s: int, average: np.ndarray, theta: np.ndarray, rate: float) -> None:
    average, theta = average[i:j], theta[i:j]
    for k in range(len(average)):
        average[k] += rate * (theta[k] - average[k])


def leaky_relu(x: np.ndarray, alpha: float) -> np.ndarray:
    """y = x where x > 0, else alpha x; any shape."""
    y = np.empty_like(x, order="C")
    launch(_leaky_relu, parts(BYTE * 2 * x.nbytes), x.size, x.reshape(-1), x.dtype.type(alpha), y.reshape(-1))
    return y


def leaky_relu_dx(dy: np.ndarray, x: np.ndarray, alpha: float) -> np.ndarray:
    """dx = dy where x > 0, else alpha dy; x may be the layer's input or, for alpha > 0, its output."""
    dx = np.empty_like(dy, order="C")
    d, u, v, a = dy.reshape(-1), x.reshape(-1), dx.reshape(-1), x.dtype.type(alpha)
    launch(_leaky_relu_dx, parts(BYTE * 3 * x.nbytes), x.size, d, u, a, v)
    return dx


def add_bias(y: np.ndarray, b: np.ndarray) -> None:
    """y += b over the last axis, in place: (..., C), (C,).  NumPy adds to a y that has no view as rows."""
    if y.size <= FEW or not y.flags.c_contiguous:
        y += b
        return
    rows = y.reshape(-1, len(b))
    launch(_add_bias, parts(BYTE * 2 * y.nbytes), len(rows), rows, b)


def adam(
    theta: np.ndarray,
    grad: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    t: int,
) -> None:
    """theta -= lr mhat / (sqrt(vhat) + eps), in place, in one pass (Kingma & Ba 2015, algorithm 1).

    mhat = m / (1 - beta1^t), vhat = v / (1 - beta2^t); m and v are the running means of grad and grad^2.

    Parameters
    ----------
    theta, grad, m, v : (P,)
        All are changed; grad is set to zero.
    t : int
        The number of the step: 1, 2, ...
    """
    # differences first, in Python's float64, then one rounding: in float32, 1 - beta2 is off by 1.3e-5 for beta2 = 0.999
    scalars = lr, 1 - beta1, 1 - beta2, eps, 1 / (1 - beta1**t), 1 / (1 - beta2**t)
    launch(_adam, parts(BYTE * 8 * theta.nbytes), theta.size, theta, grad, m, v, *map(theta.dtype.type, scalars))


def ema(average: np.ndarray, theta: np.ndarray, decay: float) -> None:
    """average = decay average + (1 - decay) theta, in place; 1 - decay is rounded once, as in `adam`."""
    launch(_ema, parts(BYTE * 3 * theta.nbytes), theta.size, average, theta, theta.dtype.type(1 - decay))
