"""The findings as text, and as the curves of the run with the stretch that each finding is about."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from minigan import plots
from minigan.plots import Panel
from minigan.running.doctor.rules import Finding

LESSONS = {
    3: "losses",
    4: "gradient clinic",
    5: "optimizers and games",
    6: "discriminator alone",
    7: "the gan game",
    8: "first gan",
    9: "when gans fail",
    12: "normalisation",
    13: "dcgan on digits",
    15: "gradient penalties",
    16: "dirac gan",
    17: "r1 to r3gan",
    19: "conditional gans",
    20: "measure save ship",
}


def text(found: Sequence[Finding], looked_at: Sequence[str]) -> str:
    """The findings one below another, each with what was seen, why, what to try and what to read; then what was looked at."""
    parts = [
        f"{number}. {finding.title}\n"
        f"   seen   {finding.evidence}\n"
        f"   cause  {finding.cause}\n"
        f"   cure   {finding.cure}\n"
        f"   read   lesson {finding.lesson}, {LESSONS[finding.lesson]}"
        for number, finding in enumerate(found, 1)
    ]
    return "\n\n".join([*(parts or ["No findings."]), f"Looked at: {', '.join(looked_at)}."])


def picture(
    found: Sequence[Finding],
    rows: Sequence[Mapping[str, float]],
    panels: Sequence[Panel],
    path: str | Path,
    floor: Mapping[str, float] | None = None,
) -> None:
    """Draw the curves with their reference levels, and mark in each panel the stretch that a finding is about.

    Parameters
    ----------
    found : the findings, the gravest first
    rows, panels, path, floor : as of `plots.curves`

    Raises ValueError for a run whose log is empty.
    """
    last = rows[-1]["step"] if rows else 0
    marks = [(finding.panel, finding.since, last, finding.title) for finding in found if finding.panel]
    plots.curves(rows, path, panels, floor, marks)
