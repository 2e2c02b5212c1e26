"""Read IDX, the format of the MNIST files: a header of a few big-endian numbers, then the bytes of one array.

    byte 0, 1   zero
    byte 2      type of the values (0x08: unsigned bytes, the only one the digit sets use)
    byte 3      number of dimensions d
    4 d bytes   the dimensions, 32-bit unsigned, most significant byte first
    the rest    the values, in row-major order (last dimension fastest)

Truncated downloads and web pages saved under the wrong name are common, so everything the header claims is checked, and
each mismatch has its own error message. Source: Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten
digits", section "file formats".
"""

from __future__ import annotations

import gzip
import math
import os
import zlib

import numpy as np


def read_idx(path: str | os.PathLike) -> np.ndarray:
    """The array in an IDX file, uint8 of any shape. A gzipped file is recognised by its first bytes.

    Raises ValueError if the file is not a complete IDX file of unsigned bytes.
    """
    return parse_idx(read_bytes(path), os.fspath(path))


def read_bytes(path: str | os.PathLike) -> bytes:
    """The contents of a file, decompressed if it is a gzip file. Raises ValueError for a broken gzip file."""
    with open(path, "rb") as file:
        raw = file.read()
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{os.fspath(path)}: a broken gzip file ({error}); download it again") from error


def parse_idx(raw: bytes, source: str) -> np.ndarray:
    """The array in the bytes `raw`; `source` names them in errors. Raises ValueError saying what is wrong with them."""
    if len(raw) < 4 or raw[:2] != b"\0\0":
        raise ValueError(
            f"{source}: not an IDX file: expected two zero bytes at the start, got {raw[:4].hex(' ') or 'nothing'}"
        )
    if raw[2] != 0x08:
        raise ValueError(f"{source}: expected values of IDX type 0x08 (unsigned bytes), got type 0x{raw[2]:02x}")
    header = 4 + 4 * raw[3]
    if raw[3] == 0 or len(raw) < header:
        raise ValueError(
            f"{source}: the IDX header declares {raw[3]} dimensions, but the file has only {len(raw)} bytes"
        )
    shape = tuple(int(size) for size in np.frombuffer(raw, ">u4", raw[3], offset=4))
    expected, given = math.prod(shape), len(raw) - header
    if given < expected:
        raise ValueError(
            f"{source}: truncated: shape {shape} needs {expected} bytes, got only {given}; download it again"
        )
    if given > expected:
        raise ValueError(
            f"{source}: {given - expected} extra bytes after the {expected} of shape {shape}; download it again"
        )
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape).copy()  # bytes are read-only
