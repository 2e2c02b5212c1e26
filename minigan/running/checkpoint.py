"""Save arrays and metadata in one .safetensors file, and verify them when they are loaded.

A checkpoint may be loaded after a crash, on another machine, or by someone else. So the file contains no code (a pickle can
run anything), it is written atomically (files.py), and it contains the sha256 of its contents. A flipped bit raises an
error; it never results in a slightly different network. All metadata is stored under one key, "minigan", because
safetensors writes several keys in random order, and then the same run would not produce the same file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigan.running.files import atomic_write

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DTYPES = tuple(map(np.dtype, ("bool", *INTEGERS, "float16", "float32", "float64", "complex64")))
OTHER_FILES = {  # how they begin
    b"PK\x03\x04": "a zip archive, as PyTorch's .pt (which can run code when it is opened) and NumPy's .npz are",
    b"\x80": "a pickle (which can run code when it is opened), as PyTorch's old .pt is",
    b"\x89HDF": "an HDF5 file, as Keras's .h5 is",
    b"\x93NUMPY": "a NumPy file (.npy)",
    b"\x1f\x8b": "a compressed file (gzip)",
}
REMEDY = "use an earlier checkpoint, or copy the file again from its source"


class CheckpointError(ValueError):
    """The file is not a valid checkpoint, or does not match what was expected; the message says which, and what to do."""


def save(path: str | os.PathLike, arrays: Mapping[str, np.ndarray], meta: dict | None = None) -> None:
    """Write `arrays` and `meta` to `path`, atomically and with a checksum.

    Parameters
    ----------
    path
        The file to write.
    arrays
        name -> array, of any shape, including 0-d and empty, and of any dtype in DTYPES.
    meta
        JSON-able: numbers, strings, lists, and dicts with string keys. Integers may have any size (a PCG64 state needs
        128 bits), floats keep every bit, a tuple comes back as a list.

    Raises
    ------
    TypeError, ValueError
        If an array or a value cannot be stored; the message names it, and an existing file is left as it was.
    """
    from safetensors.numpy import save as to_bytes

    arrays = {name: _storable(name, array) for name, array in arrays.items()}
    text = _to_json(meta)
    atomic_write(path, to_bytes(arrays, {"minigan": f"{_sha256(arrays, text)} {text}"}))


def load(
    path: str | os.PathLike, expect: Mapping[str, np.ndarray | tuple[tuple[int, ...], Any]] | None = None
) -> tuple[dict[str, np.ndarray], dict]:
    """Read (arrays, meta) from `path`, bit for bit as saved; the arrays are new and writable.

    Parameters
    ----------
    path
        A file written by `save`.
    expect
        name -> array or (shape, dtype). A missing or additional name, or another shape or dtype, is an error.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If the file was cut short or altered, was not written by minigan, or is not as expected.
    """
    arrays, about = read(path)
    record = about.get("minigan", "")
    if not record:
        raise CheckpointError(
            f"{os.fspath(path)} is a safetensors file, but was not written by minigan "
            "(it has no checksum); pass a checkpoint written by minigan.running.checkpoint.save"
        )
    digest, _, text = record.partition(" ")
    if _sha256(arrays, text) != digest:
        raise CheckpointError(
            f"{os.fspath(path)} was altered after it was saved: "
            f"the sha256 of its contents differs from the one stored in it; {REMEDY}"
        )
    meta = _from_json(path, text)
    if expect is not None:
        compare(path, arrays, expect)
    return arrays, meta


def read(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read (arrays, metadata) of any safetensors file, such as the weights that another library wrote; nothing is verified.

    Raises FileNotFoundError if there is no such file, and CheckpointError if it is another kind of file or is damaged.
    """
    from safetensors import SafetensorError, safe_open

    if not os.path.isfile(path):  # a FIFO would be waited for without end
        raise FileNotFoundError(f"there is no checkpoint file {os.fspath(path)!r}; check the path")
    try:
        with safe_open(path, framework="np") as file:
            names = file.keys()
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    # TypeError, AttributeError: a dtype that NumPy doesn't have; ValueError, MemoryError: a shape of more than fits
    except (SafetensorError, TypeError, AttributeError, ValueError, MemoryError) as error:
        reason = str(error) if len(str(error)) < 300 else f"{str(error)[:300]}..."  # it may quote the file at length
        raise CheckpointError(
            f"{os.fspath(path)} is not a readable checkpoint: {reason}. {_diagnosis(path)}"
        ) from error


def _diagnosis(path: str | os.PathLike) -> str:
    """What a file that cannot be read may be, by its first bytes, and what to do."""
    with open(path, "rb") as file:
        start = file.read(8)
    for magic, kind in OTHER_FILES.items():
        if start.startswith(magic):
            return f"It looks like {kind}; only safetensors files are read, so convert it where it comes from"
    return f"It was cut short or altered, or is another kind of file; {REMEDY}"


def step_in(path: str | os.PathLike) -> int:
    """The training step stored in the checkpoint `path`, 0 if there is no such file.  Reads the header only, unverified."""
    from safetensors import SafetensorError, safe_open

    if not os.path.isfile(path):
        return 0
    try:
        with safe_open(path, framework="np") as file:
            text = (file.metadata() or {}).get("minigan", "").partition(" ")[2]
        return int(json.loads(text)["step"])
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{os.fspath(path)} is not the checkpoint of a run: {error!r}; {REMEDY}") from error


def _storable(name: str, array: np.ndarray) -> np.ndarray:
    """The array as it is stored: in native byte order and C-contiguous. Raises TypeError or ValueError."""
    if not isinstance(name, str) or name == "__metadata__":
        raise ValueError(f"an array's name must be a string other than '__metadata__', got {name!r}")
    if not isinstance(array, (np.ndarray, np.generic)):
        raise TypeError(f"{name!r} must be a NumPy array, got {type(array).__name__}; plain numbers belong in meta")
    native = array.dtype.newbyteorder("=")
    if native not in DTYPES:
        raise TypeError(
            f"{name!r} has dtype {array.dtype}, which a checkpoint cannot hold; "
            f"use one of {', '.join(map(str, DTYPES))}"
        )
    # safetensors stores the memory as it is, so it must be contiguous. (np.ascontiguousarray would turn 0-d into 1-d.)
    return np.asarray(array, dtype=native, order="C")


def _to_json(meta: dict | None) -> str:
    if not isinstance(meta, dict | None):
        raise TypeError(f"meta must be a dict, got {type(meta).__name__}")
    try:
        return json.dumps(meta or {})
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"meta must be JSON-able (numbers, strings, lists, dicts): {error}; put arrays into `arrays` "
            "and convert NumPy numbers with .item()"
        ) from error


def _from_json(path: str | os.PathLike, text: str) -> dict:
    """The inverse of _to_json.  Raises CheckpointError: a checksum says that a text is unaltered, not that it is sound."""
    try:
        meta = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{os.fspath(path)} was not written by minigan: its metadata is not JSON ({error})"
        ) from error
    if not isinstance(meta, dict):
        raise CheckpointError(f"{os.fspath(path)} was not written by minigan: its metadata is not a JSON object")
    return meta


def _sha256(arrays: Mapping[str, np.ndarray], text: str) -> str:
    """sha256 of meta's text, followed by name, dtype, shape and bytes of each array, sorted by name."""
    digest = hashlib.sha256(json.dumps(text).encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(json.dumps([name, str(array.dtype), array.shape]).encode())
        digest.update(array.reshape(-1).view(np.uint8).data)  # the raw bytes; works for 0-d and empty arrays too
    return digest.hexdigest()


def compare(path: str | os.PathLike, arrays: Mapping[str, np.ndarray], expect: Mapping[str, Any]) -> None:
    """Raise CheckpointError listing every difference between `arrays` and `expect`."""
    differences = [f"{name!r} is missing" for name in expect if name not in arrays]
    differences += [f"{name!r} is in the file but not expected" for name in arrays if name not in expect]
    for name in (name for name in expect if name in arrays):
        expected = expect[name]
        shape, dtype = (expected.shape, expected.dtype) if hasattr(expected, "shape") else expected
        found = arrays[name]
        if found.shape != tuple(shape):
            differences.append(f"{name!r} has shape {found.shape}, expected {tuple(shape)}")
        if found.dtype != np.dtype(dtype):
            differences.append(f"{name!r} has dtype {found.dtype}, expected {np.dtype(dtype)}")
    if differences:
        raise CheckpointError(
            f"{os.fspath(path)} does not match: {'; '.join(differences)}. "
            "Build the network with the settings it was saved with, or load another checkpoint"
        )
