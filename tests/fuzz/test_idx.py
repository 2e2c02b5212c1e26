"""A damaged IDX file, gzipped or not, is refused with one ValueError, or is exactly the array that its header describes."""

import gzip
import zlib

import numpy as np
import pytest

from fuzz import outcome
from fuzz.damage import damaged, numbers
from minigan.data import read_idx
from minigan.data.idx import idx_header

pytestmark = pytest.mark.slow

LIMIT = 2**28  # bytes
ARRAYS = [numbers(seed, shape) for seed, shape in enumerate([(40,), (3, 28, 28), (2, 3, 4, 5), (0, 28, 28), (1, 1)])]
FILES = [idx_header(array.shape) + array.tobytes() for array in ARRAYS]


def refused_or_exact(blob, path, memory_limit):
    path.write_bytes(blob)
    with memory_limit(LIMIT):
        array, refusal = outcome(lambda: read_idx(path, most=2**27), ValueError)
    if refusal:
        assert refusal.startswith(f"{path}: ")
    else:
        contents = idx_header(array.shape) + array.tobytes()
        assert contents == (gzip.decompress(blob) if blob[:2] == b"\x1f\x8b" else blob)


@pytest.mark.fuzz(60)
def test_damaged_idx(rng, tmp_path, memory_limit):
    one, two = (FILES[k] for k in rng.integers(len(FILES), size=2))
    refused_or_exact(damaged(rng, one, two), tmp_path / "x", memory_limit)


@pytest.mark.fuzz(60)
def test_damaged_gzip_of_an_idx_file(rng, tmp_path, memory_limit):
    one, two = (gzip.compress(FILES[k], int(rng.integers(10))) for k in rng.integers(len(FILES), size=2))
    refused_or_exact(damaged(rng, one, two), tmp_path / "x", memory_limit)


@pytest.mark.fuzz(60)
def test_gzip_of_a_damaged_idx_file(rng, tmp_path, memory_limit):
    """The gzip file is sound, with one member or several; what is in it is not."""
    blob = damaged(rng, *(FILES[k] for k in rng.integers(len(FILES), size=2)))
    cut = int(rng.integers(len(blob) + 1))
    members = [blob] if rng.random() < 0.5 else [blob[:cut], blob[cut:]]
    refused_or_exact(b"".join(map(gzip.compress, members)) + bytes(int(rng.integers(3))), tmp_path / "x", memory_limit)


def test_every_sample_is_read_as_it_is(tmp_path):
    for array, blob in zip(ARRAYS, FILES):
        for data in (blob, gzip.compress(blob), zlib.compress(blob, wbits=31)):
            (tmp_path / "x").write_bytes(data)
            np.testing.assert_array_equal(read_idx(tmp_path / "x"), array)
