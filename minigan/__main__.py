"""The process of a command, for `minigan` and for `python -m minigan`: whatever stops it, it says so in one line.

The first signal (Ctrl-C, SIGTERM, SIGHUP) raises Stopped, which `cli.main` answers with a line and the exit status; training
saves first (running/interrupt.py). From the second one on the process ends at once, wherever it is: no handler, no
destructor and no exit function of any library can print a traceback any more.
"""

import os
import sys
import warnings
from contextlib import suppress
from typing import Any, NoReturn

from minigan.running.interrupt import Stopped, install
from minigan.running.machine import limit_memory

_stopped: Stopped | None = None  # by the first signal
_done = False


def main() -> NoReturn:
    """Run the command in sys.argv and exit with its status."""
    global _done
    try:
        install(_on_signal)
        sys.unraisablehook = _unraisable
        warnings.showwarning = _warn
        from minigan import cli

        if cli.chosen(sys.argv[1:]) != "notebooks":  # Jupyter's kernels compute what the reader likes
            limit_memory()

        status = cli.main()
        _done = True  # from here on there is nothing to tidy up
    except BaseException as error:
        if _stopped is None or isinstance(error, SystemExit):
            raise
        _leave(_stopped)  # it came before cli.main could answer it
    sys.exit(status)


def _on_signal(number: int, _: Any) -> None:
    global _stopped
    if _stopped or _done:
        _leave(_stopped or Stopped(number))
    _stopped = Stopped(number)
    raise _stopped


def _unraisable(unraisable: Any) -> None:
    """What was raised where Python cannot pass it on, in a destructor or a callback: a Stopped must not be lost there."""
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        _leave(_stopped or unraisable.exc_value)
    sys.__unraisablehook__(unraisable)


def _leave(stopped: Any) -> NoReturn:
    """End the process at once, without the exit functions of any library."""
    with suppress(OSError):
        os.write(2, f"minigan: {stopped}\n".encode())
    os._exit(getattr(stopped, "status", 130))


def _warn(
    message: Any, category: type[Warning], filename: str, lineno: int, file: Any = None, line: str | None = None
) -> None:
    """A warning to the user is one line; one to programmers keeps its place in the source."""
    text = f"minigan: {message}\n"
    if not issubclass(category, UserWarning):
        text = warnings.formatwarning(message, category, filename, lineno, line)
    with suppress(OSError, ValueError, AttributeError):  # standard error may be closed
        sys.stderr.write(text)


if __name__ == "__main__":
    main()
