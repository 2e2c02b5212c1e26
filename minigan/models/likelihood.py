"""p(x|z): how probable an image is, given what G drew for its code.

A VAE needs a density, not a picture, so G's output y is read as the parameters of one, independent for each pixel:

    Bernoulli      y is the logit of a pixel that is black or white
    Gaussian(s)    y is the mean of a pixel, with standard deviation s

Images x are in [-1, 1]; `prepare` turns a batch into the images that the density describes, `mean` turns y into the expected one.
"""

import math
from dataclasses import dataclass

import numpy as np

from minigan.layers.activations import sigmoid
from minigan.running.arguments import check_flag, check_positive

Pair = tuple[np.ndarray, np.ndarray]


def per_image(a: np.ndarray) -> np.ndarray:
    """(N, ...) -> (N,): the sum over each sample, in float64."""
    return a.reshape(len(a), -1).sum(axis=1, dtype=np.float64)


@dataclass(frozen=True)
class Bernoulli:
    """log p(x|y) = sum t y - softplus(y),  t = (x + 1) / 2;   d/dy = t - sigmoid(y).     Kingma and Welling 2014, appendix C.1.

    binarise: each pixel becomes white with a probability equal to its brightness, drawn anew each time (Burda et al. 2016),
    so x is -1 or 1.  Without it x may be grey, and the value is no longer the logarithm of a density.
    """

    binarise: bool = True

    def __post_init__(self) -> None:
        check_flag("Bernoulli", binarise=self.binarise)

    def prepare(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """x (N, ...) in [-1, 1] -> x in {-1, 1}, or as it is."""
        if not self.binarise:
            return x
        return np.where(2 * rng.random(x.shape, np.float32) - 1 < x, 1, -1).astype(x.dtype)  # eq:bernoulli.prepare

    def log_p(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """x, y (N, ...) -> log p(x|y) (N,)."""
        # softplus(y) = max(y, 0) + log(1 + e): log1p would be exact for tiny e too, but takes five times as long, and a sum of
        # hundreds of pixels does not see it
        return per_image((x + 1) / 2 * y - np.maximum(y, 0) - np.log(1 + np.exp(-np.abs(y))))  # eq:bernoulli

    def __call__(self, x: np.ndarray, y: np.ndarray) -> Pair:
        """x, y (N, ...) -> log p(x|y) (N,), its gradient in y (N, ...)."""
        return self.log_p(x, y), (x + 1) / 2 - sigmoid(y)  # eq:bernoulli.gradient

    def sample(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """y (N, ...) -> images x ~ p(x|y), in {-1, 1}."""
        return np.where(rng.random(y.shape) < sigmoid(y), 1, -1).astype(y.dtype)

    def mean(self, y: np.ndarray) -> np.ndarray:
        """y -> the expected image, in [-1, 1]."""
        return 2 * sigmoid(y) - 1

    def mean_derivative(self, x: np.ndarray) -> np.ndarray:
        """d mean(y) / dy where mean(y) = x."""
        return (1 - x * x) / 2  # eq:bernoulli.mean

    def parameters(self, x: np.ndarray) -> np.ndarray:
        """y with mean(y) = x; a probability stays 0.001 away from 0 and 1, where y would be infinite."""
        t = np.clip((x + 1) / 2, 0.001, 0.999)
        return np.log(t / (1 - t))


@dataclass(frozen=True)
class Gaussian:
    """log p(x|y) = -sum [ (x - y)^2 / (2 s^2) + log s + 1/2 log 2 pi ];   d/dy = (x - y) / s^2.

    s is one number for all pixels.  A small s demands exact reconstructions, a large one a simple code.
    """

    s: float = 0.1

    def __post_init__(self) -> None:
        check_positive("a Gaussian", s=self.s)

    def prepare(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The images themselves."""
        return x

    def log_p(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """x, y (N, ...) -> log p(x|y) (N,)."""
        u = (x - y) / y.dtype.type(self.s)
        return -0.5 * per_image(u * u) - u[0].size * (math.log(self.s) + 0.5 * math.log(2 * math.pi))  # eq:gaussian

    def __call__(self, x: np.ndarray, y: np.ndarray) -> Pair:
        """x, y (N, ...) -> log p(x|y) (N,), its gradient in y (N, ...)."""
        return self.log_p(x, y), (x - y) / y.dtype.type(self.s * self.s)  # eq:gaussian.gradient

    def sample(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """y (N, ...) -> images x ~ p(x|y) = N(y, s^2); they may leave [-1, 1]."""
        return y + y.dtype.type(self.s) * rng.standard_normal(y.shape).astype(y.dtype)

    def mean(self, y: np.ndarray) -> np.ndarray:
        """y -> the expected image, cut to [-1, 1]."""
        return np.clip(y, -1, 1)

    def mean_derivative(self, x: np.ndarray) -> np.ndarray:
        """d mean(y) / dy where mean(y) = x: 1, and 0 where y was cut."""
        return (np.abs(x) < 1).astype(x.dtype)

    def parameters(self, x: np.ndarray) -> np.ndarray:
        """y with mean(y) = x."""
        return x


Likelihood = Bernoulli | Gaussian
