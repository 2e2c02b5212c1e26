"""Where the lessons stand, and how they come to the reader.

In a checkout they are in notebooks/, beside the package; a wheel carries them in share/minigan/notebooks.  A reader works in a
copy: what they have edited is theirs, and is never overwritten unless they say so.
"""

import sysconfig
from pathlib import Path

import minigan
from minigan.running.files import atomic_write

ROOT = Path(minigan.__file__).parent.parent  # what has to be on the path for `import minigan`


def shelf() -> Path:
    """The folder of the lessons.  FileNotFoundError says where they were looked for."""
    places = ROOT / "notebooks", Path(sysconfig.get_path("data")) / "share" / "minigan" / "notebooks"
    for place in places:
        if any(place.glob("[0-9][0-9]_*.ipynb")):
            return place
    raise FileNotFoundError(
        f"the lessons are neither in {places[0]} nor in {places[1]}: install minigan from its source folder, pip install -e ."
    )


def lessons(only: str | None = None) -> list[Path]:
    """All lessons in their order, or those whose number or name begins so: only="4", only="04_gradient"."""
    found = sorted(shelf().glob("[0-9][0-9]_*.ipynb"))
    if only is None:
        return found
    wanted = only.zfill(2) if only.isdigit() else only
    chosen = [path for path in found if path.name.startswith(wanted)]
    if not chosen:
        raise ValueError(f"no lesson is called {only!r}; there are: {', '.join(path.stem for path in found)}")
    return chosen


def copy_lessons(folder: Path, force: bool = False) -> dict[str, str]:
    """Copy the lessons to `folder` -> {file name: what was done}.  A lesson that differs from ours is kept, unless `force`."""
    done = {}
    for lesson in lessons():
        mine, theirs = lesson.read_bytes(), folder / lesson.name
        if theirs.exists() and theirs.read_bytes() == mine:
            done[lesson.name] = "is there already"
        elif theirs.exists() and not force:
            done[lesson.name] = "kept: yours differs (run, edited, or of another version); --force overwrites it"
        else:
            done[lesson.name] = "overwritten" if theirs.exists() else "copied"
            atomic_write(theirs, mine)
    return done
