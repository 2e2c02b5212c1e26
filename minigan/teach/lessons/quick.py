"""How long a lesson trains: in full, or, with MINIGAN_QUICK=1 in the environment, just long enough to run every line.

The tests run the lessons quickly.  The pictures and numbers of a quick run mean nothing, so a lesson asserts the result of a
training run only `if not quick()`.
"""

import os


def quick() -> bool:
    """Is MINIGAN_QUICK set, to anything but 0?"""
    return os.environ.get("MINIGAN_QUICK", "0") not in ("", "0")


def steps(full: int, short: int) -> int:
    """`full`, or `short` under MINIGAN_QUICK=1."""
    return short if quick() else full
