"""One writer for each run: a lock on its folder, which the operating system releases when its holder ends.

Two processes that write into one folder leave the config of one and the weights of the other. The lock is flock's, on a file
in the folder: it ends with its process, however that ends, so there are no stale locks to be judged. The text in the file only
tells a person who has it. Readers need no lock, since every file of a run is replaced in one step (files.py).

The holder keeps the folder open too. So it notices when the folder is renamed or deleted, and does not write into another one
that has got its name.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import socket
import warnings
import weakref
from pathlib import Path
from typing import IO

from minigan.running.place import LOCK

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)  # a file system that cannot lock


class Lock:
    """with Lock(folder): ...    Nobody else writes into the folder. It may be entered again by its holder.

    Raises BlockingIOError if another process, or another Lock of this one, holds the folder; the message says who, and
    since when. A missing folder is made.
    """

    def __init__(self, folder: str | os.PathLike):
        self.path, self.depth = Path(folder) / LOCK, 0
        self._file: IO[str] | None = None
        self._folder: int | None = None  # open as long as the lock is held; None where the system cannot open a folder

    def __enter__(self) -> Lock:
        if self._file is None:
            self.depth = 0
            self._acquire()
        self.depth += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.depth -= 1
        if self._file is not None and self.depth == 0:
            if _is_at(self._file.fileno(), self.path):
                self.path.unlink()  # while it is still locked: see _lock_file
            self.forget()

    def forget(self) -> None:
        """Close the file. The lock itself ends only when every process that has the file open has closed it."""
        if self._file is not None:
            self._file.close()
        if self._folder is not None:
            os.close(self._folder)
        self._file = self._folder = None

    @property
    def is_here(self) -> bool:
        """Is the folder that is locked still the one at its path?  True if none is locked."""
        return self._folder is None or _is_at(self._folder, self.path.parent)

    def find(self) -> Path | None:
        """The present path of the locked folder, if it was renamed and the system knows; None if it was deleted."""
        for known in ("/proc/self/fd", "/dev/fd"):
            with contextlib.suppress(OSError):
                path = Path(os.readlink(f"{known}/{self._folder}"))
                if self._folder is not None and _is_at(self._folder, path):
                    self.path = path / LOCK
                    return path
        return None

    def move(self, folder: Path) -> None:
        """Lock this folder instead, because the locked one was deleted.  Raises as `with` does."""
        self.forget()
        self.path = folder / LOCK
        self._acquire()

    def _acquire(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._lock_file()
        with contextlib.suppress(OSError):  # Windows opens no folders
            self._folder = os.open(self.path.parent, os.O_RDONLY)
        _held.add(self)

    def _lock_file(self) -> IO[str]:
        while True:
            file = self._open()
            try:
                if fcntl is None:
                    raise OSError(errno.ENOSYS, "the platform has no flock")
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with file:
                    raise BlockingIOError(self._busy(file)) from None
            except OSError as error:
                if error.errno not in NO_LOCKS:
                    raise
                warnings.warn(
                    f"{self.path.parent} is on a file system without locks ({error.strerror}): "
                    "let no two processes write into it",
                    stacklevel=3,
                )
                return file
            if _is_at(file.fileno(), self.path):
                break
            file.close()  # its holder deleted the file between our open and our flock: lock the new one
        with contextlib.suppress(OSError):  # a full disk: the lock holds without the text
            file.truncate(0)
            file.write(_me())
            file.flush()
        return file

    def _open(self) -> IO[str]:
        """The lock file, opened.  Raises OSError if it is a link (in a copy of links, to the original's) or a folder."""
        try:
            return open(self.path, "a+", encoding="utf-8", opener=_no_link)  # it stays open as long as the lock is held
        except OSError as error:
            if self.path.is_symlink() or self.path.is_dir():
                raise OSError(
                    f"{self.path} is not the lock of this folder, but a link or a folder: delete it"
                ) from error
            raise

    def _busy(self, file: IO[str]) -> str:
        file.seek(0)
        who, _, since = file.read(200).partition(" since ")
        mine = who == _me().partition(" since ")[0]
        who = "another Trainer of this process" if mine else who or "another process"
        return (
            f"{self.path.parent} is being written by {who}{since and ', since ' + since}: "
            "wait until it ends, or stop it there with Ctrl-C"
        )


_held: weakref.WeakSet[Lock] = weakref.WeakSet()


def _me() -> str:
    return f"process {os.getpid()} on {socket.gethostname()} since {datetime.datetime.now():%Y-%m-%d %H:%M:%S}"


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _is_at(handle: int, path: Path) -> bool:
    """Is the open file or folder the one that is found at this path?"""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except (FileNotFoundError, NotADirectoryError):
        return False


def _forget_in_child() -> None:
    for lock in list(_held):  # or a forked child would keep its parent's run locked after the parent has ended
        lock.forget()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
