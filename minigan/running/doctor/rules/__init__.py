"""Symptoms -> findings.  One rule is one function: a formula, a threshold, and why the threshold is there.

    optimizers.py   numbers that are not finite, networks that do not move, rates, the size of the batch
    gradients.py    does the step follow the gradients of the losses?
    given.py        what D and G are given: images, labels, pixels
    balance.py      is one player too strong?
    samples.py      copies, diversity, modes; the swings of the game

The rules are in the order of gravity: a run with NaN has no other problem, and a G that does not move explains every symptom below it.
The thresholds were chosen on seeds 0 to 4 of the table `doctor` (docs/results.md) and mended on seed 10; the table measures them on
others.
"""

from minigan.running.doctor.rule import Finding, Rule, since, with_numbers
from minigan.running.doctor.rules import balance, given, gradients, optimizers, samples
from minigan.running.doctor.symptoms import Symptoms

PARTS = optimizers, gradients, given, balance, samples  # the gravest first
RULES = [item for part in PARTS for item in vars(part).values() if isinstance(item, Rule)]


def findings(s: Symptoms, live: bool = False) -> list[Finding]:
    """What the rules find, the gravest first; a finding that a graver one explains is left out."""
    found, hidden = [], set[str]()
    for rule in RULES:
        if (rule.live or not live) and rule.name not in hidden and (evidence := rule.see(s)):
            words = (
                rule.name,
                rule.title,
                evidence,
                rule.cause,
                with_numbers(rule.cure, s.options),
                rule.lesson,
                rule.panel,
            )
            found.append(Finding(*words, since(s, rule)))
            hidden |= set(rule.hides)
    return found


__all__ = ["RULES", "Finding", "findings", "with_numbers"]
