"""Break it: the library with one bug, inside a `with` statement.

A reader who has seen a check fail trusts it when it passes.  So every lesson plants a bug and shows which checks catch it.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from minigan.differences import Check
from minigan.teach.exercises.exercise import Verdict


@contextmanager
def planted(owner: Any, name: str, wrong: Any) -> Iterator[Any]:
    """Replace `owner.name`, a method or a module's function, by `wrong`; yield the original; restore it at the end.

        with planted(Dense, "adjoint", lambda self, dy, x: dy @ self.W):
            show_checks(layer_checks(Dense(4, 4), (5, 4)))

    A module's function is replaced wherever the library has imported it.  Raises AttributeError if the name does not exist.
    """
    right = getattr(owner, name)
    if isinstance(owner, ModuleType):
        modules = [module for key, module in list(sys.modules.items()) if key.partition(".")[0] == "minigan"]
        places = [(module, alias) for module in modules for alias, value in vars(module).items() if value is right]
    else:
        places = [(owner, name)]
    before = [(place, alias, alias in vars(place), vars(place).get(alias)) for place, alias in places]
    try:
        for place, alias in places:
            setattr(place, alias, wrong)
        yield right
    finally:
        for place, alias, own, value in before:
            if own:
                setattr(place, alias, value)
            else:
                delattr(place, alias)  # it was inherited


def show_checks(checks: Iterable[Check]) -> Verdict:
    """Print which checks hold and which caught a bug, with the place and the error; return True if any did.

    Checks with the same name share one line, which shows the worst.  If all checks hold, each line shows its error.
    """
    worst: dict[str, Check] = {}
    for check in checks:
        if check.name not in worst or (not check.ok, check.error) > (not worst[check.name].ok, worst[check.name].error):
            worst[check.name] = check
    caught = [check for check in worst.values() if not check.ok]
    holds = [check for check in worst.values() if check.ok]
    for check in caught:
        print(f"CAUGHT  {check}")
    if caught and holds:
        print(f"holds   {'; '.join(check.name for check in holds)}")
    elif not caught:
        print("\n".join(f"{'unsure ' if check.verdict == 'undecided' else 'holds  '} {check}" for check in holds))
    return Verdict(bool(caught))
