"""Attribute arithmetic: add "beard" to a portrait.

A VAE-GAN's code knows nothing of names. But if the images with a beard lie on one side of the others, the difference of the two mean
codes points there. Added to the code of any image, it should draw the same person with a beard, and change nothing else.
"""

from typing import Any

import numpy as np


def direction(z: np.ndarray, has: np.ndarray) -> np.ndarray:
    """v = mean { z_n : has_n } - mean { z_n : not has_n }.     Larsen et al. 2016, sec. 4.2; Radford et al. 2016, sec. 6.3.2.

    z (N, latent): codes; has bool (N,): which images have the attribute -> (latent,).  Raises ValueError if all or none have it.
    """
    has = np.asarray(has)
    if has.dtype != bool or has.shape != z.shape[:1]:
        raise ValueError(f"each of {len(z)} codes needs True or False, got {has.dtype} {has.shape}")
    if has.all() or not has.any():
        raise ValueError(
            f"a direction needs images with the attribute and without it, got {has.sum()} of {len(has)} with it"
        )
    return z[has].mean(axis=0) - z[~has].mean(axis=0)  # eq:arithmetic


def add(game: Any, x: np.ndarray, v: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """G(E(x) + scale v): the images x (N, H, W, C) in [-1, 1] with more of what v (latent,) stands for; less for scale < 0.

    game : with `encode` and `generate`, such as pretrained.load("vaegan-portraits").   scale = 0 is the plain reconstruction.
    """
    if not hasattr(game, "encode"):
        raise ValueError(f"{type(game).__name__} has no encoder: attribute arithmetic needs a VAE or a VAE-GAN")
    return game.generate(game.encode(x) + np.asarray(scale * v, x.dtype))
