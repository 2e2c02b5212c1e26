"""Mixtures of Gaussians in the plane: data sets on which a GAN's failures can be counted.

The true distribution of images is unknown. For these mixtures everything is known, the position and the width of each mode,
so "it dropped five of the eight modes" is a measurement. Both are standard tests of mode collapse (Metz et al. 2017,
"Unrolled GANs"; Dumoulin et al. 2017, "Adversarially learned inference").
"""

from __future__ import annotations

import numpy as np

_angles = 2 * np.pi * np.arange(8) / 8
RING_MODES = np.stack([np.cos(_angles), np.sin(_angles)], axis=1)  # (8, 2): on the unit circle, at angles 2 pi k / 8
RING_STD = 0.01
GRID_MODES = np.array([(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)], dtype=np.float64)  # (25, 2)
GRID_STD = 0.05
for _modes in (RING_MODES, GRID_MODES):
    _modes.setflags(write=False)  # constants: the metrics rely on them


def ring(n: int, rng: np.random.Generator) -> np.ndarray:
    """x = (cos a, sin a) + 0.01 e, a = 2 pi k / 8: float32 (n, 2) from 8 Gaussians of equal weight on the unit circle.

    Raises ValueError for n < 1, TypeError if rng is not a numpy.random.Generator.
    """
    return _mixture(RING_MODES, RING_STD, n, rng)  # eq:data.ring


def grid(n: int, rng: np.random.Generator) -> np.ndarray:
    """x in {-4, -2, 0, 2, 4}^2 + 0.05 e: float32 (n, 2) from 25 Gaussians of equal weight on a square grid.

    Raises as `ring`.
    """
    return _mixture(GRID_MODES, GRID_STD, n, rng)  # eq:data.grid


def _mixture(modes: np.ndarray, std: float, n: int, rng: np.random.Generator) -> np.ndarray:
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator, got {type(rng).__name__}; use np.random.default_rng(seed)"
        )
    if n < 1:
        raise ValueError(f"n, the number of points, must be at least 1, got {n}")
    k = rng.integers(len(modes), size=n)
    return (modes[k] + std * rng.standard_normal((n, 2))).astype(np.float32)  # mode + std * e, e ~ N(0, I)
