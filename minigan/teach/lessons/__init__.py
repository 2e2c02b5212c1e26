"""What the lessons use besides the library itself: live source, a style for figures, planted bugs.

    show_source(Dense, Linear.backward)      the library's current source, never a copy
    with figure("What it shows") as ax:      lines differ in dashes and markers, not only in colour
    film("What moves", frames)               pictures or points, one after the other
    with planted(Dense, "adjoint", wrong):   the library with one bug
    show_checks(checks)                      which check caught it
    steps(3000, 100)                         the length of a training run; the short one if MINIGAN_QUICK=1
    usually("G is slower", t_G > t_D)        a statement about a training, printed with its truth and not asserted

The lessons are in notebooks/.  `minigan notebooks` copies them to a folder and opens Jupyter Lab (shelf.py, command.py);
`minigan notebooks --check` runs all of them (run.py).  Start reading in source.py.
"""

from minigan.teach.lessons.figure import figure
from minigan.teach.lessons.film import film
from minigan.teach.lessons.planted import planted, show_checks
from minigan.teach.lessons.quick import quick, steps, usually
from minigan.teach.lessons.source import show_source

__all__ = ["figure", "film", "planted", "quick", "show_checks", "show_source", "steps", "usually"]
