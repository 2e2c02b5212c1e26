"""A file has either its old or its new contents, whatever happens in between."""

import errno
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import minigan
from minigan.running.files import atomic_file, atomic_write, quoted, read_file, sweep


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


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_error_of_the_disk_names_the_file_that_was_asked_for(tmp_path, monkeypatch, call, number):
    def fail(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match=re.escape(f"{os.strerror(number)}: '{tmp_path / 'file'}'")) as caught:
        atomic_write(tmp_path / "file", b"new")
    assert caught.value.errno == number
    assert os.listdir(tmp_path) == []


KILLED = """
import os, sys, time
from minigan.running import files
def stop(fd):
    print("half", flush=True)
    time.sleep(60)
os.fsync = stop
files.atomic_write(sys.argv[1], b"half of the new one")
"""


@pytest.fixture
def writer(tmp_path):
    """A process that is writing tmp_path/file, its bytes not yet on disk."""
    argv = [sys.executable, "-c", KILLED, str(tmp_path / "file")]
    root = Path(minigan.__file__).parents[1]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout.readline() == "half\n"
        yield process
        process.kill()


def test_a_killed_process_keeps_the_old_file_and_what_it_left_is_swept(tmp_path, writer):
    target = tmp_path / "file"
    atomic_write(target, b"old")
    foreign = tmp_path / ".minigan-note.txt"
    foreign.write_bytes(b"mine")
    os.mkfifo(tmp_path / ".minigan-0.tmp")
    os.mkdir(tmp_path / ".minigan-1.tmp")
    sweep(tmp_path)
    left = [name for name in os.listdir(tmp_path) if len(name) == len(".minigan-.tmp") + 16]
    assert len(left) == 1  # what a living process writes is not touched
    writer.send_signal(signal.SIGKILL)
    assert writer.wait(10) == -signal.SIGKILL
    assert target.read_bytes() == b"old"
    sweep(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".minigan-0.tmp", ".minigan-1.tmp", ".minigan-note.txt", "file"]


# ---- what is no regular file ---------------------------------------------------------------------------------------------


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path / "link"):
        if path != pipe:
            path.symlink_to(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        with atomic_file(path) as file:
            file.write(b"through ")
            file.write(b"the pipe")
        assert os.read(reader, 99) == b"through the pipe"
        os.close(reader)
        assert pipe.is_fifo()


def test_a_pipe_that_nobody_reads_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"cannot write .*pipe: nobody reads this pipe"):
        atomic_write(tmp_path / "pipe", b"new")
    assert (tmp_path / "pipe").is_fifo()


def test_a_device_is_written_to_and_stays_a_device(tmp_path):
    master, slave = os.openpty()  # a terminal of our own: a character device, as /dev/null is
    try:
        atomic_write(os.ttyname(slave), b"shown")
        assert os.read(master, 99) == b"shown"
        assert stat.S_ISCHR(os.stat(os.ttyname(slave)).st_mode)
    finally:
        os.close(master)
        os.close(slave)


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(OSError, match="cannot write socket: it is a socket, not a file"):
            atomic_write("socket", b"new")
        assert stat.S_ISSOCK(os.stat("socket").st_mode)


def test_links_that_lead_nowhere(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        atomic_write(tmp_path / "loop", b"new")
    assert (tmp_path / "loop").is_symlink()
    (tmp_path / "dangling").symlink_to(tmp_path / "a" / "target")
    atomic_write(tmp_path / "dangling", b"new")
    assert (tmp_path / "dangling").is_symlink()
    assert (tmp_path / "a" / "target").read_bytes() == b"new"
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(NotADirectoryError, match="file/inside"):
        atomic_write(tmp_path / "file" / "inside", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"


def test_what_is_read_only_stays_as_it_is():
    """Tried as another user if we are root, for whom nothing is read-only; so in a folder that everybody may enter."""
    code = (
        "import os, sys\nfrom minigan.running.files import atomic_write\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "for path in sys.argv[1:]:\n"
        "    try: atomic_write(path, b'new')\n"
        "    except OSError as error: print(type(error).__name__, error)\n"
    )
    with tempfile.TemporaryDirectory() as name:
        target, folder = Path(name, "file"), Path(name, "folder")
        target.write_bytes(b"old")
        folder.mkdir()
        for path, mode in ((target, 0o444), (folder, 0o555), (Path(name), 0o777)):
            path.chmod(mode)
        argv = [sys.executable, "-c", code, target, folder / "new"]
        done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=Path(minigan.__file__).parents[1])
        assert done.stdout.splitlines() == [
            f"PermissionError cannot write {target}: it is read-only",
            f"PermissionError [Errno 13] Permission denied: '{folder / 'new'}'",
        ]
        assert target.read_bytes() == b"old"
        assert os.listdir(folder) == []


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path):
    atomic_write(tmp_path / "file", b"old")
    (tmp_path / "file").chmod(0o600)
    atomic_write(tmp_path / "file", b"new")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


# ---- reading, and paths in commands ----------------------------------------------------------------------------------------


def test_reading_refuses_what_is_no_file_or_too_large(tmp_path):
    atomic_write(tmp_path / "file", "zwölf")
    assert read_file(tmp_path / "file", most=6) == "zwölf"
    with pytest.raises(ValueError, match="file is too large: 6 bytes, at most 5 are read"):
        read_file(tmp_path / "file", most=5)
    os.mkfifo(tmp_path / "pipe")
    for name, kind in (("pipe", "a pipe"), ("", "a folder"), ("/dev/null", "a device")):
        with pytest.raises(ValueError, match=f"it is {kind}, not a file"):
            read_file(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "nothing")


@pytest.mark.parametrize(
    "name", ["my runs", "it's", 'a "b"', "two\nlines", "$HOME", "a;b", "-x", "é", "*", "~", "", "a&b\\"]
)
def test_a_path_in_a_printed_command_is_one_word_for_the_shell(name):
    echo = f"printf '<%s>' {quoted(name)}"
    done = subprocess.run(["sh", "-c", echo], capture_output=True, check=True)
    assert done.stdout.decode() == f"<{'./' * name.startswith('-')}{name}>"


def test_plain_paths_are_shown_as_they_are():
    assert [quoted(name) for name in ("runs/a-1.b", "é", "my runs")] == ["runs/a-1.b", "é", "'my runs'"]


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
