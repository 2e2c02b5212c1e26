"""The way from one code to another, and what lies on it.

Codes are drawn from N(0, 1) in many dimensions, where nearly all of them have about the same length, sqrt(latent). The straight
way from one to another leads through shorter codes, which G has hardly seen: the pictures get pale. So the way follows the sphere.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np


def slerp(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    """z(t) = sin((1 - t) w) / sin w a + sin(t w) / sin w b,   w = the angle between a and b.     Shoemake 1985; White 2016.

    a, b (N, latent): each row has its own angle; z(0) = a, z(1) = b.  Where a and b point in the same or in opposite directions the
    sphere has no shortest way, and the straight one is taken.
    """
    lengths = np.linalg.norm(a, axis=1, keepdims=True) * np.linalg.norm(b, axis=1, keepdims=True)
    cosine = (a * b).sum(axis=1, keepdims=True) / np.maximum(lengths, np.finfo(a.dtype).tiny)
    w = np.arccos(np.clip(cosine, -1, 1))
    straight = (lengths == 0) | (np.sin(w) < 1e-3)
    s = np.where(straight, 1, np.sin(w))
    start = np.where(straight, 1 - t, np.sin((1 - t) * w) / s)  # eq:slerp
    end = np.where(straight, t, np.sin(t * w) / s)
    return (start * a + end * b).astype(a.dtype)


def interpolate(
    game: Any, a: np.ndarray, b: np.ndarray, frames: int, labels: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """The images (N, H, W, C) of `frames` codes from a to b, both included.

    game : with `generate`; a, b (N, latent): codes, as `game.noise` draws them or `game.encode` finds them; labels (N,), for a
    conditional game.   Raises ValueError for fewer than 2 frames.
    """
    if frames < 2:
        raise ValueError(f"a film from one code to another needs at least 2 frames, got {frames}")
    for t in np.linspace(0, 1, frames):
        z = slerp(a, b, float(t))
        yield game.generate(z if labels is None else (z, labels))
