"""How good is the proof?  `minigan certify --mutants` puts one error at a time into the library, and looks for a check that notices.

    changes.py      what can be wrong in a line: a sign, a factor, an axis, a transpose, a dropped term, two caches exchanged ...
    mutant.py       all mutants of a file, and the library with one of them in it
    subjects.py     which functions are mutated, and which claims and tests are about them
    direction.py    the gradient of a step along one direction: quicker than parameter by parameter
    trial.py        plant a mutant, and run its checks until one fails
    equivalent.py   mutants that compute the same, and why: equivalent.toml
    kept.py         verdicts, kept until the source changes
    report.py       the table

A mutant that no check notices and that is not equivalent is a hole in the certificate.  Start with mutant.py.
"""

import hashlib
import sys
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

from minigan.measure.mutants.equivalent import reason
from minigan.measure.mutants.kept import Kept
from minigan.measure.mutants.mutant import Mutant
from minigan.measure.mutants.report import killed, line, slowest, table, write
from minigan.measure.mutants.subjects import TESTS, files, mathematics
from minigan.measure.mutants.trial import Verdict, by_claims, by_tests, still_sound

__all__ = ["Mutant", "Verdict", "chosen", "run"]


def chosen(only: str | None = None, share: float = 100.0, seed: str = "0") -> list[Mutant]:
    """The mutants of the files, or else of the functions, whose names begin with `only`, and of these a random share in percent.

    The same seed chooses the same mutants, whatever `only` is; at least one.

    Raises ValueError if nothing matches, or for a share outside (0, 100].
    """
    if not 0 < share <= 100:
        raise ValueError(f"--share is in percent, above 0 and at most 100, got {share:g}")
    parts = [part.strip() for part in only.split(",")] if only else [""]
    names = [file for file in files() if file.startswith(tuple(parts))]
    found = [m for file in names for m in mathematics(file)] or [
        m for file in files() for m in mathematics(file) if m.function.startswith(tuple(parts))
    ]
    if not found:
        raise ValueError(f"no mutated file or function begins with {only!r}; the files are: {', '.join(files())}")
    return [m for m in found if _draw(seed, m) < share / 100] or [min(found, key=partial(_draw, seed))]


def _draw(seed: str, mutant: Mutant) -> float:
    """A number in [0, 1) that depends on nothing but the seed and the mutant."""
    name = f"{seed} {mutant.file} {mutant.key} {mutant.line}"
    return int(hashlib.sha256(name.encode()).hexdigest()[:12], 16) / 16**12


def run(
    only: str | None = None, share: float = 100.0, seed: str = "0", file: str | Path | None = None,
    seconds: float | None = None, least: float = 99.0, stream: TextIO | None = None,
) -> int:  # fmt: skip
    """Try the chosen mutants, print the survivors and a table -> 0, or 1 if less than `least` percent of them are killed.

    Parameters
    ----------
    only, share, seed : see `chosen`
    file : a Markdown file whose table, between its markers, is written again
    seconds : stop after so many; what was killed is kept, and the next call continues
    least : how many of a hundred mutants that are not equivalent must be killed
    stream : where to print; by default standard output
    """
    if TESTS.is_dir() and find_spec("pytest") is None:  # a wheel has no tests: then the claims alone judge
        raise ValueError(
            "certify --mutants runs the tests too, with pytest, which is not installed: pip install 'minigan[test]'"
        )
    stream, start = stream or sys.stdout, time.monotonic()
    picked, kept = chosen(only, share, seed), Kept()

    def in_time() -> bool:
        return seconds is None or time.monotonic() - start < seconds

    found: list[Verdict] = []
    for mutant in picked:
        if (verdict := kept.get(mutant)) or not found or in_time():
            found.append(verdict or by_claims(mutant))
            kept.put(found[-1])
    still_sound()
    for i, verdict in enumerate(found):
        if not verdict.by and not reason(verdict.mutant) and in_time():
            found[i] = by_tests(verdict)
            kept.put(found[i])
            if not found[i].by:
                print(f"SURVIVES  {line(verdict)}", file=stream, flush=True)
    kept.save()
    text = table(found, len(chosen(only)))  # of how many
    print(f"\n{text}\n\n{slowest(found)}", file=stream)
    if not in_time():
        print(
            f"the time is over: {len(found)} of {len(picked)} met the claims, survivors perhaps not the tests; the next call continues",
            file=stream,
        )
    if file:
        write(file, text)
    return 0 if killed(found) >= least else 1
