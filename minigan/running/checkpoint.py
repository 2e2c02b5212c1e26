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
    from safetensors import SafetensorError, safe_open

    if not os.path.isfile(path):
        raise FileNotFoundError(f"there is no checkpoint file {os.fspath(path)!r}; check the path")
    try:
        with safe_open(path, framework="np") as file:
            record = (file.metadata() or {}).get("minigan", "")
            if not record:
                raise CheckpointError(
                    f"{os.fspath(path)} is a safetensors file, but was not written by minigan "
                    "(it has no checksum); pass a checkpoint written by minigan.running.checkpoint.save"
                )
            names = file.keys()
            arrays = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, TypeError, AttributeError) as error:  # the last two: a dtype NumPy doesn't have
        raise CheckpointError(
            f"{os.fspath(path)} is not a readable checkpoint: {error}. "
            f"It was cut short or altered, or is another kind of file; {REMEDY}"
        ) from error
    digest, _, text = record.partition(" ")
    if _sha256(arrays, text) != digest:
        raise CheckpointError(
            f"{os.fspath(path)} was altered after it was saved: "
            f"the sha256 of its contents differs from the one stored in it; {REMEDY}"
        )
    if expect is not None:
        compare(path, arrays, expect)
    return arrays, json.loads(text)


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
