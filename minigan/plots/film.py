"""A film as a file: GIF for everywhere, APNG without its 256 colours, MP4 where a video is wanted, or all frames on one strip.

Only MP4 needs more than this package: the encoder comes with imageio-ffmpeg, which is not among its requirements.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from minigan.plots.gif import save_gif
from minigan.plots.images import as_pil, format_of, grid, save_png
from minigan.running.arguments import check_path, check_positive, check_range
from minigan.running.files import atomic_file, atomic_write

MOVING = (".gif", ".apng", ".mp4")
FILMS = {".gif": "gif", ".png": "strip", ".apng": "apng", ".mp4": "mp4"}


def save_film(path: str | os.PathLike, clips: np.ndarray, fps: float = 8.0, scale: int = 1) -> None:
    """Write clips (N, T, H, W, 1 or 3), uint8 or float in [-1, 1], in the format of the path's suffix, atomically.

    Parameters
    ----------
    path
        .gif, .apng or .mp4: all clips play side by side.  .png: a strip for each clip, its frames from left to right.
    fps
        Frames a second.
    scale
        Each pixel is drawn as scale x scale pixels.

    Raises
    ------
    ValueError
        For another suffix or shape, fps <= 0, and .mp4 if imageio-ffmpeg is not installed, before anything is drawn.
    """
    check_path("save_film", path=path)
    check_positive("save_film", fps=fps)
    kind = check_film(path)
    if np.ndim(clips) != 5:
        raise ValueError(f"a film is made of clips (N, T, H, W, C), got an array of shape {np.shape(clips)}")
    if kind == "strip":
        save_png(path, grid(clips, scale=scale))
    else:
        save_frames(path, [grid(images, scale=scale) for images in clips.swapaxes(0, 1)], fps)


def save_frames(path: str | os.PathLike, frames: Sequence[np.ndarray], fps: float = 8.0, hold: float = 0.0) -> None:
    """Write frames of one shape, (H, W), (H, W, 1) or (H, W, 3), as a film, .gif, .apng or .mp4, atomically.

    fps : frames a second;  hold : how many seconds longer the last frame is shown

    Raises ValueError for no frames, unequal shapes, fps <= 0, hold < 0, another suffix, and .mp4 without imageio-ffmpeg.
    """
    check_path("save_frames", path=path)
    check_positive("save_frames", fps=fps)
    check_range("save_frames", hold=hold)
    kind = check_film(path, *MOVING)
    if not len(frames) or len({np.shape(frame) for frame in frames}) > 1:
        shapes = sorted({np.shape(frame) for frame in frames})
        raise ValueError(f"a film is made of frames of one shape, got {shapes or 'no frames'}")
    if kind == "gif":
        save_gif(path, frames, seconds=len(frames) / fps, hold=hold)
    elif kind == "apng":
        first, *rest = map(as_pil, frames)
        durations = [round(1000 / fps)] * len(rest) + [round(1000 / fps + 1000 * hold)]
        with atomic_file(path) as file:
            first.save(file, "png", save_all=True, append_images=rest, duration=durations, loop=0)
    else:
        _save_mp4(path, [*frames, *[frames[-1]] * round(hold * fps)], fps)


def check_film(path: str | os.PathLike, *suffixes: str) -> str:
    """The format of the path's suffix, one of the values of FILMS.  Raises ValueError for what cannot be written here.

    suffixes : those that are allowed; default: all in FILMS
    """
    kind = format_of(path, {suffix: kind for suffix, kind in FILMS.items() if not suffixes or suffix in suffixes})
    if kind == "mp4" and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise ValueError(
            f"cannot write {os.fspath(path)}: MP4 needs an encoder (pip install imageio-ffmpeg); .gif and .apng need nothing"
        )
    return kind


def _save_mp4(path: str | os.PathLike, frames: Sequence[np.ndarray], fps: float) -> None:
    """H.264, whose sides are even: an odd one gets a black line."""
    import imageio_ffmpeg

    height, width = (n + n % 2 for n in frames[0].shape[:2])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "film.mp4"
        writer = imageio_ffmpeg.write_frames(str(file), (width, height), fps=fps, macro_block_size=2)
        writer.send(None)
        for frame in frames:
            picture = np.zeros((height, width, 3), np.uint8)
            picture[: frame.shape[0], : frame.shape[1]] = as_pil(frame).convert("RGB")
            writer.send(picture)
        writer.close()
        atomic_write(path, file.read_bytes())
