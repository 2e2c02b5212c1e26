"""Let the current training step finish before a signal stops the run, so the state that is saved is one between two steps.

Ctrl-C sends SIGINT, `kill` and a batch system SIGTERM, a terminal that is closed SIGHUP.
"""

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))  # Windows has no SIGHUP


class Stopped(KeyboardInterrupt):
    """A signal stopped a command; `status` is the exit status that a shell expects: 130 for Ctrl-C, 143 for SIGTERM."""

    def __init__(self, number: int):
        super().__init__(f"stopped by {'Ctrl-C' if number == signal.SIGINT else signal.Signals(number).name}")
        self.status = 128 + number


class Interrupt:
    """with Interrupt() as stop: ...    `stop.pressed` holds the first signal, which `stop.deliver()` hands on later.

    It goes at once to the handler that was there before while `stop.ready` is False (no step is done yet; kernels may still
    be compiling), and so does a second Ctrl-C. A second SIGTERM or SIGHUP waits: a terminal that is closed sends two. A signal
    that is ignored stays ignored (nohup). Outside the main thread, where Python allows no handlers, nothing is installed.
    """

    agree: Callable[[int], int] = staticmethod(int)  # the signal, 0 for none -> that of any rank, see ranks.py

    def __init__(self) -> None:
        self._number: int | None = None
        self.ready = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "Interrupt":
        self._previous = install(self._press)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    @property
    def pressed(self) -> int | None:
        """The signal that is to stop the run, None for none.  With several ranks all must ask for it after the same step."""
        self._number = self.agree(self._number or 0) or None
        return self._number

    def deliver(self) -> None:
        """Do what the signal does without us: raise KeyboardInterrupt, end the process, call a handler of the user."""
        number, self._number = self._number, None
        if number is not None:
            self._hand_on(number)

    def _press(self, number: int, *_: object) -> None:
        if not self.ready or (self._number and number == signal.SIGINT):
            self._hand_on(number)
        else:
            self._number = self._number or number

    def _hand_on(self, number: int) -> None:
        handler = self._previous[number]
        if callable(handler):
            handler(number, None)
        else:  # SIG_DFL: the process ends as if it had never caught the signal
            signal.signal(number, handler)
            os.kill(os.getpid(), number)


def install(handler: Callable[..., None]) -> dict[int, Any]:
    """Make this the handler of every signal that stops a run, unless it is ignored -> the previous handlers."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    taken = [number for number in SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    return {number: signal.signal(number, handler) for number in taken}
