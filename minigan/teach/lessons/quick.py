"""How long a lesson trains: as long as it takes, or, with MINIGAN_QUICK=1 in the environment, just long enough to run every line.

The tests run the lessons quickly.  Pictures and numbers of a quick run show nothing, so a lesson that asserts what a training
has reached asserts it only `if not quick()`.
"""

import os


def quick() -> bool:
    """Is MINIGAN_QUICK set, to anything but 0?"""
    return os.environ.get("MINIGAN_QUICK", "0") not in ("", "0")


def steps(full: int, short: int) -> int:
    """`full`, or `short` under MINIGAN_QUICK=1."""
    return short if quick() else full
