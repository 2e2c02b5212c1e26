"""Write a file completely or not at all, and refuse to read what is not a file.

A run can stop at any moment: by Ctrl-C, a full disk, a power cut. A half-written file is worse than a missing one, because
it looks finished. So everything minigan writes goes to a temporary file in the same folder first, is flushed to disk
(fsync), and then replaces the old file in one step (os.replace, atomic within a file system). A reader sees the old file
or the new one, never a mixture. Only a regular file is replaced: what goes to a pipe or a device (/dev/null) is written to it.
"""

from __future__ import annotations

import errno
import io
import os
import re
import secrets
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from minigan.running.place import refuse_file, refuse_folder_name, run_of

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

TEMPORARY = ".minigan-*.tmp"


@contextmanager
def atomic_file(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """A binary file in memory, written to `path` as `atomic_write` does when the block ends; not if the block raises."""
    _mode(path)  # refuse before the work of the block, not after it
    file = io.BytesIO()
    yield file
    atomic_write(path, file.getbuffer())


def atomic_write(path: str | os.PathLike, data: bytes | memoryview | str) -> None:
    """Write `data` (text as UTF-8) to `path`, completely or not at all.

    Missing parent folders are created. A file that is replaced keeps its permissions. If `path` is a symbolic link, the
    file it points to is replaced; but in the folder of a run the link itself is, because a copy of a run that is made of
    links (cp -rs) must not change the original. A pipe or a character device is written to, as `open` does.

    Raises OSError naming `path`: if it cannot be written, is a folder, a socket or a block device.
    """
    data = data.encode(errors="backslashreplace") if isinstance(data, str) else data  # a file name may be no Unicode
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        _write_straight(path, data)
        return
    target = Path(path) if _replaces_link(path) else Path(os.path.realpath(path))
    temporary = target.parent / TEMPORARY.replace("*", secrets.token_hex(8))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "xb") as file:  # "x": never overwrites; default permissions, unlike mkstemp's 0600
            with suppress(OSError, AttributeError):  # a file system, or a platform, without locks
                fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed: `sweep` leaves it alone
            if mode is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # the bytes are on disk before the name refers to them
        os.replace(temporary, target)
    except BaseException as error:  # Ctrl-C too: clean up, then re-raise
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(temporary)):
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error  # the name that the user knows
        raise
    _sync(target.parent)


def sweep(folder: Path) -> None:
    """Delete the temporary files that killed processes left in `folder`; one that is being written is locked, and stays."""
    for path in folder.glob(TEMPORARY):
        with suppress(OSError, AttributeError):
            if path.is_file():  # not a pipe, whose opening would wait
                with open(path, "r+b") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()


def read_file(path: str | os.PathLike, most: int | None = None) -> str:
    """The text of a regular file, UTF-8.

    Raises OSError if there is none, ValueError naming `path` if it is a folder, a pipe or a device (which is not opened:
    that could wait forever), holds more than `most` bytes, or is not UTF-8.
    """
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"cannot read {os.fspath(path)}: it is {_kind(found.st_mode)}, not a file")
    if most is not None and found.st_size > most:
        raise ValueError(f"{os.fspath(path)} is too large: {found.st_size:,} bytes, at most {most:,} are read")
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{os.fspath(path)} is not text in UTF-8: {error}") from error


def quoted(path: str | os.PathLike) -> str:
    """The path as a word of a shell command: `my runs` -> `'my runs'`, and `-x` -> `./-x`, which is not an option."""
    text = os.fspath(path)
    text = f"./{text}" if text.startswith("-") else text
    return text if re.fullmatch(r"[\w@%+=:,./-]+", text) else shlex.quote(text)  # shlex alone quotes é, too


def _mode(path: str | os.PathLike) -> int | None:
    """The mode of what `path` leads to; None if there is nothing to replace yet.  Raises OSError if it cannot be written."""
    refuse_folder_name(path)
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        refuse_file(path)
        raise
    if stat.S_ISREG(mode) and _replaces_link(path):
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"cannot write {os.fspath(path)}: it is a folder; give the name of a file in it")
    if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)):
        raise OSError(f"cannot write {os.fspath(path)}: it is {_kind(mode)}, not a file")
    if not os.access(path, os.W_OK):
        raise PermissionError(f"cannot write {os.fspath(path)}: it is read-only")
    return mode


def _replaces_link(path: str | os.PathLike) -> bool:
    return os.path.islink(path) and run_of(path) is not None


def _write_straight(path: str | os.PathLike, data: bytes | memoryview) -> None:
    """Write to a pipe or a device.  Raises OSError for a pipe that nobody reads, instead of waiting for a reader."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        raise OSError(f"cannot write {os.fspath(path)}: nobody reads this pipe") from error
    os.set_blocking(handle, True)
    with open(handle, "wb") as file:
        file.write(data)


def _kind(mode: int) -> str:
    kinds = {"d": "a folder", "p": "a pipe", "c": "a device", "b": "a block device", "s": "a socket"}
    return kinds.get(stat.filemode(mode)[0], "of an unknown kind")


def _sync(folder: Path) -> None:
    """Have the new name on disk too, not only the bytes, where the platform can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
