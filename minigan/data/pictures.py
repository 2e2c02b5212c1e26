"""Open one picture that somebody else made, safely, and turn it into an array of bytes.

A picture file is a program for a decoder, and a hostile or damaged one can do harm: 2 KB that unfold to 5 GB, PostScript
under the name photo.jpg.  So only eight formats are tried, whatever the name says, and the size that the file declares is
checked before a pixel is decoded.  Everything in minigan that opens a picture of the user does it here.
"""

from __future__ import annotations

import os
import re
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from minigan.data.foreign import foreign_format
from minigan.data.regular import open_regular

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "ICO")  # decoders of pixels: none starts another program
PIXELS = 89_478_485  # of one picture, Pillow's own limit: a quarter of a GB as RGB; phones and cameras stay below it
SIDE = (
    65_535  # pixels, the most that a JPEG can have; Pillow keeps a pointer for each row, so a tall picture costs more
)
BYTES = 300_000_000  # of one file
SCANNED = (
    2_000_000_000  # pixels of a JPEG times its scans: a progressive one has about 10, each is a pass over all pixels
)
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # in a JPEG, the end of a scan's data
MODES = {1: "L", 3: "RGB"}  # channels -> Pillow's mode
TO_BYTE = np.rint(np.arange(65536) / 257).astype(np.uint8)  # 16 bits -> 8: 0 -> 0, 65535 -> 255


class PictureError(ValueError):
    """A file that cannot be used as a picture: `path`, and the `reason` in a few words."""

    def __init__(self, path: str | os.PathLike, reason: str):
        super().__init__(f"{os.fspath(path)}: {reason}")
        self.path, self.reason = path, reason


def open_picture(path: str | os.PathLike, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """The first frame of a picture, decoded and rotated upright (EXIF); the mode is the file's.

    Parameters
    ----------
    path
        The file.
    formats
        Pillow's names of the formats that are tried, some of FORMATS.

    Raises
    ------
    PictureError
        If the file cannot be read, is no picture of these formats, is damaged, or is larger than PIXELS, SIDE or BYTES.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with open_regular(path, BYTES) as file, warnings.catch_warnings(action="ignore"):  # warnings about metadata
            if other := foreign_format(Path(path), file):
                raise ValueError(f"{other} is not read here: convert it to JPEG or PNG")
            _check_icon(file)  # Pillow decodes an icon when it opens it
            image = Image.open(file, formats=formats)
            _check_size(*image.size)
            if image.format == "TIFF":
                tags = image.tag_v2  # type: ignore[attr-defined]
                _check_size(tags.get(322, 1), tags.get(323, 1))  # TileWidth, TileLength: a tile is decoded at once
            if image.format in ("JPEG", "MPO"):
                _check_scans(file, image.width * image.height)
            image.load()
            with suppress(Exception):  # damaged metadata does not make the pixels bad
                ImageOps.exif_transpose(image, in_place=True)
            return image
    except UnidentifiedImageError:
        raise PictureError(path, "not an image") from None
    except OSError as error:
        reason = f"cannot be read: {error.strerror}" if error.strerror else _sentence(error, path)
        raise PictureError(path, reason) from error
    except Exception as error:  # Pillow's decoders raise almost any exception on damaged files
        raise PictureError(path, _sentence(error, path)) from error


def read_picture(path: str | os.PathLike, size: int, channels: int) -> tuple[np.ndarray, tuple[int, int], str]:
    """A picture as the networks will see it: its central square, size x size pixels (Lanczos).

    Transparency is put on white, 16 bits become 8, CMYK becomes RGB, an animation is its first frame.

    Parameters
    ----------
    path
        The file.
    size
        The side of the result in pixels.
    channels
        3 for colour or 1 for grey (ITU-R 601 luma).

    Returns
    -------
    pixels, (width, height), mode
        uint8 (size, size, channels); the size and Pillow's mode of the picture in the file.

    Raises
    ------
    PictureError
        As `open_picture`, and for pixels without a defined white level (32-bit integers, floats).
    """
    from PIL import Image, ImageOps

    image = open_picture(path)
    original, mode = image.size, image.mode
    try:
        square = ImageOps.fit(_plain(image).convert(MODES[channels]), (size, size), Image.Resampling.LANCZOS)
    except Exception as error:  # a mode that Pillow cannot convert
        raise PictureError(path, _sentence(error, path)) from error
    return np.asarray(square).reshape(size, size, channels), original, mode


def read_whole(path: str | os.PathLike) -> np.ndarray:
    """A picture with all its pixels, neither cropped nor resized: uint8, grey (H, W, 1) or colour (H, W, 3).

    Transparency, 16 bits, animations and what is raised: as `read_picture`.
    """
    image = open_picture(path)
    grey = image.mode in ("1", "L", "LA") or image.mode.startswith("I")
    try:
        pixels = np.asarray(_plain(image).convert("L" if grey else "RGB"))
    except Exception as error:  # a mode that Pillow cannot convert
        raise PictureError(path, _sentence(error, path)) from error
    return pixels.reshape(*pixels.shape[:2], 1 if grey else 3)


def _plain(image: Image.Image) -> Image.Image:
    """The picture with 8 bits a channel and without transparency."""
    from PIL import Image

    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        return Image.fromarray(TO_BYTE[np.clip(np.asarray(image), 0, 65535)])  # Pillow would clip at 255
    if image.mode in ("I", "F"):
        raise ValueError(
            f"pixels of mode {image.mode} have no defined white level; save it with 8 or 16 bits per channel"
        )
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image)
        return paper
    return image


def _check_size(width: int, height: int) -> None:
    if width * height > PIXELS or max(width, height) > SIDE:
        raise ValueError(
            f"{width} x {height} pixels are too many; at most {PIXELS:,}, and {SIDE:,} on a side, are decoded"
        )


def _check_scans(file: BinaryIO, pixels: int) -> None:
    """Check how often a JPEG goes over its pixels: a scan of 95 bytes can take as long as the whole picture."""
    before = file.tell()
    file.seek(0)
    data = file.read()
    file.seek(before)
    if data.count(b"\xff\xda") * pixels <= SCANNED:  # nearly always; thumbnails and appended videos are counted too
        return
    scans, at = 0, 2
    while (found := MARKER.search(data, at)) and found[0] != b"\xff\xd9":  # up to the end of the image
        scans += found[0] == b"\xff\xda"
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")  # behind the marker's own data
    if scans * pixels > SCANNED:
        raise ValueError(f"{scans} scans of {pixels:,} pixels take too long; save it as a baseline JPEG")


def _check_icon(file: BinaryIO) -> None:
    """Check the sizes that the pictures inside an icon declare; their headers may differ from the icon's directory."""
    file.seek(0)
    start = file.read(6)
    if start[:4] == b"\0\0\1\0":
        directory = file.read(16 * int.from_bytes(start[4:6], "little"))
        for at in range(0, len(directory) - 15, 16):
            file.seek(int.from_bytes(directory[at + 12 : at + 16], "little"))
            head = file.read(24)
            if head.startswith(b"\x89PNG"):
                _check_size(int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big"))
            else:  # a bitmap, twice as high as the icon: colours, then the mask
                width, height = (int.from_bytes(head[k : k + 4], "little", signed=True) for k in (4, 8))
                _check_size(abs(width), abs(height) // 2)
    file.seek(0)


def _sentence(error: Exception, path: str | os.PathLike) -> str:
    """What went wrong, on one line and without the path, which the report names anyway."""
    text = " ".join(str(error).replace(f"{os.fspath(path)!r} is ", "").split())
    return text if isinstance(error, ValueError | OSError) and text else f"damaged ({type(error).__name__}: {text})"
