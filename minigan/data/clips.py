"""Short films whose motion is known exactly, drawn as they are needed: there is no end of them, and none on the disk.

    bouncing_digits     two digits of mnist10k fly straight on and bounce off the walls      (T, 32, 32, 1)
    moving_portraits    a portrait nods, blinks, and its colours turn                        (T, 32, 32, 3)

Whoever generates such films can be measured: is the digit of the last frame that of the first, does it fly straight on?  A set
is a function draw(n, rng, frames) -> clips (n, frames, H, W, C) uint8 and the motion they were drawn from, a dict of arrays.

Srivastava et al. 2015 (LSTMs that predict video) made the first films of bouncing digits, "Moving MNIST".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from minigan.data.embedded import mnist10k
from minigan.data.portraits import load_portraits
from minigan.data.registry import CLIPS
from minigan.data.source import Batch, Stream
from minigan.running.arguments import check_whole

FRAMES = 16
SIDE, DIGIT = 32, 14  # pixels of a frame and of a digit in it
ROOM = SIDE - DIGIT  # a digit's corner moves in [0, ROOM]
SPEEDS = (-2, -1, 1, 2)  # pixels a frame, in each direction
EYES, LASH, NECK = slice(15, 18), 17, (22.0, 30.0)  # rows of a portrait
COLUMNS, NOSE = [11, 12, 13, 14, 18, 19, 20, 21], 15  # of the eyes, and of the skin between them

Motion = dict[str, np.ndarray]
Draw = Callable[..., tuple[np.ndarray, Motion]]


def fold(p: np.ndarray, room: float = ROOM) -> np.ndarray:
    """The place in [0, room] of a point that flew p far between two walls that reflect it: a triangle wave of period 2 room."""
    q = np.mod(p, 2 * room)
    return np.minimum(q, 2 * room - q)  # eq:clips.bounce


def bouncing_digits(
    n: int, rng: np.random.Generator, frames: int = FRAMES, digits: int = 2, labels: np.ndarray | None = None
) -> tuple[np.ndarray, Motion]:
    """Digits of 14 x 14 pixels on black, each with a constant velocity except where it bounces; where two overlap, the brighter.

    Parameters
    ----------
    n, rng, frames : number of clips, the generator of everything random, frames in a clip
    digits : how many digits in each clip
    labels : (n, digits), which digits; by default drawn at random

    Returns
    -------
    clips : np.ndarray
        uint8 (n, frames, 32, 32, 1).
    motion : dict
        "labels" (n, digits); "positions" (n, digits, frames, 2) of the corner, (row, column) in 0 .. 18; "velocities"
        (n, digits, 2) at the beginning, in pixels a frame, each of -2, -1, 1, 2.
    """
    check_whole("bouncing_digits", n=n, frames=frames, digits=digits)
    images, classes = _small_digits()
    if labels is None:
        chosen = rng.integers(len(images), size=(n, digits))
    else:
        chosen = np.array([rng.choice(np.flatnonzero(classes == label)) for label in np.ravel(labels)]).reshape(
            n, digits
        )
    start = rng.integers(ROOM + 1, size=(n, digits, 1, 2))
    velocity = rng.choice(SPEEDS, size=(n, digits, 1, 2))
    position = fold(start + velocity * np.arange(frames)[:, None]).astype(np.int64)  # (n, digits, frames, 2)
    clips = np.zeros((n, frames, SIDE, SIDE), np.uint8)
    clip, frame = np.ogrid[:n, :frames]
    for k in range(digits):
        rows, columns = (position[:, k, :, axis, None] + np.arange(DIGIT) for axis in (0, 1))  # (n, frames, 14)
        at = clip[..., None, None], frame[..., None, None], rows[..., :, None], columns[..., None, :]
        clips[at] = np.maximum(clips[at], images[chosen[:, k], None])
    return clips[..., None], {"labels": classes[chosen], "positions": position, "velocities": velocity[:, :, 0]}


@cache
def _small_digits() -> tuple[np.ndarray, np.ndarray]:
    """The digits of mnist10k at half their size, a little brighter: uint8 (10000, 14, 14), and their labels."""
    found = mnist10k()
    assert found.labels is not None
    small = found.images.reshape(-1, DIGIT, 2, DIGIT, 2).mean(axis=(2, 4))  # thin strokes get pale
    return np.minimum(255, np.rint(1.5 * small)).astype(np.uint8), found.labels


def moving_portraits(n: int, rng: np.random.Generator, frames: int = FRAMES) -> tuple[np.ndarray, Motion]:
    """Portraits with wide eyes. The head moves up and down while the shoulders rest; the eyes shut for two frames; hues turn.

    Returns
    -------
    clips : np.ndarray
        uint8 (n, frames, 32, 32, 3).
    motion : dict
        "portraits" (n,), which of the set; "nod" (n, frames), pixels downwards; "closed" (n, frames), bool; "hue" (n, frames),
        the angle in radians by which the colours are turned.
    """
    check_whole("moving_portraits", n=n, frames=frames)
    faces = _wide_eyes()
    chosen, t = rng.integers(len(faces), size=n), np.arange(frames)
    size, phase, period = rng.uniform(1, 3, (n, 1)), rng.uniform(0, 2 * np.pi, (n, 1)), rng.uniform(8, 16, (n, 1))
    nod = size * np.sin(phase + 2 * np.pi * t / period)  # (n, frames)
    closed = (t - rng.integers(12, size=(n, 1))) % 12 < 2
    hue = rng.uniform(0, 2 * np.pi, (n, 1)) + rng.choice((-1, 1), (n, 1)) * rng.uniform(0.05, 0.15, (n, 1)) * t
    clips = np.repeat(faces[chosen, None].astype(np.float32), frames, axis=1)  # (n, frames, 32, 32, 3)
    lids = np.repeat(clips[:, :, EYES, NOSE, None], len(COLUMNS), axis=3)  # the colour of the skin
    lids[:, :, LASH - EYES.start] *= 0.6
    clips[:, :, EYES, COLUMNS] = np.where(closed[..., None, None, None], lids, clips[:, :, EYES, COLUMNS])
    turned = np.einsum("ntijc,ntdc->ntijd", nodded(clips, nod), turn(hue).astype(np.float32))
    motion = {"portraits": chosen, "nod": nod, "closed": closed, "hue": hue}
    return np.rint(np.clip(turned, 0, 255)).astype(np.uint8), motion


@cache
def _wide_eyes() -> np.ndarray:
    found = load_portraits()
    return found.images[found.attributes["eyes"] == found.attribute_classes["eyes"].index("wide")]


def nodded(clips: np.ndarray, nod: np.ndarray) -> np.ndarray:
    """Rows above the neck moved down by `nod` pixels, those below the shoulders not at all, between them in proportion.

    clips (n, T, H, W, C) float, nod (n, T) -> (n, T, H, W, C), interpolated linearly between two rows.
    """
    height = clips.shape[2]
    rows = np.arange(height)
    share = np.clip((NECK[1] - rows) / (NECK[1] - NECK[0]), 0, 1)
    source = np.clip(rows - nod[..., None] * share, 0, height - 1)  # (n, T, H)
    low = np.minimum(source.astype(int), height - 2)
    part = (source - low)[..., None, None].astype(clips.dtype)
    clip, frame = np.ogrid[: clips.shape[0], : clips.shape[1]]
    at = clip[..., None], frame[..., None]
    return (1 - part) * clips[*at, low] + part * clips[*at, low + 1]


def turn(angle: np.ndarray) -> np.ndarray:
    """The rotation of RGB about the axis of the greys: (...,) -> (..., 3, 3).     Rodrigues' formula."""
    c, s = np.cos(angle)[..., None, None], np.sin(angle)[..., None, None]
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    return c * np.eye(3) + s * cross + (1 - c) / 3  # eq:clips.hue


SETS: dict[str, tuple[Draw, int]] = {"bouncing_digits": (bouncing_digits, 1), "moving_portraits": (moving_portraits, 3)}


class Clips(Stream):
    """An endless source of clips: x (n, frames, 32, 32, C) in [-1, 1], no labels.  Its state is that of its generator.

    name : one of CLIPS
    rng : draws every clip; the same state draws the same bits
    frames : in a clip
    """

    def __init__(self, name: str, rng: np.random.Generator, frames: int = FRAMES):
        if name not in SETS:
            raise ValueError(f"there are no clips {name!r}: choose {' or '.join(CLIPS)}")
        draw, channels = SETS[name]
        check_whole("Clips", frames=frames)
        super().__init__(partial(_only_clips, draw, frames), rng, (frames, SIDE, SIDE, channels))

    def reference(self, n: int = 2_000) -> Batch:
        """n clips, uint8; 2,000 of bouncing_digits take 33 MB."""
        return super().reference(n)


def _only_clips(draw: Draw, frames: int, n: int, rng: np.random.Generator) -> np.ndarray:
    return draw(n, rng, frames)[0]
