"""The perceptual loss: two images are alike if a network trained on photographs sees the same in both.

The mean squared error of the pixels prefers a blurred image to one that is sharp and shifted by a pixel; to us the second is right
and the first is wrong.  So the difference is taken between the features of VGG instead, and the gradient travels back through
the frozen network to the image.  Early stages compare edges and colours, later ones textures and parts.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from minigan.losses import mse
from minigan.models.vgg import VGG

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
    x, target = net.features.cast(x), net.features.cast(target)
    if x.shape != target.shape:
        raise ValueError(f"the perceptual loss compares images of one shape, got {x.shape} and {target.shape}")
    weights = dict(stages) if isinstance(stages, Mapping) else dict.fromkeys(stages, 1.0)
    wanted = net.stages(target, list(weights))
    found, caches = net.forward(x, list(weights))
    value, gradients = 0.0, {}
    for name, w in weights.items():
        loss, d = mse(found[name], wanted[name])
        value += w * loss  # eq:perceptual
        gradients[name] = w * d
    dx = net.backward(gradients, caches)  # eq:perceptual.gradient
    assert dx is not None
    return value, dx
