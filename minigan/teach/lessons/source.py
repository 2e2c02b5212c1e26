"""The library's own source, shown live.

Code copied into a lesson becomes wrong with the next change of the library.  This is the code that runs, read from its file when
the cell is run, with the file name and line number.
"""

import inspect
import textwrap
from pathlib import Path
from typing import Any

import minigan

ROOT = Path(minigan.__file__).parent.parent


class Source:
    """The source of functions, classes or modules; a notebook renders it as highlighted code."""

    def __init__(self, *objects: Any) -> None:
        self.pieces = [(place(thing), textwrap.dedent(inspect.getsource(thing)).rstrip()) for thing in objects]

    def _repr_markdown_(self) -> str:
        return "\n\n".join(f"`{place}`\n\n```python\n{code}\n```" for place, code in self.pieces)

    def __repr__(self) -> str:
        return "\n\n".join(f"# {place}\n{code}" for place, code in self.pieces)


def show_source(*objects: Any) -> Source:
    """The source of functions, methods, classes or modules; a notebook displays it if it is the last line of a cell.

    For an instance, the source of its class is shown: show_source(losses.hinge).  Raises TypeError for an object without
    Python source.
    """
    return Source(*map(written, objects))


def written(thing: Any) -> Any:
    """The object whose source is in the file: a decorated function itself, the class of an instance."""
    thing = inspect.unwrap(getattr(thing, "py_func", thing))  # py_func: the function that Numba compiled
    return thing if inspect.isclass(thing) or inspect.isroutine(thing) or inspect.ismodule(thing) else type(thing)


def place(thing: Any) -> str:
    """minigan/layers/dense.py, line 17"""
    path = Path(inspect.getfile(thing))
    name = path.relative_to(ROOT).as_posix() if ROOT in path.parents else path.name
    return name if inspect.ismodule(thing) else f"{name}, line {inspect.getsourcelines(thing)[1]}"
