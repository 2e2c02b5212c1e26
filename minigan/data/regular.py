"""Open a file that somebody else made: a regular file of a bounded size, nothing else.

Opening a pipe waits for a writer that may never come, and reading a device such as /dev/zero never ends.  A folder of data
can hold both, by accident or through a link.  So what a path leads to is looked at first.  And Python's read(n) reserves n
bytes before it reads: a decoder that believes a header takes 4 GB for a file of 100 bytes.
"""

from __future__ import annotations

import io
import os
import stat


class Bounded(io.BufferedReader):
    """A file whose `read` never reserves more memory than the file has bytes left."""

    def __init__(self, raw: io.RawIOBase):
        super().__init__(raw)
        self.length = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        """The next `size` bytes, or as many as there are; without `size` all of them."""
        left = max(self.length - self.tell(), 0)
        return super().read(left if size is None or size < 0 else min(size, left))


def open_regular(path: str | os.PathLike, most: int | None = None) -> Bounded:
    """A regular file, opened for reading in binary mode; links are followed.

    Parameters
    ----------
    path
        The file.
    most
        The largest size that is accepted, in bytes; None for any size.

    Raises
    ------
    OSError
        If there is no such file, if it cannot be read, or if it is a folder, a pipe, a socket or a device.
    ValueError
        If it is larger than `most`.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"{os.fspath(path)!r} is not a regular file")
    if most is not None and status.st_size > most:
        raise ValueError(f"the file has {status.st_size:,} bytes; at most {most:,} are read")
    return Bounded(open(path, "rb", buffering=0))
