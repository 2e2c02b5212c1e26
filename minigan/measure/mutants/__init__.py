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

import random
import sys
import time
from pathlib import Path
from typing import TextIO

from minigan.measure.mutants.kept import Kept
from minigan.measure.mutants.mutant import Mutant
from minigan.measure.mutants.report import line, slowest, summary, table, write
from minigan.measure.mutants.subjects import files, subjects
from minigan.measure.mutants.trial import Verdict, judge, still_sound

__all__ = ["Mutant", "Verdict", "chosen", "judge", "run"]


def chosen(only: str | None = None, share: float = 100.0, seed: str = "0") -> list[Mutant]:
    """The mutants of the files or functions whose names begin with `only`, and of these a random share in percent.

    The same seed chooses the same mutants.  Raises ValueError if nothing matches, or for a share outside (0, 100].
    """
    if not 0 < share <= 100:
        raise ValueError(f"--share is in percent, above 0 and at most 100, got {share:g}")
    parts = [part.strip() for part in only.split(",")] if only else [""]
    found = [m for file in files() for m in subjects(file) if any(n.startswith(p) for n in (m.file, m.function) for p in parts)]
    if not found:
        raise ValueError(f"no mutated file or function begins with {only!r}; the files are: {', '.join(files())}")
    n = max(1, round(share / 100 * len(found)))
    picked = sorted(random.Random(seed).sample(range(len(found)), n))
    return [found[i] for i in picked]


def run(
    only: str | None = None, share: float = 100.0, seed: str = "0", file: str | Path | None = None,
    seconds: float | None = None, stream: TextIO | None = None,
) -> int:  # fmt: skip
    """Try the chosen mutants, print the survivors and a table -> 0, or 1 if a mutant survives that is not known to be equivalent.

    Parameters
    ----------
    only, share, seed : see `chosen`
    file : a Markdown file whose table, between its markers, is written again
    seconds : stop after so many; what was killed is kept, and the next call continues
    stream : where to print; by default standard output
    """
    stream, start = stream or sys.stdout, time.monotonic()
    picked, kept, found = chosen(only, share, seed), Kept(), []
    for mutant in picked:
        verdict = kept.get(mutant)
        if verdict is None and seconds is not None and time.monotonic() - start > seconds:
            continue
        found.append(verdict or judge(mutant))
        kept.put(found[-1])
        if not found[-1].by:
            print(f"SURVIVES  {line(found[-1])}", file=stream, flush=True)
        if verdict is None:
            kept.save()
    still_sound()
    print(f"\n{table(found, len(chosen(only)))}\n\n{slowest(found)}", file=stream)
    if len(found) < len(picked):
        print(f"{len(picked) - len(found)} are left for the next call", file=stream)
    if file:
        write(file, table(found, len(chosen(only))))
    return 0 if summary(found).find(" 0 survive") >= 0 else 1
