"""What the pictures check of their arguments before anything is drawn, so that a wrong one is one sentence and no file."""

from typing import Any

import numpy as np

from minigan.running.arrays import as_array


def as_points(name: str, points: Any) -> np.ndarray:
    """points (n, 2), finite numbers, n >= 1.  Raises TypeError or ValueError."""
    points = _as_finite(name, points)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"{name} must be points in the plane, (n, 2) with n >= 1, got {points.shape}")
    return points


def as_list(name: str, numbers: Any) -> np.ndarray:
    """numbers (n,), finite, n >= 1, in float64.  Raises TypeError or ValueError."""
    numbers = _as_finite(name, numbers)
    if numbers.ndim != 1 or len(numbers) == 0:
        raise ValueError(f"{name} must be a list of numbers (n,), n >= 1, got {numbers.shape}")
    return numbers.astype(np.float64)


def as_batch(name: str, images: Any, n: int) -> np.ndarray:
    """n images (n, H, W, C).  Raises ValueError for another number or shape."""
    images = as_array(name, images)
    if images.ndim != 4 or len(images) != n:
        raise ValueError(
            f"expected images (N, H, W, C), N >= 1, and one number per image, got {images.shape} and {n} numbers for {name}"
        )
    return images


def _as_finite(name: str, values: Any) -> np.ndarray:
    found = as_array(name, values)
    if found.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers, got {found.dtype}")
    if bad := found.size - np.count_nonzero(np.isfinite(found)):
        raise ValueError(f"{bad} of the {found.size} numbers of {name} are NaN or Inf")
    return found
