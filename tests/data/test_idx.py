import gzip
import struct

import numpy as np
import pytest

from minigan.data import read_idx


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.mark.parametrize("shape", [(5,), (3, 2, 4), (300, 1, 2), (0, 28, 28)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_reads_what_was_written(tmp_path, shape, pack):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    (tmp_path / "x").write_bytes(pack(idx(array)))  # recognised by its contents, not by its name
    found = read_idx(tmp_path / "x")
    np.testing.assert_array_equal(found, array)
    assert found.dtype == np.uint8
    assert found.shape == shape
    found[...] = 1  # a copy that may be written to


GOOD = idx(np.arange(12, dtype=np.uint8).reshape(3, 4))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "not an IDX file: .* got nothing"),
        (b"\0\0\x08", "not an IDX file"),
        (b"<!DOCTYPE html>", "not an IDX file: expected two zero bytes at the start, got 3c 21 44 4f"),
        (b"\0\0\x0d\x01" + bytes(8), "expected values of IDX type 0x08 .* got type 0x0d"),
        (b"\0\0\x08\0", "declares 0 dimensions, but the file has only 4 bytes"),
        (GOOD[:9], "declares 2 dimensions, but the file has only 9 bytes"),
        (GOOD[:-1], r"truncated: shape \(3, 4\) needs 12 bytes, got only 11; download it again"),
        (b"\0\0\x08\x04" + b"\xff" * 16, "truncated"),
        (GOOD + b"\0", r"1 extra bytes after the 12 of shape \(3, 4\)"),
        (gzip.compress(GOOD, mtime=0)[:-9], "a broken gzip file"),
        (gzip.compress(GOOD, mtime=0)[:12] + b"\xff" * 20, "a broken gzip file"),
        (gzip.compress(GOOD, mtime=0) + b"rest", "a broken gzip file"),
    ],
)
def test_each_defect_has_its_own_message(tmp_path, raw, message):
    (tmp_path / "broken-idx").write_bytes(raw)
    with pytest.raises(ValueError, match=f"broken-idx: .*{message}"):
        read_idx(tmp_path / "broken-idx")
