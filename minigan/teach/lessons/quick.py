"""How long a lesson trains: in full, or, with MINIGAN_QUICK=1 in the environment, just long enough to run every line.

The tests run the lessons quickly.  The pictures and numbers of a quick run mean nothing, so a lesson says something about the result
of a training run only `if not quick()`.  And it asserts only what held at every seed and on every machine tried: another machine
rounds differently, and a game amplifies that.  Everything else is printed, by `usually`.
"""

import json
import os
from functools import cache
from pathlib import Path

HELD = Path(__file__).with_name("held.json")  # written by `minigan notebooks --count`
RECORD = "MINIGAN_STATEMENTS"  # the file to which `usually` appends its statements, for count.py


def quick() -> bool:
    """Is MINIGAN_QUICK set, to anything but 0?"""
    return os.environ.get("MINIGAN_QUICK", "0") not in ("", "0")


def steps(full: int, short: int) -> int:
    """`full`, or `short` under MINIGAN_QUICK=1."""
    return short if quick() else full


@cache
def held() -> dict[str, list[int]]:
    """{statement: [how often it held, in how many runs]}, as counted by the authors (count.py)."""
    return json.loads(HELD.read_text(encoding="utf-8")) if HELD.exists() else {}


def usually(statement: str, holds: bool) -> None:
    """Print whether `statement` about a training is true of this one, and how often it was when the lesson was run at several seeds.

        usually("the average is nearer to the data than G", distance_of_average < distance_of_G)
        # yes (10 of 10 runs): the average is nearer to the data than G

    A lesson never stops because a training went differently, as an `assert` would make it.  A quick run prints nothing.
    """
    if quick():
        return
    times, runs = held().get(statement, (0, 0))
    print(f"{'yes' if holds else 'NO, not in this run'}{f' ({times} of {runs} runs)' if runs else ''}: {statement}")
    if record := os.environ.get(RECORD):
        with open(record, "a", encoding="utf-8") as file:
            file.write(json.dumps([statement, bool(holds)]) + "\n")
