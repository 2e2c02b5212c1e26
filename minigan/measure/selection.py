"""Select by name, as `minigan bench --only` and `minigan results --only` do."""

from collections.abc import Iterable


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
