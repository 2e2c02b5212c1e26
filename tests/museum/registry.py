"""What an exhibit is: a story, a bug, and the check that catches it."""

import inspect
import sys
import textwrap
from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

from minigan.gradcheck import Check


class Exhibit(NamedTuple):
    story: str  # one line: where it was seen, why it is written, what it does to a training
    caught_by: str  # the name of the check that fails
    check: Callable[[], list[Check]]  # an instrument (instruments.py), pointed at the spot
    bug: Callable[["Patch"], None]

    @property
    def name(self) -> str:
        return self.bug.__name__

    @property
    def hall(self) -> str:
        return self.bug.__module__.rpartition(".")[2]

    def __str__(self) -> str:
        return f"{self.hall}/{self.name}"


EXHIBITS: list[Exhibit] = []


def exhibit(story: str, caught_by: str, check: Callable[[], list[Check]]):
    """Put the decorated bug on show."""

    def put_on_show(bug):
        EXHIBITS.append(Exhibit(story, caught_by, check, bug))
        return bug

    return put_on_show


class Patch:
    """patch(owner, name, wrong): replace a method, a function or an entry until the test ends, and return the right one."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch

    def __call__(self, owner, name: str, wrong):
        if isinstance(owner, dict):
            right = owner[name]
            self.monkeypatch.setitem(owner, name, wrong)
            return right
        right = getattr(owner, name)
        if isinstance(owner, ModuleType):  # `from game import g_step` made copies of the name: replace them all
            for module in [m for key, m in sys.modules.items() if key.partition(".")[0] == "minigan"]:
                for alias in [key for key, value in vars(module).items() if value is right]:
                    self.monkeypatch.setattr(module, alias, wrong)
        else:
            self.monkeypatch.setattr(owner, name, wrong)
        return right


def edited(function: Callable, right: str, wrong: str) -> Callable:
    """The function with one place of its source replaced, for a bug in the middle of a step."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(right) == 1, f"{right!r} must occur once in {function.__name__}"
    scope = dict(function.__globals__)
    exec(source.replace(right, wrong), scope)
    return scope[function.__name__]
