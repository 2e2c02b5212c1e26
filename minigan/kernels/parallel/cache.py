"""Compiled kernels on disk: kept by Numba, checked by us before they are loaded.

Numba loads what it finds.  A file that was cut short by a full disk, or in which one bit has changed, then stops every later
run: with an error in Python at best, else inside the machine code.  So each file ends with the SHA-256 of what is before it
(unpickling stops before these 32 bytes, so Numba does not notice them).  If it is wrong, the file is removed and the kernel
is compiled again.  If a file cannot be written, on a full disk or in a folder that has become read-only, the process goes on
without it.  Both cost seconds, never a run, and one warning says so.

Numba's index maps a signature to the number of a data file.  Two processes that fill an empty cache at the same time can both
choose number 1, and the index of the one may then name the code of the other.  So a data file also says whose code it holds.

A kernel contains code from other files of this folder, but Numba compares only the kernel's own file with the cache.  So the
stamp of a cached kernel is that of all files in kernels/ together with its own.
"""

import hashlib
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numba.core import config
from numba.core.caching import FunctionCache, IndexDataCacheFile

SOURCES = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(Path(__file__).parent.parent.rglob("*.py")))).digest()
DIGEST = 32  # bytes of a SHA-256
_warned: set[str] = set()


class KernelCache(FunctionCache):
    """Numba's cache of one function, with checked files.  It never raises: what cannot be loaded is compiled."""

    def __init__(self, function: Callable) -> None:
        super().__init__(function)
        stamp = SOURCES, self._impl.locator.get_source_stamp()
        kind = "bounds" if config.BOUNDSCHECK else "checked"  # type: ignore[attr-defined]  # code that checks indices is other code
        self._cache_file = CheckedFiles(self.cache_path, f"{self._impl.filename_base}.{kind}", stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled code for this signature, or None."""
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # whatever is wrong with it: the compiler can make another
            warn_once("load", f"minigan could not load a compiled kernel from {self.cache_path} ({error})")
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep this compiled code, if there is room."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            warn_once(
                "save",
                f"minigan could not keep a compiled kernel in {self.cache_path} ({error.strerror}), so each process compiles "
                "it again. Make room there, or set NUMBA_CACHE_DIR to a folder you may write to.",
            )


class CheckedFiles(IndexDataCacheFile):
    """Numba's index and data files of one function, each followed by its checksum."""

    def save(self, key: Any, data: Any, *others: Any) -> None:
        """Keep `data` under `key`."""
        super().save(key, (key, data), *others)

    def load(self, key: Any) -> Any:
        """What is kept under `key`, or None."""
        found = super().load(key)
        return found[1] if found is not None and found[0] == key else None

    def _load_index(self) -> dict:
        return super()._load_index() if self._sound(self._index_path) else {}

    def _load_data(self, name: str) -> Any:
        return super()._load_data(name) if self._sound(self._data_path(name)) else None

    def _sound(self, path: str) -> bool:
        """Is there such a file, with the right checksum?  If the checksum is wrong, the file is removed."""
        try:
            content = Path(path).read_bytes()
        except FileNotFoundError:
            return False
        if hashlib.sha256(content[:-DIGEST]).digest() == content[-DIGEST:]:
            return True
        warn_once("damage", f"minigan found a damaged file, removed it, and compiles that kernel again: {path}")
        Path(path).unlink(missing_ok=True)
        return False

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        content = io.BytesIO()
        yield content
        with super()._open_for_write(filepath) as file:
            file.write(content.getvalue() + hashlib.sha256(content.getvalue()).digest())


def warn_once(kind: str, message: str) -> None:
    """Warn of what makes kernels compile again: once per process for each kind of cause."""
    if kind not in _warned:
        _warned.add(kind)
        warnings.warn(message, RuntimeWarning, stacklevel=2)
