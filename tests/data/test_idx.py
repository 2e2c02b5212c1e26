import gzip
import os
import resource
import struct
import subprocess
import sys

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
        (b"\0\0\x08\x04" + b"\xff" * 16, "needs 340,[0-9,]+ bytes; at most 1,073,741,824 are read"),
        (
            b"\0\0\x08\x02" + b"\x80\0\0\0" * 2,
            r"shape \(2147483648, 2147483648\) needs 4,611,686,018,427,387,904 bytes",
        ),
        (b"\0\0\x08\x03" + bytes(4) + b"\xff" * 8, "needs 0 bytes; at most"),  # too many for NumPy, although one is 0
        (b"\0\0\x08\x28" + bytes(160), "declares 40 dimensions; at most 32 are read"),
        (
            b"\0\0\x08\x02\0\0\x10\0\0\0\x10\0" + bytes(9),
            "truncated: .* needs 16777216 bytes, but the file is too short",
        ),
        (GOOD + b"\0", r"extra bytes after the 12 of shape \(3, 4\)"),
        (gzip.compress(GOOD, mtime=0) + gzip.compress(GOOD, mtime=0), "extra bytes after the 12"),  # a second member
        (gzip.compress(GOOD + bytes(5), mtime=0), "extra bytes after the 12"),
        (gzip.compress(GOOD[:-1], mtime=0), "needs 12 bytes, got only 11"),
        (gzip.compress(idx(np.zeros((1, 1), np.uint8))[:-1], mtime=0), "needs 1 bytes, got only 0"),
        (gzip.compress(GOOD, mtime=0)[:-8] + bytes(8), "a broken gzip file"),  # a wrong checksum
        (gzip.compress(GOOD, mtime=0)[:-9], "a broken gzip file"),
        (gzip.compress(GOOD, mtime=0)[:14] + b"\xff" * 20, "a broken gzip file"),
        (gzip.compress(GOOD, mtime=0) + b"rest", "a broken gzip file"),
    ],
)
def test_each_defect_has_its_own_message(tmp_path, raw, message):
    (tmp_path / "broken-idx").write_bytes(raw)
    with pytest.raises(ValueError, match=f"broken-idx: .*{message}"):
        read_idx(tmp_path / "broken-idx")


def test_a_gzip_file_of_two_members_is_one_file(tmp_path):
    (tmp_path / "x").write_bytes(gzip.compress(GOOD[:10], mtime=0) + gzip.compress(GOOD[10:], mtime=0))
    np.testing.assert_array_equal(read_idx(tmp_path / "x"), np.arange(12).reshape(3, 4))


def test_the_caller_may_allow_more_or_less(tmp_path):
    (tmp_path / "x").write_bytes(GOOD)
    assert read_idx(tmp_path / "x", most=12).shape == (3, 4)
    with pytest.raises(ValueError, match="needs 12 bytes; at most 11 are read"):
        read_idx(tmp_path / "x", most=11)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_only_a_regular_file_is_opened(tmp_path, kind):
    path = {"pipe": tmp_path / "pipe", "device": "/dev/zero", "folder": tmp_path}[kind]
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(OSError, match="is not a regular file"):
        read_idx(path)


BOMB = """
import sys
from pathlib import Path
from minigan.data import read_idx
def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
before = peak()
try:
    read_idx(sys.argv[1])
except ValueError as error:
    print(peak() - before, error)
"""


@pytest.mark.parametrize("promise", [12, 2**29])
def test_a_bomb_takes_no_memory(tmp_path, promise):
    """1 MB of gzip that unfolds to 1 GB: the header says how much is read, and a header that promises more is refused."""
    zeros = gzip.compress(bytes(2**20), 9)
    (tmp_path / "bomb.gz").write_bytes(
        gzip.compress(b"\0\0\x08\1" + struct.pack(">I", promise), mtime=0) + zeros * (1024 if promise == 12 else 100)
    )
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))  # noqa: E731
    done = subprocess.run(
        [sys.executable, "-c", BOMB, tmp_path / "bomb.gz"],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=limit,
        check=True,
    )
    kilobytes, message = done.stdout.split(" ", 1)
    assert int(kilobytes) < 50_000
    assert ("extra bytes after the 12" if promise == 12 else "the file is too short") in message
