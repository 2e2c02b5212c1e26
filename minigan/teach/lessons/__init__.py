"""What the lessons use besides the library itself: its source shown live, one style of figure, bugs planted for a while.

    show_source(Dense, Linear.backward)      the library's own lines, read at this moment, never a copy
    with figure("What it shows") as ax:       told apart by dashes and markers, not by colour alone
    with planted(Dense, "adjoint", wrong):   the library with one thing wrong
    show_checks(checks)                      which check caught it
    steps(3000, 100)                         the length of a training; MINIGAN_QUICK=1 takes the short one

The lessons stand in notebooks/.  `minigan notebooks` copies them to a folder of yours and opens Jupyter Lab (shelf.py,
command.py); `minigan notebooks --check` runs every one (run.py).
"""

from minigan.teach.lessons.figure import figure
from minigan.teach.lessons.planted import planted, show_checks
from minigan.teach.lessons.quick import quick, steps
from minigan.teach.lessons.source import show_source

__all__ = ["figure", "planted", "quick", "show_checks", "show_source", "steps"]
