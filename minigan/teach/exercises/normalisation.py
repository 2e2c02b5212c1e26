"""Lesson 12, normalisation: the backward pass of BatchNorm, a norm folded into the layer before it, and GroupNorm."""

from collections.abc import Callable

import numpy as np

from minigan.layers.norm import project, standardize
from minigan.teach.exercises.exercise import Formula, Prediction

_rng = np.random.default_rng(12)
M, C = 7, 3

p1 = Prediction(
    "b",
    a="subtracting the mean and dividing by the standard deviation is not a small change: the result always has "
    "mean 0 and standard deviation 1.",
    b="two numbers are one standard deviation from their mean, one above and one below, whatever they are.",
    c="those are the values minus their mean; they still have to be divided by their standard deviation, which is 8.35.",
)
p2 = Prediction(
    "b",
    a="each step covers a tenth of the remaining distance, so after ten steps a third of it, 0.9^10 = 0.35, remains.",
    b="each step leaves nine tenths of the distance, and 0.9^10 = 0.35: it has covered 65 percent.",
    c="that is the value after the first step; each step covers a tenth of what is left.",
)
p3 = Prediction(
    "c",
    a="without a norm that is nearly so. BatchNorm divides by the standard deviation of its batch, and that is "
    "half as large too.",
    b="there is one: whatever all images of a batch have in common is divided out.",
    c="BatchNorm divides by the standard deviation of its own batch. Half the contrast, half the standard "
    "deviation: the quotient is the same.",
)
p4 = Prediction(
    "b",
    a="only the first concerns derivatives: in the others every gradient belongs to its value.",
    b="its backward pass is not the gradient of its forward pass. The others compute something other than "
    "intended and differentiate it correctly.",
    c="in float64 the two forms of the variance agree to fourteen digits. One of them fails in float32 and far from 0.",
    d="running statistics do not enter the output of forward, and in float64 the two forms of the variance agree.",
)


def _case() -> tuple:
    return _rng.standard_normal((M, C)), 2 + 1.5 * _rng.standard_normal((M, C)), _rng.uniform(0.5, 2, C), 0.1


def _batchnorm(
    dy: np.ndarray,
    x: np.ndarray,
    gamma: np.ndarray | float,
    eps: float,
    mean: bool = True,
    std: bool = True,
    over: int | None = None,
    center: bool = True,
    unbiased: int = 0,
    outside: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dx, dgamma, dbeta; the last six parameters each make a mistake."""
    s = np.sqrt(x.var(axis=0, ddof=unbiased) + eps) if not outside else np.sqrt(x.var(axis=0)) + eps
    xhat = (x - x.mean(axis=0)) / s
    dgamma, dbeta = (dy * (xhat if center else x)).sum(axis=0), dy.sum(axis=0)
    n = len(x) if over is None else over
    dx = gamma / s * (dy - mean * dbeta / n - std * xhat * (dy * xhat).sum(axis=0) / n)
    return dx, dgamma, dbeta


q1 = Formula(
    right=lambda dy, x, gamma, eps: _batchnorm(dy, x, gamma, eps),
    cases=[_case(), _case()],
    todo="compute s and xhat as forward does, then dgamma and dbeta, which are sums; dx needs both of them.",
    praise="it is P(gamma dy) / s, and P does not know that it works over a batch: with other axes these lines "
    "compute every other norm.",
    mistakes={
        "dx: the mean and the standard deviation are held constant; they depend on x too": lambda dy, x, gamma, eps: (
            _batchnorm(dy, x, gamma, eps, mean=False, std=False)
        ),
        "dx: the mean is accounted for, the standard deviation is held constant": lambda dy, x, gamma, eps: _batchnorm(
            dy, x, gamma, eps, std=False
        ),
        "dx: the standard deviation is accounted for, the mean is held constant": lambda dy, x, gamma, eps: _batchnorm(
            dy, x, gamma, eps, mean=False
        ),
        "dx: what is subtracted are means, so divide the sums by M": lambda dy, x, gamma, eps: _batchnorm(
            dy, x, gamma, eps, over=1
        ),
        "dx: gamma is missing; the gradient passes it before it reaches xhat": lambda dy, x, gamma, eps: (
            _batchnorm(dy, x, 1, eps)[0],
            *_batchnorm(dy, x, gamma, eps)[1:],
        ),
        "dgamma: gamma multiplies xhat, not x": lambda dy, x, gamma, eps: _batchnorm(dy, x, gamma, eps, center=False),
        "eps is missing: s = sqrt(var + eps)": lambda dy, x, gamma, eps: _batchnorm(dy, x, gamma, 0),
        "eps goes under the root, s = sqrt(var + eps); here it is added to the root": lambda dy, x, gamma, eps: (
            _batchnorm(dy, x, gamma, eps, outside=True)
        ),
        "normalise the batch with the variance over M; M - 1 is for the running statistics": (
            lambda dy, x, gamma, eps: _batchnorm(dy, x, gamma, eps, unbiased=1)
        ),
    },
    sizes={"M": M},
    names=("dx", "dgamma", "dbeta"),
)


def _norm() -> tuple:
    four = _rng.standard_normal((4, C))
    return _rng.standard_normal((C, C)), *four, _rng.uniform(0.2, 3, C), 0.1


def _folded(
    W: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    eps: float,
    root: Callable = np.sqrt,
) -> tuple[np.ndarray, np.ndarray]:
    scale = gamma / root(var + eps)
    return W * scale, (b - mean) * scale + beta


q2 = Formula(
    right=lambda W, b, gamma, beta, mean, var, eps: _folded(W, b, gamma, beta, mean, var, eps),
    cases=[_norm(), _norm()],
    todo="write out gamma (x W + b - mean) / sqrt(var + eps) + beta and collect the factors of x.",
    praise="a network whose norms are folded away gives the same pictures with fewer passes over memory.",
    mistakes={
        "b2: b and mean are scaled too; only beta is added as it is": lambda W, b, gamma, beta, mean, var, eps: (
            _folded(W, b, gamma, beta, mean, var, eps)[0],
            b - mean + beta,
        ),
        "b2: b is not scaled; the norm comes after it": lambda W, b, gamma, beta, mean, var, eps: (
            _folded(W, b, gamma, beta, mean, var, eps)[0],
            b - mean * gamma / np.sqrt(var + eps) + beta,
        ),
        "b2: beta is scaled too; it is added last": lambda W, b, gamma, beta, mean, var, eps: (
            _folded(W, b, gamma, beta, mean, var, eps)[0],
            (b - mean + beta) * gamma / np.sqrt(var + eps),
        ),
        "b2: the norm subtracts its mean": lambda W, b, gamma, beta, mean, var, eps: _folded(
            W, b, gamma, beta, -mean, var, eps
        ),
        "W2: the channels are the columns of W; here its rows are scaled": lambda W, b, gamma, beta, mean, var, eps: (
            W * (gamma / np.sqrt(var + eps))[:, None],
            _folded(W, b, gamma, beta, mean, var, eps)[1],
        ),
        "it is divided by the variance; divide by its square root": lambda W, b, gamma, beta, mean, var, eps: _folded(
            W, b, gamma, beta, mean, var, eps, root=lambda v: v
        ),
        "eps is missing": lambda W, b, gamma, beta, mean, var, eps: _folded(W, b, gamma, beta, mean, var, 0),
    },
    names=("W2", "b2"),
)


def _grouped(
    dy: np.ndarray,
    x: np.ndarray,
    groups: int,
    eps: float,
    axes: tuple[int, ...] = (1, 2, 4),
    interleaved: bool = False,
    unscaled: bool = False,
) -> np.ndarray:
    """dx of a group norm; the last three parameters each make a mistake."""
    N, H, W, C = x.shape
    cut = (N, H, W, C // groups, groups) if interleaved else (N, H, W, groups, C // groups)
    axes = (1, 2, 3) if interleaved else axes
    xhat, s = standardize(x.reshape(cut), axes, eps)
    return (project(dy.reshape(cut), xhat, axes) / (1 if unscaled else s)).reshape(x.shape)


q3 = Formula(
    right=lambda dy, x, groups, eps: _grouped(dy, x, groups, eps),
    cases=[(*_rng.standard_normal((2, 2, 3, 4, 6)), 3, 0.1), (*_rng.standard_normal((2, 3, 2, 3, 8)), 2, 0.1)],
    todo="reshape x and dy so that the groups get an axis of their own, and choose the axes of the mean.",
    praise="samples are not mixed, and the means run over many values even in a batch of one.",
    mistakes={
        "here each pixel has its own mean; the mean should run over all pixels too": lambda dy, x, groups, eps: (
            _grouped(dy, x, groups, eps, axes=(4,))
        ),
        "here each channel has its own mean, which is InstanceNorm; it should run over all channels of a group": (
            lambda dy, x, groups, eps: _grouped(dy, x, groups, eps, axes=(1, 2))
        ),
        "the mean runs over the samples too, so they are mixed": lambda dy, x, groups, eps: _grouped(
            dy, x, groups, eps, axes=(0, 1, 2, 4)
        ),
        "here all groups share one mean; each should have its own": lambda dy, x, groups, eps: _grouped(
            dy, x, groups, eps, axes=(1, 2, 3, 4)
        ),
        "a group consists of neighbouring channels: the axis of the groups comes before that of its channels": (
            lambda dy, x, groups, eps: _grouped(dy, x, groups, eps, interleaved=True)
        ),
        "it still has to be divided by s": lambda dy, x, groups, eps: _grouped(dy, x, groups, eps, unscaled=True),
    },
)
