"""Does config.toml still describe the run in the checkpoint beside it?

The checkpoint stores the options it was trained with. A config that was edited, or a checkpoint that was copied from another
run, would go on as a run that nobody can repeat. Where the two disagree about the past, the run is not opened. What is planned
for later steps may be edited. Pictures are compared by their contents (data/identity.py), so their folder may move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from minigan.running.files import quoted
from minigan.running.place import shown

FREE = ("download",)  # an option that changes no bit


def check_config(path: Path, kept: dict[str, Any], now: dict[str, Any], step: int, changeable: Iterable[str]) -> None:
    """Raise ValueError if the config in the file `path` is not that of the checkpoint, up to this step.

    kept, now : {"recipe", "options", "segments"}, as Config.facts returns them, in the checkpoint and in the file
    changeable : options that `minigan resume` can change
    """
    if kept["recipe"] != now["recipe"]:
        raise ValueError(
            f"{shown(path)} is a config of the recipe {now['recipe']}, but the checkpoint beside it belongs to the recipe "
            f"{kept['recipe']}: put the file back that belongs to it"
        )
    old, new = kept["options"], now["options"]
    names = [name for name in new if name in old and name not in FREE and new[name] != old[name]]
    if all(facts.get("data", "").startswith("folder:") for facts in (old, new)):
        names = [name for name in names if name != "data"]  # the pictures have moved
    found = [f"{name} = {new[name]!r} instead of {old[name]!r}" for name in names]
    before, after = ([part for part in facts["segments"] if part["start"] < step] for facts in (kept, now))
    if before != after:
        found.append(f"the segments {after} instead of {before}")
    if not found:
        return
    ways = [f"--{name} {new[name]}" for name in names if name in changeable]
    other = (
        f", then change it from here on with minigan resume {quoted(shown(path.parent))} {' '.join(ways)}"
        if ways
        else ""
    )
    raise ValueError(
        f"{shown(path)} is not the config of the checkpoint beside it: {', '.join(found)}. Undo the edit{other}; "
        f"a run with other options is a new one: minigan train --config {quoted(shown(path))} --out ANOTHER"
    )


@contextmanager
def naming_data(path: Path, kept: str, now: str) -> Iterator[None]:
    """An error of the block begins with the change, if the config in the file `path` names other data than the checkpoint does.

    kept, now : the entry `data` of the checkpoint, and that of the file
    """
    try:
        yield
    except (ValueError, OSError) as error:
        if kept == now:
            raise
        kind = FileNotFoundError if isinstance(error, OSError) else ValueError
        raise kind(f"{shown(path)} has data = {now!r} instead of {kept!r}: {error}") from error
