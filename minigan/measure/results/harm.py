"""Known damage done to real images, to see which measure notices it.

Each function takes a pool of images, float32 (N, H, W, C) in [-1, 1], and returns n of them, damaged with one strength.
Blur, noise and shift spoil each picture.  Dropping, repeating and reweighting leave each picture real but spoil the set.  A
memorised set looks perfect and is worthless: its pictures are the reference images themselves.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Pool(NamedTuple):
    """Real images, and the reference set they are compared with; no image is in both."""

    images: np.ndarray  # float32 (N, H, W, C) in [-1, 1]
    labels: np.ndarray  # (N,)
    reference: np.ndarray  # (n, H, W, C)


def blur(pool: Pool, sigma: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Each image convolved with a Gaussian of `sigma` pixels; black beyond the border."""
    return blurred(pool.images[:n], sigma)


def blurred(x: np.ndarray, sigma: float) -> np.ndarray:
    """x * Gaussian of `sigma` pixels, the border padded with black.   float32 (N, H, W, C) in [-1, 1] -> the same"""
    t = np.arange(-6, 7)
    weights = np.exp(-(t**2) / (2 * sigma**2))
    weights /= weights.sum()
    for axis in (1, 2):
        x = sum(w * moved(x, int(step), axis) for step, w in zip(t, weights, strict=True))
    return x.astype(np.float32)


def noise(pool: Pool, std: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """x + std e,  e ~ N(0, 1) for each pixel, clipped to [-1, 1]."""
    x = pool.images[:n]
    return np.clip(x + np.float32(std) * rng.standard_normal(x.shape, dtype=np.float32), -1, 1)


def shift(pool: Pool, pixels: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Each image moved to the right by this many pixels."""
    return moved(pool.images[:n], pixels, 2)


def dropped(pool: Pool, classes: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Only images of the classes >= `classes`: the lower ones are missing."""
    return pool.images[pool.labels >= classes][:n]


def unequal(pool: Pool, share: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """The classes 0 to 4 make up this share of the images; of the digits, about one half."""
    low, many = pool.labels < 5, round(share * n)
    return np.concatenate([pool.images[low][:many], pool.images[~low][: n - many]])


def repeated(pool: Pool, different: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Only this many different images, each repeated."""
    return pool.images[np.arange(n) % different]


def memorised(pool: Pool, share: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """This share of the images comes from the reference set itself."""
    many = round(share * n)
    return np.concatenate([pool.reference[:many], pool.images[: n - many]])


def moved(x: np.ndarray, steps: int, axis: int) -> np.ndarray:
    """x shifted along an axis; black comes in from outside.   (N, H, W, C) -> the same"""
    y = np.roll(x, steps, axis)
    edge: list[slice] = [slice(None)] * x.ndim
    edge[axis] = slice(0, steps) if steps >= 0 else slice(steps, None)
    y[tuple(edge)] = -1
    return y


HARMS: dict[str, tuple[Callable, tuple, str]] = {  # name -> function, increasing strengths, their unit
    "blur": (blur, (0.4, 0.7, 1.0, 1.5), "sigma, pixels"),
    "noise": (noise, (0.1, 0.2, 0.4, 0.8), "std (range 2)"),
    "shift": (shift, (1, 2, 3, 4), "pixels"),
    "dropped classes": (dropped, (1, 2, 4, 6), "classes missing"),
    "unequal classes": (unequal, (0.6, 0.7, 0.85, 0.98), "share of classes 0 to 4"),
    "repeated images": (repeated, (750, 150, 30, 10), "different images"),
    "memorised images": (memorised, (0.1, 0.25, 0.5, 1.0), "share of the set"),
}
