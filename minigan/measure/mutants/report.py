"""The table of the mutants: by file, how many were killed and by which check; then the survivors, one by one."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from minigan.measure.bench.report import markdown
from minigan.measure.mutants.equivalent import reason
from minigan.measure.mutants.trial import Verdict
from minigan.running.files import atomic_write, read_file

START, END = "<!-- mutants -->", "<!-- end of mutants -->"


def killed(found: list[Verdict]) -> float:
    """How many of a hundred mutants are killed; those that are equivalent do not count."""
    counted = [v for v in found if v.by or not reason(v.mutant)]
    return 100 * sum(bool(v.by) for v in counted) / len(counted) if counted else 100.0


def summary(found: list[Verdict]) -> str:
    """500 mutants: 480 killed, 15 equivalent, 5 survivors: 98.97 % of those that differ are killed."""
    dead = sum(bool(v.by) for v in found)
    same = sum(not v.by and bool(reason(v.mutant)) for v in found)
    counts = f"{len(found):,} mutants: {dead:,} killed, {same} equivalent, {len(found) - dead - same} survive"
    return f"{counts}; {killed(found):.1f} % of those that are not equivalent are killed"


def table(found: list[Verdict], total: int) -> str:
    """In Markdown: a row for each file, then the survivors.   total: how many mutants there are."""
    rows = [("file", "mutants", "killed", "equivalent", "survive", "killed by")]
    for file in dict.fromkeys(v.mutant.file for v in found):
        of = [v for v in found if v.mutant.file == file]
        by = Counter(v.by for v in of if v.by)
        same = sum(not v.by and bool(reason(v.mutant)) for v in of)
        dead = by.total()
        checks = ", ".join(f"{name} {n}" for name, n in by.most_common(4)) + ", ..." * (len(by) > 4)
        rows.append((f"`{file}`", f"{len(of)}", f"{dead}", f"{same}", f"{len(of) - dead - same}", checks))
    part = "all of them" if len(found) == total else f"a random {100 * len(found) / total:.0f} % of {total:,}"
    left = [f"- `{line(v)}`" for v in found if not v.by and not reason(v.mutant)]
    return "\n\n".join(
        [f"{summary(found)} ({part}).", markdown(rows), *(["Survivors:", "\n".join(left)] if left else [])]
    )


def line(verdict: Verdict) -> str:
    """The mutant and its hash, as equivalent.toml wants it."""
    return f"{verdict.mutant}  [{verdict.mutant.key}]"


def write(path: str | Path, text: str) -> None:
    """Write the table into a Markdown file, between its markers.  Raises ValueError if these are missing."""
    new, n = re.subn(f"({START}\n).*?({END})", lambda m: f"{m[1]}\n{text}\n\n{m[2]}", read_file(path), flags=re.DOTALL)
    if n != 1:
        raise ValueError(f"{path} needs the two markers {START} and {END}, once, for the table between them")
    atomic_write(path, new)


def slowest(found: Iterable[Verdict]) -> str:
    """The time of the median mutant and of the slowest."""
    seconds = sorted(v.seconds for v in found)
    return f"{seconds[len(seconds) // 2]:.2f} s for the median mutant, {seconds[-1]:.1f} s for the slowest"
