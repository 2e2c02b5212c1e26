"""The exercises of the lessons, and what each says about an answer.

    from minigan.teach import exercises as check
    check.nb01_q1(my_function)      exercise 1 of lesson 1: right, not written yet, or what is wrong with the function
    check.nb01_p1("b")              prediction 1 of lesson 1

A check prints a verdict and returns True or False; it never raises an exception for a wrong answer.  Most wrong gradients are
right except for one thing, a sign, a 1/N, a transpose, and the check tries to say which (mistakes.py).  Start reading in
exercise.py.  Each lesson's exercises are a module, nb01.py, nb02.py, ..., imported when it is first used.
"""

import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def __getattr__(name: str) -> Any:
    """nb01 -> the module of lesson 1;  nb01_q1 -> its first exercise."""
    lesson, _, item = name.partition("_")
    if re.fullmatch(r"nb\d\d", lesson) and find_spec(f"{__name__}.{lesson}"):
        module = import_module(f"{__name__}.{lesson}")
        if item in vars(module) or not item:
            return getattr(module, item) if item else module
        known = ", ".join(f"{lesson}_{known}" for known in vars(module) if re.fullmatch(r"[pq]\d", known))
        raise AttributeError(f"lesson {int(lesson[2:])} has no {name}; it has {known}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
