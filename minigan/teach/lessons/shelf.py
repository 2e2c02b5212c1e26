"""Where the lessons are, and how a reader gets a copy.

In a checkout they are in notebooks/, next to the package; a wheel installs them in share/minigan/notebooks.  A reader works on a
copy, and an edited copy is never overwritten without --force.
"""

import sysconfig
from pathlib import Path

import minigan
from minigan.running.files import atomic_write

ROOT = Path(minigan.__file__).parent.parent  # the folder that has to be on the path for `import minigan`


def shelf() -> Path:
    """The folder of the lessons.  Raises FileNotFoundError, with the folders searched, if there is none."""
    places = ROOT / "notebooks", Path(sysconfig.get_path("data")) / "share" / "minigan" / "notebooks"
    for place in places:
        if any(place.glob("[0-9][0-9]_*.ipynb")):
            return place
    raise FileNotFoundError(
        f"the lessons are neither in {places[0]} nor in {places[1]}: install minigan from its source folder, pip install -e ."
    )


def lessons(only: str | None = None) -> list[Path]:
    """All lessons in order, or only those whose number or name begins with `only`: "4", "04_gradient".

    Raises ValueError if there is no such lesson.
    """
    found = sorted(shelf().glob("[0-9][0-9]_*.ipynb"))
    if only is None:
        return found
    wanted = only.zfill(2) if only.isdigit() else only
    chosen = [path for path in found if path.name.startswith(wanted)]
    if not chosen:
        raise ValueError(f"no lesson is called {only!r}; there are: {', '.join(path.stem for path in found)}")
    return chosen


def extras() -> list[Path]:
    """What is handed out besides the lessons: microgan.py, a GAN in one file."""
    return sorted(shelf().glob("microgan.py"))


def copy_lessons(folder: Path, force: bool = False, language: str = "en") -> dict[str, str]:
    """Copy the lessons and microgan.py to `folder` -> {file name: what was done}.

    An existing file that differs is kept, unless `force`.  Another `language` than "en" translates the lessons (translate.py).
    """
    from minigan.teach.lessons.translate import translated_lessons

    books = translated_lessons(lessons(), language) if language != "en" else {}
    done = {}
    for lesson in [*lessons(), *extras()]:
        mine, theirs = books.get(lesson.name) or lesson.read_bytes(), folder / lesson.name
        if theirs.is_file() and theirs.read_bytes() == mine:
            done[lesson.name] = "already there"
        elif theirs.exists() and not force:
            done[lesson.name] = "kept: your copy differs (run, edited, or from another version); --force overwrites it"
        else:
            done[lesson.name] = "overwritten" if theirs.exists() else "copied"
            atomic_write(theirs, mine)
    return done
