"""The library's own source, shown live.

A lesson that copies code begins to lie with the next change of the library.  These are the lines that run, read from the file
at this moment, with the place where they stand.
"""

import inspect
import textwrap
from pathlib import Path

import minigan

ROOT = Path(minigan.__file__).parent.parent


class Source:
    """Source of one or more functions, classes or modules; a notebook renders it as highlighted code."""

    def __init__(self, *objects):
        self.pieces = [(place(thing), textwrap.dedent(inspect.getsource(thing)).rstrip()) for thing in objects]

    def _repr_markdown_(self) -> str:
        return "\n\n".join(f"`{place}`\n\n```python\n{code}\n```" for place, code in self.pieces)

    def __repr__(self) -> str:
        return "\n\n".join(f"# {place}\n{code}" for place, code in self.pieces)


def show_source(*objects) -> Source:
    """The source of these functions, methods, classes or modules: as the last line of a cell, it is displayed.

    An instance stands for its class: show_source(losses.hinge).  Raises TypeError for something without Python source.
    """
    return Source(*map(written, objects))


def written(thing):
    """What stands in the file: the function below a decorator, the class of an instance."""
    thing = inspect.unwrap(getattr(thing, "py_func", thing))  # py_func: what Numba compiled
    return thing if inspect.isclass(thing) or inspect.isroutine(thing) or inspect.ismodule(thing) else type(thing)


def place(thing) -> str:
    """minigan/layers/dense.py, line 17"""
    path = Path(inspect.getsourcefile(thing))
    path = path.relative_to(ROOT).as_posix() if ROOT in path.parents else path.name
    return path if inspect.ismodule(thing) else f"{path}, line {inspect.getsourcelines(thing)[1]}"
