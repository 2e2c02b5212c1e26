"""Find the files of a picture folder, in an order that does not depend on the file system, and say what was left out.

Real folders hold links, folders that may not be read, a computer's own clutter and runs of minigan.  Nothing is dropped
without a word: everything that is not handed on is in the list of skipped files, with its reason.
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path

Skipped = list[tuple[str, str]]  # (file, or folder with a slash at its end; the reason)

HIDDEN, SYSTEM = "hidden: its name begins with a dot", "made by the operating system"
CLUTTER = (HIDDEN, SYSTEM)  # every folder has some: it is listed, but nobody is warned of it
SYSTEM_NAMES = ("thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "$recycle.bin")


@dataclass(frozen=True)
class Found:
    """A file: its path, and its parts below the root, (folder, ..., name), in Unicode's composed form (NFC)."""

    path: Path
    parts: tuple[str, ...]


def walk(root: Path) -> tuple[list[Found], Skipped]:
    """All files below `root`, sorted by their parts, and what was skipped.

    Links are followed.  Each folder is read once, by its real path if it has one below `root`, so a link that leads back up
    does no harm.

    Raises
    ------
    OSError
        If `root` itself cannot be read.
    ValueError
        If `root` is a run of minigan.
    """
    found: list[Found] = []
    skipped: Skipped = []
    read: dict[tuple[int, int], str] = {}  # (device, inode) of the folders read so far -> name
    folders: list[Found] = [Found(root, ())]
    links: list[Found] = []
    while folders or links:
        folder = (folders or links).pop(0)
        name = "/".join(folder.parts) + "/"
        try:
            status = os.stat(folder.path)
            entries = sorted(os.scandir(folder.path), key=lambda entry: entry.name)
        except OSError as error:
            if not folder.parts:
                raise
            skipped.append((name, f"cannot be read: {error.strerror}"))
            continue
        identity = (status.st_dev, status.st_ino)
        if identity in read:
            skipped.append((name, f"a link to {read[identity]}, which is read already"))
            continue
        read[identity] = name if folder.parts else "the folder itself"
        if is_run({entry.name for entry in entries}):
            if not folder.parts:
                raise ValueError(
                    f"{root} is a run of minigan, not a folder of pictures; samples are in {root / 'samples'}"
                )
            skipped.append((name, "a run of minigan"))
            continue
        if not entries and folder.parts:
            skipped.append((name, "an empty folder"))
        for entry in entries:
            parts = (*folder.parts, unicodedata.normalize("NFC", entry.name))
            item = Found(folder.path / entry.name, parts)
            reason, is_folder = _look_at(entry)
            if reason:
                skipped.append(("/".join(parts) + "/" * is_folder, reason))
            elif is_folder:
                (links if entry.is_symlink() else folders).append(item)
            else:
                found.append(item)
    return sorted(found, key=lambda file: (file.parts, str(file.path))), sorted(skipped)


def is_run(names: set[str]) -> bool:
    """Is a folder with these files in it a run of minigan?"""
    return "checkpoint.safetensors" in names and bool(names & {"config.toml", "run.jsonl"})


def _look_at(entry: os.DirEntry) -> tuple[str, bool]:
    """-> the reason to skip an entry, '' if it is to be read; is it a folder?"""
    try:
        is_folder, is_file = entry.is_dir(), entry.is_file()
    except OSError as error:  # a link to itself, a path that may not be searched
        return f"cannot be read: {error.strerror}", False
    if entry.name.startswith("."):
        return HIDDEN, is_folder
    if entry.name.lower() in SYSTEM_NAMES:
        return SYSTEM, is_folder
    if is_folder or is_file:
        return "", is_folder
    return ("not a regular file" if os.path.exists(entry.path) else "a link to a file that does not exist"), False
