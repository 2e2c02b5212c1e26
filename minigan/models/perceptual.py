"""The perceptual loss: two images are alike if a network trained on photographs sees the same in both.

The mean squared error of the pixels prefers a blurred image to one that is sharp and shifted by a pixel; to us the second is right
and the first is wrong.  So the difference is taken between the features of VGG instead, and the gradient travels back through
the frozen network to the image.  Early stages compare edges and colours, later ones textures and parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from minigan.models.likelihood import Gaussian, per_image
from minigan.models.vgg import VGG, vgg

STAGES = ("conv1_2", "conv2_2", "conv3_3")  # the last stage of each of VGG-16's first blocks, as in Johnson et al.


def perceptual(
    net: VGG, x: np.ndarray, target: np.ndarray, stages: Sequence[str] | Mapping[str, float] = STAGES
) -> tuple[float, np.ndarray]:
    """L = sum_s w_s mean (phi_s(x) - phi_s(target))^2;   dx = sum_s J_s' 2 w_s (phi_s(x) - phi_s(target)) / size.

    Parameters
    ----------
    net : VGG
        Its weights are not changed, nor is its grad.
    x, target : (N, H, W, 3), RGB in [-1, 1]
    stages
        The stages that are compared, or stage -> weight w_s (default 1).  With the shipped weights features are in the hundreds,
        so that L is about 1e4 for images that differ: weights near 1e-4 make it comparable with an error of pixels.

    Returns
    -------
    L, dx : float, (N, H, W, 3)

    Raises
    ------
    ValueError
        If the shapes differ, or net has no such stage.

    Source: Johnson, Alahi and Fei-Fei 2016, eq. 2 (with a mean where they sum over the stages' size; the same).
    """
    weights = dict(stages) if isinstance(stages, Mapping) else dict.fromkeys(stages, 1.0)
    values, dx = each(net, x, target, weights)
    return float(values.mean()), dx / dx.dtype.type(len(dx))


def each(net: VGG, x: np.ndarray, target: np.ndarray, weights: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each image (N,), and the gradient of their sum in x."""
    x, target = net.features.cast(x), net.features.cast(target)
    if x.shape != target.shape:
        raise ValueError(f"the perceptual loss compares images of one shape, got {x.shape} and {target.shape}")
    wanted = net.stages(target, list(weights))
    found, caches = net.forward(x, list(weights))
    values, gradients = np.zeros(len(x)), {}
    for name, w in weights.items():
        u = found[name] - wanted[name]
        size = u[0].size
        values += w * per_image(u * u) / size  # eq:perceptual
        gradients[name] = u * u.dtype.type(2 * w / size)
    dx = net.backward(gradients, caches)  # eq:perceptual.gradient
    assert dx is not None
    return values, dx


@cache
def shipped() -> VGG:
    """VGG-16 up to conv3_3, which comes with the package; read once."""
    return vgg(16, weights="conv3_3")


@dataclass(frozen=True)
class PerceptualGaussian(Gaussian):
    """log p of the pixels, minus weight times the perceptual loss of each image: no longer the logarithm of a density.

    The Gaussian alone answers doubt about a pixel with its mean, which is a blur; the features of VGG punish the blur.
    """

    weight: float = 0.01

    def log_p(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """x, y (N, H, W, 3) -> log p minus the loss (N,)."""
        return self(x, y)[0]

    def __call__(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """x, y (N, H, W, 3) -> log p minus the loss (N,), the gradient in y."""
        log_p, d = Gaussian(self.s)(x, y)
        loss, d_loss = each(shipped(), y, x, dict.fromkeys(STAGES, self.weight))
        return log_p - loss, d - d_loss
