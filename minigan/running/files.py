"""Write a file whole or not at all.

A run is stopped at any moment: by Ctrl-C, by a full disk, by a power cut. A file that was half written is worse than a
missing one, because it looks finished. So everything minigan writes goes first into a temporary file in the same
folder, is pushed to the disk (fsync), and then takes the place of the old file in one step (os.replace, atomic within
a file system). A reader sees the old file or the new one, never a mixture.
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
    """Open a binary file that becomes `path` when the block ends well, and vanishes when it raises.

    Missing parent folders are created; a link is followed, so the file it points to is replaced.
    Raises OSError as open() does, and IsADirectoryError when `path` is a folder.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"cannot write {target}: it is a folder; give the name of a file in it")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.parent / f".minigan-{secrets.token_hex(8)}.tmp"
    try:
        with open(temporary, "xb") as file:  # "x": never someone else's file; usual permissions, unlike mkstemp's 0600
            yield file
            file.flush()
            os.fsync(file.fileno())  # the bytes are on the disk before the name points to them
        os.replace(temporary, target)
    except BaseException:  # Ctrl-C too: leave nothing behind, and let it pass
        temporary.unlink(missing_ok=True)
        raise


def atomic_write(path: str | os.PathLike, data: bytes | str) -> None:
    """Write `data` (text as UTF-8) to `path`, whole or not at all. Raises as `atomic_file` does."""
    with atomic_file(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)
