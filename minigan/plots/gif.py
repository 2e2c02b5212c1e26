"""A film of the training: G's images for the same noise, again and again while it learns.

A GIF has at most 256 colours. If each frame had its own palette the film would flicker, so all frames share one palette:
for colour, the best 256 colours of several frames combined; for grey, 32 evenly spaced greys, which halve the file size
without a visible difference.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from minigan.plots.images import as_pil, format_of
from minigan.running.arguments import check_path, check_positive, check_range, short
from minigan.running.files import atomic_file

if TYPE_CHECKING:
    from PIL import Image

GREYS, COLOURS = 32, 256


def save_gif(path: str | os.PathLike, frames: Sequence[np.ndarray], seconds: float = 6.0, hold: float = 2.0) -> None:
    """Write a GIF that loops forever, atomically.

    Parameters
    ----------
    path
        The file to write.
    frames
        Images of one shape, (H, W), (H, W, 1) or (H, W, 3), uint8 or float in [-1, 1], such as `grid` returns.
    seconds
        The duration of the film. A frame lasts at least 0.02 s, the shortest that browsers show, so many frames make a
        longer film.
    hold
        How many seconds longer the last frame is shown.

    Raises
    ------
    ValueError
        For no frames, unequal shapes, seconds <= 0 and hold < 0, and a name with another suffix than .gif.
    """
    check_path("save_gif", path=path)
    check_positive("save_gif", seconds=seconds)
    check_range("save_gif", hold=hold)
    format_of(path, {".gif": "gif"})
    if not isinstance(frames, Sequence | np.ndarray):
        raise TypeError(f"a GIF needs a list of frames, got {short(frames)}")
    if len(frames) == 0:
        raise ValueError("a GIF needs at least one frame, got none")
    shapes = {np.shape(frame) for frame in frames}
    if len(shapes) > 1:
        raise ValueError(f"all frames must have the same shape, got {' and '.join(map(str, sorted(shapes)))}")
    pictures = [as_pil(frame) for frame in frames]
    first, *rest = _grey_levels(pictures) if pictures[0].mode == "L" else _best_colours(pictures)
    duration = max(20, round(100 * seconds / len(frames)) * 10)  # in ms, but a GIF stores hundredths of a second
    durations = [duration] * len(rest) + [duration + round(100 * hold) * 10]
    with atomic_file(path) as file:
        first.save(file, "gif", save_all=True, append_images=rest, duration=durations, loop=0)


def _grey_levels(frames: list[Image.Image]) -> list[Image.Image]:
    """The frames (mode L) reduced to GREYS evenly spaced greys."""
    palette = [grey for level in range(GREYS) for grey in [round(255 * level / (GREYS - 1))] * 3]
    indexed = [frame.point([round(grey * (GREYS - 1) / 255) for grey in range(256)]) for frame in frames]
    for frame in indexed:
        frame.putpalette(palette)  # from now on a pixel is an index into the palette
    return indexed


def _best_colours(frames: list[Image.Image]) -> list[Image.Image]:
    """The frames (mode RGB) reduced to the best COLOURS colours of a selection of them."""
    from PIL import Image

    some = frames[:: max(1, len(frames) // 8)] + frames[-1:]  # the last frame has the final colours
    width, height = frames[0].size
    strip = Image.new("RGB", (width, height * len(some)))
    for i, frame in enumerate(some):
        strip.paste(frame, (0, i * height))
    palette = strip.quantize(COLOURS, kmeans=2)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
