"""Open a file that somebody else made: a regular file of a bounded size, nothing else.

Opening a pipe waits for a writer that may never come, and reading a device such as /dev/zero never ends.  A folder of data
can hold both, by accident or through a link.  So what a path leads to is looked at first.
"""

from __future__ import annotations

import os
import stat
from typing import BinaryIO


def open_regular(path: str | os.PathLike, most: int | None = None) -> BinaryIO:
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
    return open(path, "rb")
