"""Do the things in a clip fly straight on, and bounce where the walls are?  Their centres are found, linked and fitted.

For a film whose motion is known, "it moves well" can be counted: a bright thing has a path, and that path is a line folded between
two walls, or it is not.  Where two things cover each other the frame is left out: the measure is blind there, and it does not see
what the things are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

BRIGHT, APART = 64, 8.0  # grey level of a thing's pixels; distance of two centres in pixels
ROUNDS = 12  # of 2-means
SPEED, PHASE = 1 / 16, 1 / 4  # steps of the search for a path: pixels a frame, pixels
FASTEST = 4.0  # pixels a frame
SOME = 6  # frames that a path must be seen in
BLOCK = 200  # paths at a time


def two_centres(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bright pixels of each image in two parts: 2-means, from two points along their longest axis.

    uint8 (M, H, W) -> centres (M, 2, 2), (row, column) in pixels, and bool (M, H, W), which pixels belong to the first one.  An
    image without bright pixels has both centres at 0.
    """
    points = np.indices(images.shape[1:]).reshape(2, -1).T.astype(float)  # (H W, 2)
    w = np.where(images >= BRIGHT, images, 0).reshape(len(images), -1).astype(float)
    w /= np.maximum(w.sum(axis=1, keepdims=True), 1e-9)
    mean = w @ points
    spread = np.einsum("mp,pa,pb->mab", w, points, points, optimize=True) - mean[:, :, None] * mean[:, None]
    values, vectors = np.linalg.eigh(spread)
    axis = vectors[:, :, 1] * np.sqrt(np.maximum(values[:, 1:], 0))
    found = np.stack([mean + axis, mean - axis], axis=1)
    for _ in range(ROUNDS):
        distance = ((points - found[:, :, None]) ** 2).sum(axis=-1)  # (M, 2, H W)
        first = distance[:, 0] <= distance[:, 1]
        for k, part in enumerate((first, ~first)):
            mine = w * part
            total = mine.sum(axis=1, keepdims=True)
            found[:, k] = np.where(total > 0, mine @ points / np.maximum(total, 1e-9), found[:, k])
    return found, first.reshape(images.shape)


def tracks(clips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The paths of two bright things in each clip: uint8 (N, T, H, W, 1) -> (N, 2, T, 2), and bool (N, T, H, W), the first one's pixels.

    NaN where the two centres are nearer than 8 pixels: there may be one thing only.  In each frame the centres continue the paths
    in the order that makes the sum of the jumps smallest, where a path is expected to go on as it did before.
    """
    if clips.ndim != 5 or clips.shape[4] != 1 or clips.dtype != np.uint8:
        raise ValueError(f"expected clips uint8 (N, T, H, W, 1), got {clips.dtype} {clips.shape}")
    parts = [two_centres(clip[..., 0]) for clip in clips]
    found, first = (np.stack(part) for part in zip(*parts, strict=True))  # (N, T, 2, 2), (N, T, H, W)
    found[np.linalg.norm(found[:, :, 0] - found[:, :, 1], axis=-1) < APART] = np.nan
    for path, mine in zip(found, first, strict=True):
        before: list[Any] = []
        for t in np.flatnonzero(~np.isnan(path[:, 0, 0])):
            if before:
                last, step = path[before[-1]], 0.0
                if len(before) > 1:
                    step = (last - path[before[-2]]) * (t - before[-1]) / (before[-1] - before[-2])
                jumps = [np.linalg.norm(path[t, order] - last - step, axis=1).sum() for order in ([0, 1], [1, 0])]
                if jumps[1] < jumps[0]:
                    path[t], mine[t] = path[t, ::-1].copy(), ~mine[t]
            before.append(t)
    return found.transpose(0, 2, 1, 3), first


def path_error(path: np.ndarray, walls: tuple[float, float]) -> np.ndarray:
    """The distance of each path from the nearest one that flies straight on and bounces: (..., T, 2) -> (...), in pixels.

    min over a phase and a speed, in each direction, of the root mean square of x[t] - (low + fold(phase + speed t)), where fold
    reflects at 0 and at high - low; frames that are NaN do not count.  NaN for a path seen in fewer than 6 frames.

    walls : (low, high), between which the centres move
    """
    low, high = walls
    room, frames = high - low, path.shape[-2]
    t = np.arange(frames)
    phases, speeds = np.arange(0, 2 * room, PHASE), np.arange(0, FASTEST + SPEED, SPEED)
    q = np.mod(phases[:, None, None] + speeds[:, None] * t, 2 * room)
    lines = low + np.minimum(q, 2 * room - q).reshape(-1, frames)  # (phases speeds, T)   eq:clips.path
    series = np.moveaxis(path, -1, -2).reshape(-1, frames)
    known = ~np.isnan(series)
    x = np.where(known, series, 0)
    # sum over known frames of (x - line)^2 = |x|^2 - 2 x . line + known . line^2, for all lines at once
    squares = np.concatenate([
        ((a * a).sum(axis=1, keepdims=True) - 2 * a @ lines.T + k @ (lines * lines).T).min(axis=1)
        for a, k in ((x[i : i + BLOCK], known[i : i + BLOCK].astype(float)) for i in range(0, len(x), BLOCK))
    ])  # fmt: skip
    squares = np.where(known.sum(axis=1) >= SOME, squares, np.nan)
    mean = np.maximum(squares, 0) / np.maximum(known.sum(axis=1), 1)
    return np.sqrt(mean.reshape(*path.shape[:-2], 2).sum(axis=-1))


def smoothness(path: np.ndarray) -> np.ndarray:
    """The share of steps that go on like the one before: |x[t+1] - 2 x[t] + x[t-1]| <= 1 pixel.   (..., T, 2) -> (...)

    A bounce is not such a step, so a perfect film has less than 1.  NaN for a path never seen in three successive frames.
    """
    change = np.linalg.norm(path[..., 2:, :] - 2 * path[..., 1:-1, :] + path[..., :-2, :], axis=-1)
    known = ~np.isnan(change)
    count = known.sum(axis=-1)
    return np.where(count > 0, (known & (np.nan_to_num(change) <= 1)).sum(axis=-1) / np.maximum(count, 1), np.nan)
