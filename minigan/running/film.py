"""The frames of a run's film: frames/step_000012.png, read back as pictures of one size.

The folder is open to everybody, and a file that does not belong there must not spoil a run that took days.
"""

import re
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from minigan.data.pictures import PictureError, open_picture


def step_of(frame: Path, default: int) -> int:
    """step_000012.png -> 12; `default` for any other name."""
    found = re.fullmatch(r"step_([0-9]+)\.png", frame.name)
    return int(found[1]) if found else default


def read_frames(folder: Path) -> list[np.ndarray]:
    """The frames of the film in order, uint8 (H, W) or (H, W, 3), all of the most common size.

    A warning names each file step_*.png that is not a picture, or not of this size, and is left out.
    """
    files = sorted(folder.glob("step_*.png"), key=lambda path: (step_of(path, -1), path.name))
    pictures = {path: _picture(path) for path in files}
    shapes = Counter(picture.shape for picture in pictures.values() if picture is not None)
    common = max(shapes, key=lambda shape: shapes[shape], default=())
    frames = []
    for path, picture in pictures.items():
        if picture is not None and picture.shape == common:
            frames.append(picture)
        else:
            found = "not a frame" if picture is None else f"of shape {picture.shape}, the other frames are {common}"
            warnings.warn(f"{path} is {found}: it is left out of the film", stacklevel=2)
    return frames


def _picture(path: Path) -> np.ndarray | None:
    """The picture in this file, None if it is not one, or too large to be a sheet of samples."""
    if step_of(path, -1) < 0:
        return None
    try:
        picture = open_picture(path, ("PNG",))
    except PictureError:
        return None
    return np.asarray(picture.convert("L" if picture.mode == "L" else "RGB"))
