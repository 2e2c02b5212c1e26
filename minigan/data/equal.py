"""A folder of pictures that all have one size, read as they are: to compare two folders, no pixel may be cropped or resized."""

import os
from pathlib import Path

import numpy as np

from minigan.data.pictures import PictureError, read_whole
from minigan.data.walk import CLUTTER, walk


def read_equal(path: str | os.PathLike) -> np.ndarray:
    """All pictures below `path`, sorted by path: uint8 (N, H, W, C), C = 3 if one of them is in colour, else 1.

    Raises
    ------
    OSError
        If there is no such folder, or if it cannot be read.
    ValueError
        If there is no picture in it, if one is damaged, or if two have different sizes; the message names the files.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        error = NotADirectoryError if root.exists() else FileNotFoundError
        raise error(f"expected a folder of pictures, got {os.fspath(path)!r}")
    files, skipped = walk(root)
    if bad := [entry for entry in skipped if entry[1] not in CLUTTER]:
        raise ValueError(f"{root / bad[0][0]}: {bad[0][1]}; take it out of the folder")
    images: list[np.ndarray] = []
    for file in files:
        try:
            images.append(read_whole(file.path))
        except PictureError as error:
            raise ValueError(f"{error}; take it out of the folder") from error
        if images[-1].shape[:2] != images[0].shape[:2]:
            sizes = [f"{image.shape[1]} x {image.shape[0]}" for image in (images[0], images[-1])]
            raise ValueError(
                f"the pictures of {root} have different sizes: {files[0].path.name} has {sizes[0]} pixels, "
                f"{file.path.name} {sizes[1]}; resize them to one size"
            )
    if not images:
        raise ValueError(f"there is no picture in {root}")
    channels = max(image.shape[2] for image in images)
    return np.stack([image if image.shape[2] == channels else image.repeat(channels, axis=2) for image in images])
