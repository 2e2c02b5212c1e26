"""During a training: apply the rules that need nothing but the log from time to time, and report each finding once.

Every 10th row is kept, and the rules see the last 300 of them every 500 steps, so a step costs about two microseconds more.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from minigan.plots import Panel
from minigan.running.doctor.rules import Finding, findings
from minigan.running.doctor.symptoms import Symptoms, of_log

KEEP, ASK, ROWS = 10, 500, 300  # steps between two rows, steps between two questions, rows kept


class Alarm:
    """alarm(t, row) -> the findings that have become true, after step t with these scalars.  It raises nothing."""

    def __init__(self, panels: Sequence[Panel]):
        self.panels, self.rows, self.said = panels, deque[dict[str, float]](maxlen=ROWS), set[str]()

    def __call__(self, t: int, row: Mapping[str, float]) -> list[Finding]:
        if t % KEEP == 0:
            self.rows.append({"step": t, **row})
        return self.ask() if t % ASK == 0 else []

    def ask(self) -> list[Finding]:
        """The findings that are true now and have not been returned before."""
        rows = list(self.rows)
        measured: dict[str, Any] = dict(of_log(rows, self.panels))
        symptoms = Symptoms(rows=rows, steps=rows[-1]["step"] if rows else 0, **measured)
        new = [finding for finding in findings(symptoms, live=True) if finding.name not in self.said]
        self.said |= {finding.name for finding in new}
        return new
