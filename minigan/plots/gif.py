"""A film of the training: the same noise, drawn again and again while G learns.

GIF knows 256 colours at most. Each frame with a palette of its own would flicker, so all frames share one: for colour
frames the best 256 of several frames laid together; for grey ones 32 even greys, which halve the file unseen.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from minigan.plots.images import as_pil
from minigan.running.files import atomic_file

GREYS, COLOURS = 32, 256


def save_gif(path: str | os.PathLike, frames: Sequence[np.ndarray], seconds: float = 6.0, hold: float = 2.0) -> None:
    """Write an endless GIF: all frames within `seconds`, the last one held `hold` seconds longer, atomically.

    frames: pictures of one shape, uint8 or float in [-1, 1], (H, W, 1 or 3) as `grid` returns them. A frame lasts at
    least 0.02 s (what browsers can show), so many frames make a longer film. Raises ValueError for no frames or
    unequal shapes.
    """
    if len(frames) == 0:
        raise ValueError("a GIF needs at least one frame, got none")
    shapes = {np.shape(frame) for frame in frames}
    if len(shapes) > 1:
        raise ValueError(f"all frames must have one shape, got {' and '.join(map(str, sorted(shapes)))}")
    if not (seconds > 0 and hold >= 0):
        raise ValueError(f"expected seconds > 0 and hold >= 0, got {seconds} and {hold}")
    pictures = [as_pil(frame) for frame in frames]
    first, *rest = _grey_levels(pictures) if pictures[0].mode == "L" else _best_colours(pictures)
    each = max(
        20, round(100 * seconds / len(frames)) * 10
    )  # GIF counts in hundredths of a second, Pillow in thousandths
    durations = [each] * len(rest) + [each + round(100 * hold) * 10]
    with atomic_file(path) as file:
        first.save(file, "gif", save_all=True, append_images=rest, duration=durations, loop=0)


def _grey_levels(frames: list) -> list:
    palette = [grey for level in range(GREYS) for grey in [round(255 * level / (GREYS - 1))] * 3]
    indexed = [frame.point([round(grey * (GREYS - 1) / 255) for grey in range(256)]) for frame in frames]
    for frame in indexed:
        frame.putpalette(palette)  # from here on a pixel is an index into it
    return indexed


def _best_colours(frames: list) -> list:
    from PIL import Image

    some = frames[:: max(1, len(frames) // 8)] + frames[-1:]  # the last frame has the final colours
    width, height = frames[0].size
    strip = Image.new("RGB", (width, height * len(some)))
    for i, frame in enumerate(some):
        strip.paste(frame, (0, i * height))
    palette = strip.quantize(COLOURS, kmeans=2)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
