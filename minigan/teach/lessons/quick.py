"""How long a lesson trains: in full, or, with MINIGAN_QUICK=1 in the environment, just long enough to run every line.

The tests run the lessons quickly.  The pictures and numbers of a quick run mean nothing, so a lesson says something about the result
of a training run only `if not quick()`.  And it asserts only what held at every seed and on every machine tried: another machine
rounds differently, and a game amplifies that.  Everything else is printed, by `usually`.
"""

import os


def quick() -> bool:
    """Is MINIGAN_QUICK set, to anything but 0?"""
    return os.environ.get("MINIGAN_QUICK", "0") not in ("", "0")


def steps(full: int, short: int) -> int:
    """`full`, or `short` under MINIGAN_QUICK=1."""
    return short if quick() else full


def usually(statement: str, holds: bool) -> None:
    """Print whether `statement`, which is true of most trainings, is true of this one; a quick run prints nothing.

        usually("the average is nearer to the data than G", distance_of_average < distance_of_G)

    A lesson never stops because a training went differently, as an `assert` would make it.
    """
    if not quick():
        print(f"{'in this run too' if holds else 'NOT in this run, but usually'}: {statement}")
