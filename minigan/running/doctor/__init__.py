"""The doctor: what is wrong with a run, why, and what to try next.

    symptoms.py   what can be measured of a run, and what of it a log shows
    examine.py    what its networks, its samples and its two steps show
    rules         symptoms -> findings: one rule is one formula, a threshold and a reason; rule.py: what a rule is
    alarm.py      the rules that need a log only, while a run is trained
    report.py     the findings as text and as a picture

    from minigan.running.doctor import diagnose
    diagnose("runs/digits")          # -> the findings, the gravest first; [] if nothing was found

Start with rules/optimizers.py.
"""

from minigan.running.doctor.alarm import Alarm
from minigan.running.doctor.diagnose import Diagnosis, diagnose
from minigan.running.doctor.rules import Finding

__all__ = ["Alarm", "Diagnosis", "Finding", "diagnose"]
