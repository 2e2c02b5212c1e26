"""A .safetensors file taken apart and put together again, however wrong: 8 bytes of length, a header in JSON, the numbers."""

import json
import struct

import numpy as np

HUGE = (-1, 0, 1, 7, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64, 10**18, 10**30, 10**400)
ODD = (None, True, -1, 0.5, 1e308, "", "F32", "\0", "é" * 50, [], {}, [[]], [1e18], {"a": {}}, "[" * 2000, *HUGE)
DTYPES = ("F32", "F64", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "C64", "F4", "f32", "object", "")


def parts(blob: bytes) -> tuple[dict, bytes]:
    """-> the header, the bytes of all tensors."""
    (length,) = struct.unpack("<Q", blob[:8])
    return json.loads(blob[8 : 8 + length]), blob[8 + length :]


def joined(header: object, body: bytes, length: int | None = None) -> bytes:
    """A file of this header (text, or what JSON can write) and these bytes; `length` is the claimed length of the header."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return struct.pack("<Q", (len(text) if length is None else length) % 2**64) + text + body


def damage_bytes(rng: np.random.Generator, blob: bytes) -> bytes:
    """Some bytes changed, cut out, inserted, set to zero, or moved; or the end missing, or too long."""
    n, at = len(blob), int(rng.integers(len(blob)))
    size = int(rng.choice([1, 2, 8, 64, 4096]))
    match rng.integers(8):
        case 0:
            return blob[:at]
        case 1:
            return blob + rng.bytes(size)
        case 2:
            return blob[:at] + blob[at + size :]
        case 3:
            return blob[:at] + rng.bytes(size) + blob[at:]
        case 4:
            return (blob[:at] + bytes(size) + blob[at + size :])[:n]
        case 5:
            return blob[at:] + blob[:at]
        case 6:
            flipped = bytearray(blob)
            flipped[at] ^= 1 << rng.integers(8)
            return bytes(flipped)
        case _:
            changed = bytearray(blob)
            for i in rng.integers(n, size=size):
                changed[i] = rng.integers(256)
            return bytes(changed)


def damage_header(rng: np.random.Generator, blob: bytes) -> bytes:
    """An entry of the header renamed, copied, dropped, swapped with another, or set to something odd or huge."""
    header, body = parts(blob)
    tensors = [name for name in header if name != "__metadata__"]
    name, other = (tensors[i] for i in rng.integers(len(tensors), size=2))
    entry, odd = header[name], ODD[rng.integers(len(ODD))]
    huge = HUGE[rng.integers(len(HUGE))]
    match rng.integers(12):
        case 0:
            entry["shape"] = [huge, *entry["shape"]] if rng.random() < 0.5 else [huge]
        case 1:
            entry["data_offsets"] = [0, huge] if rng.random() < 0.5 else [huge, huge]
        case 2:
            entry["dtype"] = DTYPES[rng.integers(len(DTYPES))]
        case 3:
            header[name], header[other] = header[other], header[name]
        case 4:
            entry["data_offsets"], header[other]["data_offsets"] = header[other]["data_offsets"], entry["data_offsets"]
        case 5:
            header[str(odd)] = header.pop(name)
        case 6:
            entry[["shape", "dtype", "data_offsets", "more"][rng.integers(4)]] = odd
        case 7:
            header[["__metadata__", name, "new"][rng.integers(3)]] = odd
        case 8:
            header["__metadata__"] = {"minigan": odd} if rng.random() < 0.5 else {"other": "text"}
        case 9:  # the same name twice
            text = json.dumps(header)
            return joined(text[:-1] + f", {json.dumps(name)}: {json.dumps(entry)}}}", body)
        case 10:
            return joined(header, body, length=huge)
        case _:
            entry["shape"] = [int(n) for n in rng.integers(0, 9, size=rng.integers(0, 60))]
    return joined(header, body)


def places(tree, path=()):
    """The paths of all entries of a tree of dicts."""
    for name, value in tree.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from places(value, (*path, name))


def forge(rng, meta):
    """Delete, rename or replace one or two entries of metadata, wherever they are, in place."""
    for _ in range(rng.integers(1, 3)):
        found = list(places(meta))
        *way, name = found[rng.integers(len(found))]
        table = meta
        for step in way:
            table = table[step]
        match rng.integers(4):
            case 0:
                del table[name]
            case 1:
                table[f"{name}x"] = table.pop(name)
            case 2 if isinstance(table[name], int | float):
                table[name] = [-1, 0, 10**6, 10**30, 0.5, float("nan"), float("inf"), str(table[name])][rng.integers(8)]
            case _:
                table[name] = ODD[rng.integers(len(ODD))]
