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
from minigan.running.arguments import check_path, check_positive
from minigan.running.files import atomic_file, atomic_write

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
        return
    frames = [grid(images, scale=scale) for images in clips.swapaxes(0, 1)]
    if kind == "gif":
        save_gif(path, frames, seconds=len(frames) / fps, hold=0)
    elif kind == "apng":
        first, *rest = map(as_pil, frames)
        with atomic_file(path) as file:
            first.save(file, "png", save_all=True, append_images=rest, duration=round(1000 / fps), loop=0)
    else:
        _save_mp4(path, frames, fps)


def check_film(path: str | os.PathLike) -> str:
    """The format of the path's suffix, one of the values of FILMS.  Raises ValueError for what cannot be written here."""
    kind = format_of(path, FILMS)
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
            picture[: frame.shape[0], : frame.shape[1]] = frame  # grey is broadcast to RGB
            writer.send(picture)
        writer.close()
        atomic_write(path, file.read_bytes())
