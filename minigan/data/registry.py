"""One door to all data sets: `load(name)`. Each name has its own file; this one only knows which."""

from __future__ import annotations

import difflib
import os

from minigan.data.dataset import Dataset
from minigan.data.embedded import digits8, emoji, emoji_noto, mnist10k
from minigan.data.folder import load_folder
from minigan.data.mnist import load_mnist
from minigan.data.sources import PREFIX, SOURCES

EMBEDDED = {"mnist10k": mnist10k, "digits8": digits8, "emoji": emoji, "emoji_noto": emoji_noto}
NAMES = (*EMBEDDED, *SOURCES, "folder:PATH")


def load(
    name: str,
    *,
    split: str = "train",
    download: bool = False,
    folder: str | os.PathLike | None = None,
    size: int | None = None,
    channels: int | None = None,
) -> Dataset:
    """The data set called `name`, one of NAMES.

    split     "train" or, for mnist and fashion_mnist, "test"
    download  let mnist and fashion_mnist be fetched if they are not on this machine
    folder    where to look first for mnist and fashion_mnist
    size, channels  for "folder:PATH": the side to shrink to (32) and 3 for colour (the default) or 1 for grey

    Raises ValueError for a name, split or option that does not exist or apply, FileNotFoundError when the files are
    not there.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, one of {', '.join(NAMES)}; got {type(name).__name__}")
    is_folder, is_mnist = name.startswith("folder:") and name != "folder:", name in SOURCES
    if not (is_folder or is_mnist or name in EMBEDDED):
        raise ValueError(_unknown(name))
    if not is_folder and (size is not None or channels is not None):
        raise ValueError(f'size and channels belong to "folder:PATH"; {name} has its own: leave them out')
    if not is_mnist and (folder is not None or download):
        raise ValueError(f"folder and download belong to mnist and fashion_mnist; {name} needs neither: leave them out")
    splits = tuple(PREFIX) if is_mnist else ("train",)
    if split not in splits:
        raise ValueError(f"{name} has the split{'s' * is_mnist} {' and '.join(map(repr, splits))}, got {split!r}")
    if is_folder:
        return load_folder(
            name.removeprefix("folder:"), 32 if size is None else size, 3 if channels is None else channels
        )
    return load_mnist(name, split, download, folder) if is_mnist else EMBEDDED[name]()


def _unknown(name: str) -> str:
    message = f"there is no data set {name!r}; the names are {', '.join(NAMES)}"
    if name in ("ring", "grid"):
        return f"{message}. {name} draws points of the plane, not images: use data.{name}(n, rng)"
    close = difflib.get_close_matches(name, NAMES, n=1)
    if os.path.isdir(name):
        close = [f"folder:{name}"]
    return f"{message}. Did you mean {close[0]!r}?" if close else message
