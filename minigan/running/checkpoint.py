"""Save arrays and a few facts in one .safetensors file, and trust them when they come back.

A checkpoint is loaded far from where it was saved: after a crash, on another machine, by a stranger. So the file holds
no code (no pickle, which runs whatever it is told), it is written atomically (minigan.running.files), and it carries the
sha256 of everything in it. A flipped bit stops the load with a sentence; it never becomes a slightly different
network. Everything of ours sits under one metadata key, "minigan": safetensors writes several keys in random order,
and then the same run would not give the same file.
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
REMEDY = "use an earlier checkpoint or copy it again from where it was made"


class CheckpointError(ValueError):
    """The file is no sound checkpoint, or not the one that was expected; the message says which and what to do."""


def save(path: str | os.PathLike, arrays: Mapping[str, np.ndarray], meta: dict | None = None) -> None:
    """Write `arrays` (name -> array) and `meta` (what JSON holds) to `path`, atomically and checksummed.

    Arrays may have any shape, 0-d and empty included, and any dtype of DTYPES. `meta` keeps Python's integers of any
    size (so the state of a PCG64 generator), floats to the last bit, strings, lists and dicts with string keys; a
    tuple comes back as a list. Raises TypeError or ValueError naming the array or value that cannot be stored; the old
    file then stays.
    """
    from safetensors.numpy import save as to_bytes

    arrays = {name: _storable(name, array) for name, array in arrays.items()}
    text = _to_json(meta)
    atomic_write(path, to_bytes(arrays, {"minigan": f"{_sha256(arrays, text)} {text}"}))


def load(
    path: str | os.PathLike, expect: Mapping[str, np.ndarray | tuple[tuple[int, ...], Any]] | None = None
) -> tuple[dict[str, np.ndarray], dict]:
    """Read (arrays, meta) back from `path`, bit for bit what was saved; the arrays are fresh and may be written to.

    `expect` maps each name to an array or to (shape, dtype); any name missing or left over and any other shape or
    dtype is an error. Raises FileNotFoundError, and CheckpointError for a file that is truncated, altered, foreign or
    not as expected.
    """
    from safetensors import SafetensorError, safe_open

    if not os.path.isfile(path):
        raise FileNotFoundError(f"there is no checkpoint file {os.fspath(path)!r}; check the path")
    try:
        with safe_open(path, framework="np") as file:
            record = (file.metadata() or {}).get("minigan", "")
            if not record:
                raise CheckpointError(
                    f"{os.fspath(path)} is a safetensors file, but minigan did not write it "
                    "(no sha256 of its own inside); give a checkpoint made by minigan.running.checkpoint.save"
                )
            names = file.keys()
            arrays = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, TypeError, AttributeError) as error:  # the latter two: a dtype NumPy does not have
        raise CheckpointError(
            f"{os.fspath(path)} is no readable checkpoint: {error}. "
            f"It was cut short or altered, or is a file of another kind; {REMEDY}"
        ) from error
    digest, _, text = record.partition(" ")
    if _sha256(arrays, text) != digest:
        raise CheckpointError(
            f"{os.fspath(path)} was altered after it was saved: "
            f"the sha256 of its contents is not the one written in it; {REMEDY}"
        )
    if expect is not None:
        _compare(path, arrays, expect)
    return arrays, json.loads(text)


def _storable(name: str, array: np.ndarray) -> np.ndarray:
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
    # In order and without gaps, as safetensors stores memory as it lies. (np.ascontiguousarray makes 0-d into 1-d.)
    return np.asarray(array, dtype=native, order="C")


def _to_json(meta: dict | None) -> str:
    if not isinstance(meta, dict | None):
        raise TypeError(f"meta must be a dict, got {type(meta).__name__}")
    try:
        return json.dumps(meta or {})
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"meta must hold what JSON holds (numbers, strings, lists, dicts): {error}; put arrays into `arrays` "
            "and turn NumPy numbers into Python's with .item()"
        ) from error


def _sha256(arrays: Mapping[str, np.ndarray], text: str) -> str:
    """sha256 over meta's text, then over name, dtype, shape and bytes of each array in the order of their names."""
    digest = hashlib.sha256(json.dumps(text).encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(json.dumps([name, str(array.dtype), array.shape]).encode())
        digest.update(array.reshape(-1).view(np.uint8))  # the raw bytes; works for 0-d and empty arrays
    return digest.hexdigest()


def _compare(path: str | os.PathLike, arrays: Mapping[str, np.ndarray], expect: Mapping[str, Any]) -> None:
    differences = [f"{name!r} is missing" for name in expect if name not in arrays]
    differences += [f"{name!r} is in the file but not expected" for name in arrays if name not in expect]
    for name in (name for name in expect if name in arrays):
        wanted = expect[name]
        shape, dtype = (wanted.shape, wanted.dtype) if hasattr(wanted, "shape") else wanted
        found = arrays[name]
        if found.shape != tuple(shape):
            differences.append(f"{name!r} has shape {found.shape}, expected {tuple(shape)}")
        if found.dtype != np.dtype(dtype):
            differences.append(f"{name!r} has dtype {found.dtype}, expected {np.dtype(dtype)}")
    if differences:
        raise CheckpointError(
            f"{os.fspath(path)} does not fit: {'; '.join(differences)}. "
            "Build the network with the settings it was saved with, or give another checkpoint"
        )
