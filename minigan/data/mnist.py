"""Find MNIST and Fashion-MNIST on this machine, or fetch them when asked to.

Nothing is downloaded without `download=True`. What is found is accepted only if the md5 of its unpacked bytes is the
published one, wherever it comes from: a cut file, or KMNIST under MNIST's file names, is passed over and named in the
error. Downloads come from the first of two mirrors that sends the right bytes (sha256).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from minigan.data.dataset import Dataset
from minigan.data.idx import parse_idx, read_bytes
from minigan.data.sources import FILES, PREFIX, SOURCES

DEBIAN = Path("/usr/share/datasets")  # where Debian's packages of data sets put them


def load_mnist(
    name: str, split: str = "train", download: bool = False, folder: str | os.PathLike | None = None
) -> Dataset:
    """The set `name`, "mnist" or "fashion_mnist": images uint8 (60000 or 10000, 28, 28, 1), labels 0 .. 9.

    split is "train" or "test". Looks in `folder`, in $MINIGAN_DATA and its subfolder of that name, in Debian's folder
    and among earlier downloads. Raises FileNotFoundError listing every place and the fix, ConnectionError when the
    download fails.
    """
    images = _find(name, f"{PREFIX[split]}-images-idx3-ubyte", download, folder)  # (N, 28, 28)
    labels = _find(name, f"{PREFIX[split]}-labels-idx1-ubyte", download, folder)  # (N,)
    return Dataset(images[..., None], labels.astype(np.int64), name, SOURCES[name].classes)


def _find(name: str, filename: str, download: bool, folder: str | os.PathLike | None) -> np.ndarray:
    looked = []
    for place, meaning in _places(name, folder):
        paths = [path for path in (place / filename, place / f"{filename}.gz") if path.is_file()]
        if not paths:
            looked.append(f"  {place} ({meaning}): no such {'file' if place.is_dir() else 'folder'}")
        for path in paths:
            array, problem = _read_checked(path, SOURCES[name].md5[FILES.index(filename)])
            if array is not None:
                return array
            looked.append(f"  {path} ({meaning}): {problem}")
    if download:
        path = _download(name, filename, _download_folder(name, folder))
        return parse_idx(read_bytes(path), os.fspath(path))
    raise FileNotFoundError(
        "\n".join([f"{name}: {filename}[.gz] was not found in", *looked, "To fix it:", *_fixes(name)])
    )


def _places(name: str, folder: str | os.PathLike | None) -> list[tuple[Path, str]]:
    """(folder, what it is) in the order they are looked at."""
    places = [] if folder is None else [(Path(folder).expanduser(), "the folder argument")]
    if os.environ.get("MINIGAN_DATA"):
        root = Path(os.environ["MINIGAN_DATA"]).expanduser()
        places += [(root / name, "MINIGAN_DATA"), (root, "MINIGAN_DATA")]
    return [*places, (DEBIAN / name.replace("_", "-"), "Debian's folder"), (_cache(name), "earlier downloads")]


def _fixes(name: str) -> list[str]:
    source = SOURCES[name]
    return [
        f'  let it be fetched ({source.megabytes} MB for the four files): data.load("{name}", download=True)',
        "  or put its four IDX files, .gz or not, into a folder and name that as folder=... or in MINIGAN_DATA",
        *([f"  or, on Debian: sudo apt install {source.debian}"] if source.debian else []),
        *(['  or take data.load("mnist10k"), which is inside minigan'] if name == "mnist" else []),
    ]


def _read_checked(path: Path, md5: str) -> tuple[np.ndarray | None, str]:
    """(array, "") or (None, what is wrong with the file)."""
    try:
        raw = read_bytes(path)
        array = parse_idx(raw, path.name)
    except (OSError, ValueError) as error:
        return None, str(error)
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if found != md5:
        return None, f"another set or a damaged file: the md5 of its contents is {found}, the published one {md5}"
    return array, ""


def _cache(name: str) -> Path:
    import pooch

    return Path(pooch.os_cache("minigan")) / name


def _download_folder(name: str, folder: str | os.PathLike | None) -> Path:
    if folder is not None:
        return Path(folder).expanduser()
    root = os.environ.get("MINIGAN_DATA")
    return Path(root).expanduser() / name if root else _cache(name)


def _download(name: str, filename: str, folder: Path) -> Path:
    """Fetch one .gz from the first mirror that sends the right bytes; a wrong file of that name is replaced."""
    import pooch

    source, failures = SOURCES[name], []
    sha256 = source.sha256[FILES.index(filename)]
    for mirror in source.mirrors:
        url = f"{mirror}{filename}.gz"
        try:
            return Path(pooch.retrieve(url, f"sha256:{sha256}", f"{filename}.gz", folder, progressbar=True))
        except (OSError, ValueError) as error:  # no network or a refusal (requests raises OSErrors); the wrong sha256
            failures.append(f"  {url}: {error}")
    advice = f"Check the network, or bring the file by other means and put it into {folder}"
    raise ConnectionError(
        "\n".join([f"{name}: {filename}.gz could not be fetched from either mirror:", *failures, advice])
    )
