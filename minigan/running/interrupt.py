"""Handle Ctrl-C by letting the current training step finish, so the state that is saved is one between two steps."""

import signal
import threading
from typing import Any


class Interrupt:
    """with Interrupt() as ctrl_c: ...    `ctrl_c.pressed` becomes True at the first Ctrl-C; the second one raises at once.

    While `ctrl_c.ready` is False (no step is done yet; kernels may still be compiling) the first one raises
    too. Outside the main thread, where Python allows no signal handlers, nothing is installed.
    """

    def __init__(self) -> None:
        self.pressed = self.ready = False

    def __enter__(self) -> "Interrupt":
        self._previous = _install(self._press)
        return self

    def __exit__(self, *_: object) -> None:
        _install(self._previous)

    def _press(self, *_: object) -> None:
        if self.pressed or not self.ready:
            raise KeyboardInterrupt
        self.pressed = True


def _install(handler: Any) -> Any:
    """Make this the handler of Ctrl-C -> the previous one; None if there is none or it can't be set here."""
    if handler is not None and threading.current_thread() is threading.main_thread():
        return signal.signal(signal.SIGINT, handler)
    return None
