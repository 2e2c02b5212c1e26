"""Write a file completely or not at all.

A run can stop at any moment: by Ctrl-C, a full disk, a power cut. A half-written file is worse than a missing one, because
it looks finished. So everything minigan writes goes to a temporary file in the same folder first, is flushed to disk
(fsync), and then replaces the old file in one step (os.replace, atomic within a file system). A reader sees the old file
or the new one, never a mixture.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def atomic_file(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Open a binary file that replaces `path` when the block ends, and is deleted if the block raises.

    Missing parent folders are created. If `path` is a symbolic link, the file it points to is replaced.
    Raises OSError as open() does, and IsADirectoryError if `path` is a folder.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"cannot write {target}: it is a folder; give the name of a file in it")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.parent / f".minigan-{secrets.token_hex(8)}.tmp"
    try:
        with open(temporary, "xb") as file:  # "x": never overwrites; default permissions, unlike mkstemp's 0600
            yield file
            file.flush()
            os.fsync(file.fileno())  # the bytes are on disk before the name refers to them
        os.replace(temporary, target)
    except BaseException:  # Ctrl-C too: clean up, then re-raise
        temporary.unlink(missing_ok=True)
        raise


def atomic_write(path: str | os.PathLike, data: bytes | str) -> None:
    """Write `data` (text as UTF-8) to `path`, completely or not at all. Raises as `atomic_file` does."""
    with atomic_file(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)
