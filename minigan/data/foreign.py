"""Recognise picture formats that minigan does not read, so that the user learns what to do instead of "not a picture".

Most are recognised by their first bytes.  A camera's raw file is a TIFF whose first picture is a thumbnail of 160 x 120
pixels; it would be read without a complaint, and the data would be thumbnails.  So these go by their suffix.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

BRANDS = {  # of the box "ftyp" at byte 4
    b"heic": "HEIC", b"heix": "HEIC", b"heim": "HEIC", b"heis": "HEIC", b"hevc": "HEIC", b"hevx": "HEIC", b"mif1": "HEIC",
    b"msf1": "HEIC", b"avif": "AVIF", b"avis": "AVIF", b"crx ": "a camera's raw file",
}  # fmt: skip
STARTS = {
    b"%!PS": "PostScript (EPS)",
    b"\xc5\xd0\xd3\xc6": "PostScript (EPS)",
    b"%PDF": "PDF",
    b"8BPS": "a Photoshop file",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"FUJIFILMCCD-RAW": "a camera's raw file",
}
SUFFIXES = {
    ".svg": "SVG", ".svgz": "SVG", ".heic": "HEIC", ".heif": "HEIC", ".avif": "AVIF", ".jxl": "JPEG XL", ".jp2": "JPEG 2000",
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".orf", ".rw2", ".pef", ".srw", ".raf"), "a camera's raw file"),
}  # fmt: skip
OURS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF")  # a JPEG under the name x.heic is read


def foreign_format(path: Path, file: BinaryIO) -> str:
    """The name of the format, if it is one that is not read here, else ''; `file` is left at its beginning."""
    start = file.read(512)
    file.seek(0)
    if start[4:8] == b"ftyp":
        return BRANDS.get(start[8:12], "a video or an unknown format")
    for begin, name in STARTS.items():
        if start.startswith(begin):
            return name
    if b"<svg" in start:
        return "SVG"
    return "" if start.startswith(OURS) else SUFFIXES.get(path.suffix.lower(), "")
