"""Small pictures of the arrays of a pass: feature maps, kernels, points in the plane.

Grey is 0, white the largest magnitude, black the same magnitude with a minus sign, so signs are visible without colour.
"""

import numpy as np

from minigan.plots import grid

TILES, IMAGES, SIDE = (
    16,
    8,
    64,
)  # the most feature maps or kernels, the most images, the most rows or columns of a matrix
EDGE = 72  # pixels: the side of the square in which points in the plane are drawn

Picture = tuple[str, np.ndarray]  # a caption, and uint8 (H, W, 1 or 3)


def maps(name: str, y: np.ndarray | None) -> list[Picture]:
    """Return pictures of an activation or a gradient; an empty list where there is nothing to see.

    (N, H, W, 1 or 3) shows the first images, any other (N, H, W, C) the feature maps of sample 0, (N, 2) points in the plane,
    (N, n) a matrix.
    """
    if y is None or y.dtype.kind != "f" or y.size == 0:
        return []
    if y.ndim == 4 and y.shape[3] in (1, 3):
        n = min(len(y), IMAGES)
        return [(f"{name} of the first {n} samples, {_scale(y[:n])}", _sheet(y[:n]))]
    if y.ndim == 4:
        tiles = y[0, :, :, :TILES].transpose(2, 0, 1)[..., None]  # (H, W, C) -> (C, H, W, 1)
        return [(f"{name}, sample 0, channels 0 to {len(tiles) - 1}, {_scale(tiles)}", _sheet(tiles))]
    if y.shape[1:] == (2,):
        return [(f"{name}: {len(y)} points in the plane", _plane(y))]
    if y.ndim == 2 and y.shape[1] > 1:
        rows = y[:TILES, :SIDE]
        size = f"{len(rows)} samples (rows) x {rows.shape[1]} units"
        return [(f"{name}: {size}, {_scale(rows)}", _sheet(rows[None, :, :, None]))]
    return []


def kernels(name: str, W: np.ndarray) -> list[Picture]:
    """Return a picture of weights: the first kernels of W (k, k, c_in, c_out), in colour if c_in is 3; the corner of a matrix."""
    if W.ndim == 4 and W.shape[0] > 1:
        tiles = W[..., :TILES].transpose(3, 0, 1, 2)  # -> (c_out, k, k, c_in)
        part = "" if W.shape[2] in (1, 3) else " of input channel 0"
        tiles = tiles if W.shape[2] == 3 else tiles[..., :1]
        return [(f"{name}: kernels 0 to {len(tiles) - 1}{part}, {_scale(tiles)}", _sheet(tiles))]
    if W.ndim < 2 or W.size == 1:
        return []
    corner = W.reshape(-1, W.shape[-1])[:SIDE, :SIDE]
    size = " x ".join(map(str, corner.shape))
    return [(f"{name}: {size} of its numbers, {_scale(corner)}", _sheet(corner[None, :, :, None]))]


def _scale(a: np.ndarray) -> str:
    return f"white is {np.abs(a).max():.2g}"


def _sheet(tiles: np.ndarray) -> np.ndarray:  # (n, H, W, C) -> uint8 (H', W', C)
    tiles = np.nan_to_num(tiles.astype(np.float64) / (np.abs(tiles).max() or 1.0), posinf=1, neginf=-1)
    return grid(tiles, columns=min(len(tiles), 8), pad=1)


def _plane(points: np.ndarray) -> np.ndarray:  # (N, 2) -> uint8 (EDGE, EDGE, 1), dark where there are points
    points = points[np.isfinite(points).all(axis=1)].astype(np.float64)
    reach = max(1e-12, np.abs(points).max(initial=0.0)) * 1.05
    counts, _, _ = np.histogram2d(points[:, 1], points[:, 0], bins=EDGE, range=[[-reach, reach]] * 2)
    return np.where(counts[::-1, :, None] > 0, 0, 255).astype(np.uint8)
