"""The folder of a run: which path it has, and which files in it belong to the run.

A relative path means another folder after os.chdir, so a run keeps the full path of its folder. And the files of a run are
written by nothing but the run: a report that is sent to checkpoint.safetensors by mistake must not replace days of training.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

CONFIG, CHECKPOINT, LOG, LOCK = "config.toml", "checkpoint.safetensors", "run.jsonl", ".lock"
FOLDERS = ("frames", "samples")
PICTURES = ("film.gif", "curves.png", "walk.gif")
FILES = (CONFIG, CHECKPOINT, LOG, LOCK, *PICTURES)


def full(out: str | os.PathLike) -> Path:
    """The full path of the folder of a run, made or not.  Raises ValueError for ""."""
    if not os.fspath(out):
        raise ValueError(
            'the folder of a run must have a name, got "": write "." for the current folder, None (Trainer) to write nothing'
        )
    return Path(out).absolute()


def refuse_file(folder: str | os.PathLike) -> None:
    """Raise NotADirectoryError if `folder`, or a part of its path, is a file: nothing can be written into it."""
    for part in (Path(folder), *Path(folder).parents):
        if os.path.exists(part):
            if not os.path.isdir(part):
                raise NotADirectoryError(
                    f"cannot write into {os.fspath(folder)}: {part} is not a folder; choose another path"
                )
            return


def refuse_strangers(folder: str | os.PathLike) -> None:
    """Raise FileExistsError if `folder` holds files, and none that a run writes: the run would be mixed with them."""
    if not os.path.isdir(folder) or any(os.path.lexists(Path(folder) / name) for name in FILES):
        return
    found = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    if found:
        more = f" and {len(found) - 1} more" * (len(found) > 1)
        raise FileExistsError(
            f"{os.fspath(folder)} holds {found[0]}{more}: give the run a folder of its own with --out"
        )


def refuse_linked(run: Path) -> None:
    """Raise OSError if a subfolder of the run is a symbolic link: another run's frames would be overwritten and deleted."""
    for name in FOLDERS:
        if (run / name).is_symlink():
            target = os.path.realpath(run / name)
            raise OSError(
                f"{run / name} is a symbolic link to {target}: copy that folder to its place (cp -rL), or delete the link"
            )


def run_of(file: str | os.PathLike) -> Path | None:
    """The folder of the run that this file is in, or would be in; None if it is in none."""
    parent = Path(file).parent
    for folder in (parent, parent.parent) if parent.name in FOLDERS else (parent,):
        here = [name for name in (CHECKPOINT, CONFIG, LOG) if os.path.lexists(folder / name)]
        if CHECKPOINT in here or len(here) == 2:  # many a project has a config.toml
            return folder
    return None


def refuse_folder_name(path: str | os.PathLike) -> None:
    """Raise IsADirectoryError if `path` ends in a slash and there is nothing yet: pathlib would drop the slash."""
    if os.fspath(path).endswith(("/", os.sep)) and not os.path.isdir(path):  # a folder that is there is refused anyway
        raise IsADirectoryError(
            f"cannot write {os.fspath(path)}: it is the name of a folder; give the name of a file in it"
        )


def refuse_run_file(path: str | os.PathLike) -> None:
    """Raise FileExistsError if `path` is, or leads to, a file that a run writes."""
    for file in (Path(path), Path(os.path.realpath(path))):
        run = run_of(file)
        if run is not None and (file.name in FILES or file.parent != run):
            raise FileExistsError(f"cannot write {os.fspath(path)}: it is a file of the run {run}; choose another name")


def numbered(folder: Path) -> Iterator[Path]:
    """folder, folder-2, folder-3, ..."""
    yield folder
    for k in itertools.count(2):
        yield folder.with_name(f"{folder.name}-{k}")


def shown(path: str | os.PathLike) -> str:
    """The path as it is printed: relative to the current folder if it is in it, else the full path."""
    try:
        return os.fspath(Path(path).relative_to(os.getcwd()))
    except (ValueError, OSError):  # it is elsewhere, or the current folder is gone
        return os.fspath(path)
