"""Break it: the library with one thing wrong, for as long as a `with` lasts.

Whoever has seen a check fail trusts it.  So every lesson plants a bug and looks which check catches it, and which do not.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType

from minigan.differences import Check
from minigan.teach.exercises.exercise import Verdict


@contextmanager
def planted(owner, name: str, wrong) -> Iterator[object]:
    """Replace `owner.name`, a method or a module's function, by `wrong`; give the right one; put it back at the end.

        with planted(Dense, "adjoint", lambda self, dy, x: dy @ self.W):
            show_checks(layer_checks(Dense(4, 4), (5, 4)))

    A module's function is replaced wherever the library has imported it.  Raises AttributeError if there is no such name.
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
    """Print what holds, and in full what is CAUGHT: where it fails and by how much; True if anything was caught.

    Checks of one name are one line, that of the worst.  While nothing is caught, each line has its error.
    """
    worst = {}
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
        print("\n".join(f"holds   {check}" for check in holds))
    return Verdict(bool(caught))
