"""What the networks that read images share, DigitNet and PortraitNet: what they accept, and how their files are read.

A network that reads images answers for any array, whatever its range.  So the images are checked first.
"""

import os
from typing import Any

import numpy as np

from minigan.network import Sequential
from minigan.running import checkpoint
from minigan.running.arrays import as_array


def check_images(images: np.ndarray, net: str, what: str, *shapes: tuple[int, ...]) -> np.ndarray:
    """The images as an array (N, H, W, C), with (H, W, C) one of `shapes`, uint8 or float in [-1, 1].

    Raises ValueError for other shapes and values, TypeError for other dtypes; the message names the network and what it reads.
    """
    images = as_array(net, images)
    if images.shape[1:] not in shapes or len(images) == 0:
        fit = " or ".join(str(("N", *shape)).replace("'", "") for shape in shapes)
        grey = ", for grey images without a channel axis images[..., None]" if shapes[0][-1] == 1 else ""
        raise ValueError(f"{net} takes {what} {fit}, N >= 1, got {images.shape}: for one image write image[None]{grey}")
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise TypeError(f"{net} takes uint8 images, or floats in [-1, 1], got {images.dtype}")
    if images.dtype.kind == "f" and not np.abs(images).max() <= 1.001:  # not (a <= b) is also true for NaN
        low, high = images.min(), images.max()
        raise ValueError(
            f"{net} takes floats in [-1, 1], got {low:.4g} to {high:.4g}: "
            "use x / 127.5 - 1 for images in 0..255, np.clip(x, -1, 1) for a generator that overshoots"
        )
    return images


def to_float(images: np.ndarray) -> np.ndarray:
    """float32 in [-1, 1]: uint8 as x / 127.5 - 1, floats unchanged."""
    x = images.astype(np.float32, copy=False)
    return x / np.float32(127.5) - np.float32(1) if images.dtype == np.uint8 else x


def softmax(s: np.ndarray) -> np.ndarray:
    """p = exp(s) / sum exp(s), row by row, without overflow.   (N, K) -> (N, K)"""
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def save_network(net: Sequential, path: str | os.PathLike, meta: dict, weights: Any = None) -> None:
    """Write theta, in the dtype `weights` if it is given, the state, and `meta` (how it was trained) to `path`."""
    checkpoint.save(path, _arrays(net, weights), meta)


def load_network(net: Sequential, path: str | os.PathLike, weights: Any = None) -> Sequential:
    """net with the weights and the state saved at `path`; `weights` as in `save_network`.

    Raises FileNotFoundError, or CheckpointError if the file is damaged or does not fit.
    """
    arrays = checkpoint.load(path, expect=_arrays(net, weights))[0]
    net.theta[...], net.state[...] = arrays["theta"], arrays["state"]
    return net


def _arrays(net: Sequential, weights: Any) -> dict[str, np.ndarray]:
    return {"theta": net.theta.astype(weights or net.dtype, copy=False), "state": net.state}
