"""Lesson 23, autoencoders and the VAE: another prior, the best standard deviation of a pixel, and a density for bytes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.differences import numerical_gradient
from minigan.teach.exercises.exercise import Exercise, Formula, NotWritten, Prediction

_rng = np.random.default_rng(23)

p1 = Prediction(
    "c",
    a="nothing in the loss says where the codes should be, so G was never trained on most of the codes you draw.",
    b="G has learned to draw strokes, and it draws them for any code. It has never been asked to draw noise.",
    c="between and around the codes that E uses, G draws mixtures: no term of the loss ever asked for anything there.",
)
p2 = Prediction(
    "c",
    a="that is what you need if each pixel is coded on its own. But neighbouring pixels say much about each other.",
    b="a general compressor knows only the digits it compresses. The VAE has seen nine thousand others.",
    c="about 30 bits for the code, and the rest for the pixels that the code leaves open.",
    d="that is about the cost of the code alone. It leaves the exact edges of the strokes open, and they cost more.",
)
p3 = Prediction(
    "b",
    a="drawing one of them makes all the others improbable, and the loss is a mean over all of them.",
    b="the gradient at a code is zero when the picture is the mean of the images that have this code, each with its weight.",
    c="G is a function, so it draws one picture at z, always the same. Only a G with noise of its own could choose.",
)
p4 = Prediction(
    "c",
    a="a gradient check compares the gradient with differences of the value. If both are wrong in the same way, it passes.",
    b="those two change the gradient but not the value, so they are the ones it catches.",
    c="in these three the gradient is right for the value that is computed, and the value belongs to another model.",
)


# ---- exercise 1 -------------------------------------------------------------------------------------------------------


def _kl(
    mu: np.ndarray,
    log_var: np.ndarray,
    m: np.ndarray,
    log_r2: np.ndarray,
    scale: Callable = lambda r2: r2,
    shift: Callable = lambda mu, m: mu - m,
    logs: float = 1.0,
    per: Callable = len,
    trace: Callable = lambda var, r2: var / r2,
    d_var: Callable = lambda var, r2: var / r2,
    d_mu: Callable = lambda u, r2: u / r2,
) -> tuple[float, np.ndarray, np.ndarray]:
    """The value, d_mu and d_log_var; the last seven parameters each make a mistake."""
    N, var, r2 = per(mu), np.exp(log_var), np.exp(log_r2)
    u = shift(mu, m)
    value = 0.5 * np.sum(u**2 / scale(r2) + trace(var, r2) - 1 - log_var + logs * log_r2) / N
    return value, d_mu(u, r2) / N, (d_var(var, r2) - 1) / (2 * N)


def _case(n: int, d: int) -> tuple[np.ndarray, ...]:
    return (*_rng.standard_normal((2, n, d)), *_rng.standard_normal((2, d)))


q1 = Formula(
    right=lambda mu, log_var, m, log_r2: _kl(mu, log_var, m, log_r2),
    cases=[_case(5, 3), _case(4, 7), _case(1, 2)],
    todo="start from E[log q(z) - log p(z)] for one number: the mean of (z - mu)^2 is s^2, that of (z - m)^2 is "
    "s^2 + (mu - m)^2.",
    praise="with m and r^2 computed by a network from a second, coarser code, this is one term of the loss of a hierarchical VAE.",
    mistakes={
        "this is the divergence from N(0, 1): the prior has the mean m and the variance exp(log_r2)": (
            lambda mu, log_var, m, log_r2: _kl(mu, log_var, 0 * m, 0 * log_r2)
        ),
        "value: log r^2 is missing; without it the divergence of the prior from itself is not 0": (
            lambda mu, log_var, m, log_r2: _kl(mu, log_var, m, log_r2, logs=0.0)
        ),
        "value: log r^2 has the wrong sign; the divergence of the prior from itself is not 0": (
            lambda mu, log_var, m, log_r2: _kl(mu, log_var, m, log_r2, logs=-1.0)
        ),
        "value: s^2 has to be divided by r^2 too": lambda mu, log_var, m, log_r2: _kl(
            mu, log_var, m, log_r2, trace=lambda var, r2: var
        ),
        "d_log_var: s^2 has to be divided by r^2": lambda mu, log_var, m, log_r2: _kl(
            mu, log_var, m, log_r2, d_var=lambda var, r2: var
        ),
        "d_mu: divide by r^2, since the prior's width decides how hard it pulls": lambda mu, log_var, m, log_r2: _kl(
            mu, log_var, m, log_r2, d_mu=lambda u, r2: u
        ),
        "log_r2 is the logarithm of the variance: r^2 = exp(log_r2)": lambda mu, log_var, m, log_r2: _kl(
            mu, log_var, m, 2 * log_r2
        ),
        "sum over the numbers of a code, and take the mean over the batch only": lambda mu, log_var, m, log_r2: _kl(
            mu, log_var, m, log_r2, per=np.size
        ),
        "this is the sum over the batch; divide by N": lambda mu, log_var, m, log_r2: _kl(
            mu, log_var, m, log_r2, per=lambda mu: 1
        ),
        "this is KL(p || q), the other way round: the mean should be over codes drawn from q": lambda mu, log_var, m, log_r2: (
            _other_way(mu, log_var, m, log_r2)
        ),
    },
    names=("value", "d_mu", "d_log_var"),
)


def _other_way(mu: np.ndarray, log_var: np.ndarray, m: np.ndarray, log_r2: np.ndarray) -> tuple[float, Any, Any]:
    """KL(p || q) with its gradients in mu and log_var."""
    N, var, u = len(mu), np.exp(log_var), mu - m
    inner = (u**2 + np.exp(log_r2)) / var
    return 0.5 * np.sum(inner - 1 + log_var - log_r2) / N, u / var / N, (1 - inner) / (2 * N)


# ---- exercise 2 -------------------------------------------------------------------------------------------------------


def _best_s(
    x: np.ndarray, y: np.ndarray, root: Callable = np.sqrt, error: Callable = np.mean, unit: float = np.log(2),
    half: float = 0.5, sign: float = -1.0,
) -> tuple[float, float]:  # fmt: skip
    """s, and the bits of a value; the last five parameters each make a mistake."""
    mean = error((x - y) ** 2)
    s = root(mean)
    return s, sign * -(half + np.log(s) + 0.5 * np.log(2 * np.pi)) / unit


def _images(n: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    x = np.tanh(_rng.standard_normal((n, 4, 5, 1)))
    return x, x + spread * _rng.standard_normal(x.shape)


q2 = Formula(
    right=lambda x, y: _best_s(x, y),
    cases=[_images(3, 0.1), _images(2, 0.5), _images(6, 0.02)],
    todo="set the derivative of eq:gaussian in s to 0; it is one s for all values of all images.",
    praise="in a plain autoencoder the mean squared error and a Gaussian with its best s have the same best G; only the latter is in bits.",
    mistakes={
        "s: this is the variance; s is its square root": lambda x, y: _best_s(x, y, root=lambda a: a),
        "s: one s for all values, so the mean is over everything, not over the images alone": lambda x, y: _best_s(
            x, y, error=lambda u: np.sum(u) / len(x)
        ),
        "s: this is the mean absolute error; the derivative of eq:gaussian asks for squares": lambda x, y: _best_s(
            x, y, root=lambda a: np.mean(np.abs(x - y))
        ),
        "s: this is the root of the mean over each image, averaged; take the mean first": lambda x, y: _best_s(
            x, y, root=lambda a: np.mean(np.sqrt(np.mean((x - y) ** 2, axis=(1, 2, 3))))
        ),
        "bits: these are nats; divide by log 2": lambda x, y: _best_s(x, y, unit=1.0),
        "bits: this is log p; the bits are -log p": lambda x, y: _best_s(x, y, sign=1.0),
        "bits: at the best s the squared error still costs 1/2 nat a value": lambda x, y: _best_s(x, y, half=0.0),
        "bits: of one value, not of an image: divide by their number": lambda x, y: (
            _best_s(x, y)[0],
            _best_s(x, y)[1] * x[0].size,
        ),
    },
    names=("s", "bits"),
)


# ---- exercise 3 -------------------------------------------------------------------------------------------------------

_GREYS = (np.arange(256) / 127.5 - 1).reshape(256, 1, 1, 1)  # every byte, in [-1, 1]


def _examine(make: Callable) -> str | None:
    """What is wrong with a density of bytes, or None."""
    density = make()
    for y in (0.13, -0.97, 1.0, 2.5):
        log_p = density.log_p(_GREYS, np.full_like(_GREYS, y))
        if log_p is None or log_p is ...:
            raise NotWritten
        if np.shape(log_p) != (256,):
            return (
                f"log_p has to return one number for each image, (256,) here, and returned the shape {np.shape(log_p)}"
            )
        if not np.isfinite(log_p).all():
            return f"log_p of some byte is {log_p[~np.isfinite(log_p)][0]} for y = {y}: the difference of two nearly equal numbers is 0"
        total = np.exp(log_p).sum()
        if abs(total - 1) > 1e-6:
            ends = " Do the bytes 0 and 255 get everything beyond them?" if total < 1 else ""
            return f"the probabilities of the 256 bytes sum to {total:.6f} for y = {y}, not to 1.{ends}"
    exact, off = (density.log_p(_GREYS[128:129], _GREYS[128:129] + error)[0] for error in (0.0, 0.5))
    if not exact > off:
        return "a prediction that is exact has to make its byte more probable than one that is off by 0.5"
    x = _GREYS[[0, 3, 90, 128, 200, 255]].reshape(2, 3, 1, 1)
    y = x + np.array([0.2, -0.1, 0.01, 0.3, -0.02, -0.4]).reshape(x.shape)
    value, dy = density(x, y)
    if value is None or value is ... or dy is None or dy is ...:
        raise NotWritten
    each = [density.log_p(x[n : n + 1, i : i + 1], y[n : n + 1, i : i + 1])[0] for n in range(2) for i in range(3)]
    if np.shape(value) != (2,) or not np.allclose(value, np.reshape(each, (2, 3)).sum(axis=1), rtol=1e-9, atol=1e-9):
        return "log_p of an image is the sum of those of its pixels, one number for each image; the call has to return it too"
    expected = numerical_gradient(lambda a: float(np.sum(density(x, a)[0])), y.copy())
    if np.shape(dy) != y.shape:
        return f"the gradient has to have the shape of y, {y.shape}, not {np.shape(dy)}"
    worst = np.abs(dy - expected).max() / np.abs(expected).max()
    if not worst < 1e-5:
        return f"the gradient differs from the differences of the value by {worst:.1e} of the largest entry"
    return None


q3 = Exercise(
    todo="choose a distribution function F, such as the sigmoid; byte b gets the part between its two edges, "
    "F((x + 1/255 - y) / s) - F((x - 1/255 - y) / s), and the bytes 0 and 255 get everything beyond them too.",
    praise="these are bits of real bytes, so they can be compared with the size of a PNG file. PixelCNN++ mixes ten logistic "
    "distributions.",
    examine=_examine,
)
