"""The exercises of the lessons, and what each says about an answer.

    from minigan.teach import exercises as check
    check.derivatives.q1(my_function)      exercise 1 of the lesson on derivatives: right, not written yet, or what is wrong
    check.derivatives.p1("b")              prediction 1 of that lesson

A check prints a verdict and returns True or False; it never raises an exception for a wrong answer.  Most wrong gradients are
right except for one thing, a sign, a 1/N, a transpose, and the check tries to say which (mistakes.py).  In a notebook the result
of a prediction is not shown before it was made (lock.py).  Start reading in exercise.py.  Each lesson's exercises are a module
with the name of the lesson, imported when it is first used.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from minigan.teach.exercises import lock

TOOLS = ("__init__", "exercise", "lock", "mistakes")
lock.install()


def lessons() -> list[str]:
    """The names of all lessons with exercises, such as "derivatives"."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in TOOLS)


def __getattr__(name: str) -> Any:
    """The exercises of the lesson `name`, a module."""
    if name in lessons():
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"no lesson has the name {name!r}; exercises: {', '.join(lessons())}")
