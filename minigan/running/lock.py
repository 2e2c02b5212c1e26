"""One writer for each run: a lock on its folder, which the operating system releases when its holder ends.

Two processes that write into one folder leave the config of one and the weights of the other. The lock is flock's, on a file
in the folder: it ends with its process, however that ends, so there are no stale locks to be judged. The text in the file only
tells a person who has it. Readers need no lock, since every file of a run is replaced in one step (files.py).
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

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NAME = ".lock"
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)  # a file system that cannot lock


class Lock:
    """with Lock(folder): ...    Nobody else writes into the folder. It may be entered again by its holder.

    Raises BlockingIOError if another process, or another Lock of this one, holds the folder; the message says who, and
    since when. A missing folder is made.
    """

    def __init__(self, folder: str | os.PathLike):
        self.path, self.depth = Path(folder) / NAME, 0
        self._file: IO[str] | None = None

    def __enter__(self) -> Lock:
        if self._file is None:
            self._file, self.depth = self._acquire(), 0
            _held.add(self)
        self.depth += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.depth -= 1
        if self._file is not None and self.depth == 0:
            if _is_at(self._file, self.path):
                self.path.unlink()  # while it is still locked: see _acquire
            self.forget()

    def forget(self) -> None:
        """Close the file. The lock itself ends only when every process that has the file open has closed it."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def _acquire(self) -> IO[str]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            file = open(self.path, "a+", encoding="utf-8")  # noqa: SIM115 (it stays open as long as the lock is held)
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
            if _is_at(file, self.path):
                break
            file.close()  # its holder deleted the file between our open and our flock: lock the new one
        with contextlib.suppress(OSError):  # a full disk: the lock holds without the text
            file.truncate(0)
            file.write(_me())
            file.flush()
        return file

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


def _is_at(file: IO[str], path: Path) -> bool:
    """Is the open file the one that is found at this path?"""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def _forget_in_child() -> None:
    for lock in list(_held):  # or a forked child would keep its parent's run locked after the parent has ended
        lock.forget()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
