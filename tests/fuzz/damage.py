"""Damage the bytes of a file: flips, numbers at the edge of their range, cuts, repeats, splices."""

import numpy as np

EDGES = [
    value.to_bytes(size, order, signed=value < 0)
    for size in (1, 2, 4)
    for order in ("big", "little")
    for value in (0, 1, 2 ** (8 * size - 1) - 1, -(2 ** (8 * size - 1)), 2 ** (8 * size) - 1)
]


def damaged(rng, blob, other):
    """A copy of `blob`, damaged 1 to 4 times; `other` is a file that parts are taken from."""
    blob = bytearray(blob)
    for _ in range(rng.integers(1, 5)):
        way, at = rng.integers(8), place(rng, len(blob))
        if way <= 1:  # some bytes
            for k in rng.integers(0, max(len(blob), 1), rng.integers(1, 8)):
                blob[k : k + 1] = bytes([rng.integers(256)])
        elif way <= 3:
            edge = EDGES[rng.integers(len(EDGES))]
            blob[at : at + len(edge)] = edge
        elif way == 4:
            blob[at:] = b"" if rng.random() < 0.5 else bytes(int(rng.integers(100)))
        elif way == 5:  # a part is gone, or comes twice
            end = at + int(rng.integers(1, 64))
            blob[at:end] = blob[at:end] * int(rng.integers(0, 3))
        elif way == 6:  # a part of another file
            start, n = place(rng, len(other)), int(rng.integers(1, 200))
            blob[at : at + n * int(rng.integers(2))] = other[start : start + n]
        else:
            blob[at:at] = rng.bytes(rng.integers(1, 40))
    return bytes(blob)


def place(rng, n):
    """A position in n bytes, half of the time among the first 64, where the headers are."""
    return int(rng.integers(0, max(min(n, 64) if rng.random() < 0.5 else n, 1)))


def numbers(seed, shape):
    """uint8 noise with some structure, so that a compressor has something to do."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.integers(0, 256, shape, dtype=np.uint8), axis=0)
