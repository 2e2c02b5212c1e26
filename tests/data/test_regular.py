import os

import pytest

from minigan.data.regular import open_regular


def test_reads_like_any_file(tmp_path):
    (tmp_path / "x").write_bytes(bytes(range(100)))
    with open_regular(tmp_path / "x") as file:
        assert file.read(3) == b"\0\1\2"
        file.seek(98)
        assert file.read(5) == bytes([98, 99])
        assert file.read() == b""
        file.seek(200)
        assert file.read(1) == b""
        file.seek(0)
        assert file.read() == bytes(range(100))
        file.seek(90)
        assert file.read(None) == bytes(range(90, 100))


def test_a_read_of_more_than_the_file_takes_no_memory(tmp_path, memory_limit):
    (tmp_path / "x").write_bytes(b"abc")
    with open_regular(tmp_path / "x") as file, memory_limit(2**28):
        assert file.read(2**40) == b"abc"


def test_limits(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    with open_regular(tmp_path / "x", most=3):
        pass
    with pytest.raises(ValueError, match="the file has 3 bytes; at most 2 are read"):
        open_regular(tmp_path / "x", most=2)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "y")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "/dev/zero"):
        with pytest.raises(OSError, match="is not a regular file"):
            open_regular(path)
