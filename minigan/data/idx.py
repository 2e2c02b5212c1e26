"""Read IDX, the format of the MNIST files: a header of a few big-endian numbers, then the bytes of one array.

    byte 0, 1   zero
    byte 2      type of the values (0x08: unsigned bytes, the only one the digit sets use)
    byte 3      number of dimensions d
    4 d bytes   the dimensions, 32-bit unsigned, most significant byte first
    the rest    the values, in row-major order (last dimension fastest)

Truncated downloads and web pages saved under the wrong name are common, so everything the header claims is checked, and
each mismatch has its own error message. A gzip file of 2 MB can unfold to 2 GB, so it is never unfolded as a whole: the
header is read first, then exactly as many bytes as it promises, then one more, which must not be there. Source: Y. LeCun,
C. Cortes and C. Burges, "The MNIST database of handwritten digits", section "file formats".
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from typing import BinaryIO

import numpy as np

from minigan.data.regular import open_regular

LARGEST = 2**30  # bytes of an array, unless the caller allows more; MNIST's training images have 2^25.5
DIMENSIONS = 32  # the most that every NumPy knows
DEFLATE = 1032  # deflate shrinks nothing by more than this factor


def read_idx(path: str | os.PathLike, most: int = LARGEST) -> np.ndarray:
    """The array in an IDX file, uint8 of any shape. A gzipped file is recognised by its first bytes.

    Parameters
    ----------
    path
        The file.
    most
        The largest array that is accepted, in bytes. At most this much memory is used.

    Raises
    ------
    OSError
        If the file cannot be read, or is not a regular file.
    ValueError
        If it is not a complete IDX file of unsigned bytes, or if its array is larger than `most`.
    """
    source = os.fspath(path)
    with open_regular(path) as file:
        length = os.fstat(file.fileno()).st_size
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            return _read(file, source, most, length)
        try:
            return _read(gzip.GzipFile(fileobj=file), source, most, DEFLATE * length)  # type: ignore[arg-type]
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{source}: a broken gzip file ({error}); download it again") from error


def idx_header(shape: tuple[int, ...]) -> bytes:
    """The header of an IDX file of unsigned bytes: 0, 0, type 8, d, then d dimensions."""
    return struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape)


def _read(file: BinaryIO, source: str, most: int, there: int) -> np.ndarray:
    """The array in an open file of which at most `there` bytes can come; `source` names it in errors."""
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0":
        raise ValueError(
            f"{source}: not an IDX file: expected two zero bytes at the start, got {start.hex(' ') or 'nothing'}"
        )
    kind, dimensions = start[2:]
    if kind != 0x08:
        raise ValueError(f"{source}: expected values of IDX type 0x08 (unsigned bytes), got type 0x{kind:02x}")
    sizes = file.read(4 * dimensions)
    if dimensions == 0 or len(sizes) < 4 * dimensions:
        raise ValueError(
            f"{source}: the IDX header declares {dimensions} dimensions, but the file has only {4 + len(sizes)} bytes"
        )
    if dimensions > DIMENSIONS:
        raise ValueError(f"{source}: the IDX header declares {dimensions} dimensions; at most {DIMENSIONS} are read")
    shape = struct.unpack(f">{dimensions}I", sizes)
    expected = math.prod(shape)
    if math.prod(max(n, 1) for n in shape) > most:
        raise ValueError(f"{source}: shape {shape} needs {expected:,} bytes; at most {most:,} are read")
    if expected > there:  # before any memory is allocated
        raise ValueError(
            f"{source}: truncated: shape {shape} needs {expected} bytes, but the file is too short; download it again"
        )
    array = np.empty(shape, np.uint8)
    given = _fill(file, array)
    if given < expected:
        raise ValueError(
            f"{source}: truncated: shape {shape} needs {expected} bytes, got only {given}; download it again"
        )
    if file.read(1):  # for a gzip file this also checks its checksum
        raise ValueError(f"{source}: extra bytes after the {expected} of shape {shape}; download it again")
    return array


def _fill(file: BinaryIO, array: np.ndarray) -> int:
    """Read into the array until it is full or the file ends -> how many bytes were read."""
    room, given = array.reshape(-1).data, 0
    while given < len(room) and (n := file.readinto(room[given : given + 2**20])):  # type: ignore[attr-defined]
        given += n
    return given
