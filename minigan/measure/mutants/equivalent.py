"""Mutants that compute the same, and why: equivalent.toml lists each by file, function, and a hash of the line before and after.

A line that is edited has another hash, so its mutants are no longer excused.
"""

import tomllib
from functools import cache
from pathlib import Path

from minigan.measure.mutants.mutant import Mutant

PLACE = Path(__file__).with_name("equivalent.toml")


@cache
def known() -> dict[tuple[str, str, str], str]:
    """(file, function, hash) -> the reason."""
    entries = tomllib.loads(PLACE.read_text())["equivalent"]
    return {(e["file"], e["function"], key): e["reason"] for e in entries for key in e["changes"]}


def reason(mutant: Mutant) -> str:
    """Why this mutant computes the same as the library, or "" if it is not known to."""
    return known().get((mutant.file, mutant.function, mutant.key), "")


def unused(mutants: list[Mutant]) -> list[str]:
    """Entries that are about no mutant any more."""
    present = {(m.file, m.function, m.key) for m in mutants}
    return [f"{file} {function} {key}" for file, function, key in known() if (file, function, key) not in present]
