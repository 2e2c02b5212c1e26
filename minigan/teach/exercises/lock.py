"""The result of a prediction shows after the prediction: before it, the cell runs and its output is kept back.

A cell with `check.NAME.p1(guess)` in it draws what the reader should guess first.  While guess is "?", the cell computes everything that
the next cells need, and prints one line in place of its output.  Any letter opens it, and so does guess = "show" for those who only want
to read.  MINIGAN_ANSWERS=1 opens all: the site is built and the lessons are checked with it.
"""

import os
import re
import sys
from typing import Any

ANSWERS = "MINIGAN_ANSWERS"
ASKED = re.compile(r"^\s*check\.\w+\.p\d+\(guess\)", re.MULTILINE)
LOCKED = (
    '· no prediction yet, so this result is not shown: replace "?" by a letter above and run both cells again '
    '(guess = "show": see it without a prediction)'
)


class Lock:
    """Around each cell of an IPython shell: keep its output back if it answers a prediction that was not made."""

    def __init__(self, shell: Any) -> None:
        self.shell: Any = shell
        self.kept: Any = None  # while a cell is locked: what keeps its output back
        shell.events.register("pre_run_cell", self.before)
        shell.events.register("post_run_cell", self.after)

    def before(self, info: Any) -> None:
        """Called before a cell runs; info.raw_cell is its source."""
        from IPython.utils.capture import capture_output

        is_open = os.environ.get(ANSWERS, "0") not in ("", "0")
        if not is_open and ASKED.search(info.raw_cell or "") and self.shell.user_ns.get("guess") == "?":
            self.kept = capture_output(stderr=False)  # figures too; warnings and errors stay visible
            self.output = self.kept.__enter__()

    def after(self, result: Any) -> None:
        """Called after it; the figures were drawn by then.  After an exception all is shown, because a terminal prints that too."""
        if self.kept is not None:
            self.kept.__exit__(None, None, None)
            self.kept = None
            if result.success:
                print(LOCKED)
            else:
                self.output.show()


def install() -> Lock | None:
    """Lock the predictions of the IPython shell that runs this process, if there is one."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return None if shell is None else Lock(shell)
