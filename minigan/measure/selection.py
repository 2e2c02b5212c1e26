"""Select by name, as the option --only of `minigan bench`, `results` and `certify` does."""

from collections.abc import Iterable
from typing import Any


def select(names: Iterable[str], only: str | None) -> list[str]:
    """The names that match `only`, in their own order.

    Parameters
    ----------
    names : iterable of str
        All names there are.
    only : str or None
        Comma-separated.  A part that is a full name selects that name alone; any other part selects all names that start
        with it.  None or "" selects everything.
    """
    names = list(names)
    parts = [part.strip() for part in only.split(",")] if only else [""]
    return [name for name in names if any(name == part if part in names else name.startswith(part) for part in parts)]


def select_claims(claims: list[Any], only: str | None, done: str) -> list[Any]:
    """The claims whose section or subject is `only`, in their own order; case does not matter, and None selects all.

    Raises ValueError, listing all names, if nothing matches; `done` says what is done with claims: "certified".
    """
    if only is None:
        return claims
    chosen = [claim for claim in claims if only.lower() in (claim.subject.lower(), claim.section.lower())]
    if not chosen:
        names = ", ".join(dict.fromkeys(name for claim in claims for name in (claim.section, claim.subject)))
        raise ValueError(f"nothing is {done} under the name {only!r}; the names are: {names}")
    return chosen
