"""Find MNIST and Fashion-MNIST on this machine, or download them on request.

Nothing is downloaded without `download=True`. A file is accepted only if the md5 of its uncompressed bytes is the published
one: a truncated file, or KMNIST under MNIST's file names, is skipped and listed in the error. Downloads come from the first
of two mirrors that sends the right bytes (sha256).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from minigan.data.dataset import Dataset
from minigan.data.download import fetch
from minigan.data.idx import idx_header, read_idx
from minigan.data.published import FILES, PREFIX, PUBLISHED

DEBIAN = Path("/usr/share/datasets")  # where Debian's dataset-* packages install their files


def load_mnist(
    name: str, split: str = "train", download: bool = False, folder: str | os.PathLike | None = None
) -> Dataset:
    """MNIST or Fashion-MNIST: images uint8 (60000 or 10000, 28, 28, 1), labels 0 .. 9.

    Parameters
    ----------
    name
        "mnist" or "fashion_mnist".
    split
        "train" (60,000 images) or "test" (10,000).
    download
        Download files that are not found; into `folder`, else $MINIGAN_DATA/name, else the user's cache.
    folder
        Where to look first. Then follow $MINIGAN_DATA/name, $MINIGAN_DATA, Debian's folder and earlier downloads.

    Raises
    ------
    FileNotFoundError
        If a file is not found and download is False; the message lists every place searched and how to fix it.
    ConnectionError
        If both mirrors fail.
    """
    images = _find(name, f"{PREFIX[split]}-images-idx3-ubyte", download, folder)  # (N, 28, 28)
    labels = _find(name, f"{PREFIX[split]}-labels-idx1-ubyte", download, folder)  # (N,)
    return Dataset(images[..., None], labels.astype(np.int64), name, PUBLISHED[name].classes)


def _find(name: str, filename: str, download: bool, folder: str | os.PathLike | None) -> np.ndarray:
    """The array in the file called `filename`, from the first place that has the right one."""
    searched = []
    for place, meaning in _places(name, folder):
        paths = [path for path in (place / filename, place / f"{filename}.gz") if path.is_file()]
        if not paths:
            searched.append(f"  {place} ({meaning}): no such {'file' if place.is_dir() else 'folder'}")
        for path in paths:
            array, problem = _read_checked(path, PUBLISHED[name].md5[FILES.index(filename)])
            if array is not None:
                return array
            searched.append(f"  {path} ({meaning}): {problem}")
    if download:
        path = _download(name, filename, _download_folder(name, folder))
        return read_idx(path)
    raise FileNotFoundError(
        "\n".join([f"{name}: {filename}[.gz] was not found in", *searched, "To fix this:", *_fixes(name)])
    )


def _places(name: str, folder: str | os.PathLike | None) -> list[tuple[Path, str]]:
    """(folder, what it is) in the order in which they are searched."""
    places = [] if folder is None else [(Path(folder).expanduser(), "the folder argument")]
    if os.environ.get("MINIGAN_DATA"):
        root = Path(os.environ["MINIGAN_DATA"]).expanduser()
        places += [(root / name, "MINIGAN_DATA"), (root, "MINIGAN_DATA")]
    return [*places, (DEBIAN / name.replace("_", "-"), "Debian's folder"), (_cache(name), "earlier downloads")]


def _fixes(name: str) -> list[str]:
    published = PUBLISHED[name]
    return [
        f'  download it ({published.megabytes} MB for the four files): data.load("{name}", download=True)',
        "  or put its four IDX files, .gz or not, into a folder and pass folder=... or set MINIGAN_DATA",
        *([f"  or, on Debian: sudo apt install {published.debian}"] if published.debian else []),
        *(['  or use data.load("mnist10k"), which comes with minigan'] if name == "mnist" else []),
    ]


def _read_checked(path: Path, md5: str) -> tuple[np.ndarray | None, str]:
    """(array, "") or (None, what is wrong with the file)."""
    try:
        array = read_idx(path)
    except (OSError, ValueError) as error:
        return None, str(error)
    contents = hashlib.md5(idx_header(array.shape), usedforsecurity=False)
    contents.update(array.data)
    if (found := contents.hexdigest()) != md5:
        return None, f"a different or damaged file: the md5 of its contents is {found}, expected {md5}"
    return array, ""


def _cache(name: str) -> Path:
    """Where downloads are kept: the user's cache folder."""
    import pooch

    return Path(pooch.os_cache("minigan")) / name


def _download_folder(name: str, folder: str | os.PathLike | None) -> Path:
    if folder is not None:
        return Path(folder).expanduser()
    root = os.environ.get("MINIGAN_DATA")
    return Path(root).expanduser() / name if root else _cache(name)


def _download(name: str, filename: str, folder: Path) -> Path:
    """Download one .gz from the first mirror that sends the right bytes; an existing wrong file is replaced."""
    published, failures = PUBLISHED[name], []
    i = FILES.index(filename)
    for mirror in published.mirrors:
        url = f"{mirror}{filename}.gz"
        try:
            return fetch(url, folder / f"{filename}.gz", published.sha256[i], published.sizes[i])
        except (OSError, ValueError) as error:  # OSError: no network, or an HTTP error; ValueError: wrong bytes
            failures.append(f"  {url}: {error}")
    advice = f"Check the network, or get the file by other means and put it into {folder}"
    raise ConnectionError(
        "\n".join([f"{name}: {filename}.gz could not be downloaded from either mirror:", *failures, advice])
    )
