"""A file has either its old or its new contents, whatever happens in between."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from minigan.running.files import atomic_file, atomic_write


def test_writes_bytes_and_text_and_creates_folders(tmp_path):
    atomic_write(tmp_path / "a" / "b" / "bytes", b"\x00\xff")
    atomic_write(tmp_path / "text", "zwölf")
    assert (tmp_path / "a" / "b" / "bytes").read_bytes() == b"\x00\xff"
    assert (tmp_path / "text").read_text(encoding="utf-8") == "zwölf"


def test_the_bytes_are_on_disk_before_the_file_is_renamed_and_then_the_new_name(tmp_path, monkeypatch):
    events, fsync, replace = [], os.fsync, os.replace

    def recorded(fd):
        found = os.fstat(fd)
        events.append(("fsync", "folder" if stat.S_ISDIR(found.st_mode) else found.st_size))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", recorded)
    monkeypatch.setattr(os, "replace", lambda a, b: (events.append(("replace", Path(a).parent)), replace(a, b)))
    atomic_write(tmp_path / "file", b"12345")
    assert events == [("fsync", 5), ("replace", tmp_path), ("fsync", "folder")]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_in_the_block_keeps_the_old_file_and_leaves_nothing_behind(tmp_path, error):
    target = tmp_path / "file"
    atomic_write(target, b"old")

    def write_half():
        with atomic_file(target) as file:
            file.write(b"half of the n")
            raise error

    with pytest.raises(error):
        write_half()
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_keeps_the_old_file(tmp_path, monkeypatch, call):
    target = tmp_path / "file"
    atomic_write(target, b"old")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        atomic_write(target, b"new")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("new", [b"new", "text"])
def test_a_killed_process_keeps_the_old_file(tmp_path, new):
    target = tmp_path / "file"
    atomic_write(target, b"old")
    code = (
        "import sys, time\nfrom minigan.running.files import atomic_file\n"
        f"with atomic_file({str(target)!r}) as file:\n"
        "    file.write(b'half of the new one'); file.flush(); print('half', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
    assert target.read_bytes() == b"old"
    atomic_write(target, new)  # the killed process's temporary file does not get in the way
    assert target.read_bytes() in (b"new", b"text")


def test_a_symbolic_link_is_kept(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    atomic_write(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_permissions_are_those_of_open(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    atomic_write(tmp_path / "atomic", b"")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match="it is a folder; give the name of a file in it"):
        atomic_write(tmp_path, b"new")
    assert os.listdir(tmp_path) == []
