"""The table of what is proven: a line for each claim as it is decided, and the same table in Markdown for docs/proof.md."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

from minigan.measure.bench.report import markdown
from minigan.measure.symbolic.claim import ORDER, POINTS, Claim, Result
from minigan.running.files import atomic_write, read_file

START, END = "<!-- symbolic -->", "<!-- end of symbolic -->"
Results = list[tuple[Claim, Result]]


def report(claims: Iterable[Claim], decide: Callable[[Claim], Result], stream: TextIO) -> Results:
    """Decide each claim and print it, then the summary."""
    found: Results = []
    for claim in claims:
        result = decide(claim)
        found.append((claim, result))
        place = f"   {result.detail}" if result.detail else ""
        line = f"{result.text:<{len(ORDER[1])}}  {_regions(result.regions):>11}  {claim.title}{place}"
        print(line, file=stream, flush=True)
    print(summary(found), file=stream)
    return found


def summary(found: Results) -> str:
    """117 claims, 20,000 equations: 115 proven for all inputs, 2 numerical only, in 80 s."""
    counts = Counter(result.verdict for _, result in found)
    parts = [f"{counts[verdict]:,} {verdict.format(POINTS)}" for verdict in ORDER if counts[verdict]]
    equations = sum(result.entries for _, result in found)
    seconds = sum(result.seconds for _, result in found)
    return f"{len(found):,} claims, {equations:,} equations: {', '.join(parts)}, in {seconds:.0f} s of one core"


def table(found: Results) -> str:
    """The same in Markdown, one row for each claim."""
    rows = [("claim", "at", "regions", "equations", "verdict")]
    for claim, result in found:
        what = f"{claim.section}: {claim.subject}, {claim.statement}"
        rows.append((what, claim.sample, f"{result.regions:,}", f"{result.entries:,}", result.text))
    return f"{summary(found)}.\n\n{markdown(rows)}"


def write(path: str | Path, found: Results) -> None:
    """Write the table into a Markdown file, between its markers.  Raises ValueError if these are missing."""
    text = read_file(path)
    new, n = re.subn(f"({START}\n).*?({END})", lambda m: f"{m[1]}\n{table(found)}\n\n{m[2]}", text, flags=re.DOTALL)
    if n != 1:
        raise ValueError(f"{path} needs the two markers {START} and {END}, once, for the table between them")
    atomic_write(path, new)


def _regions(n: int) -> str:
    return f"{n} regions" if n > 1 else ""
