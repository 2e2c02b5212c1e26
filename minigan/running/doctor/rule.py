"""What a rule of the doctor is, and what it finds.

A rule returns what it saw, as a sentence with the numbers, or None.  Its cause, its cure and its lesson are above it.
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from minigan.running.doctor.symptoms import Symptoms

EVERYTHING_LATER = (
    "lr_too_high", "losses_diverge", "one_sided_D", "penalty_too_strong", "D_constant", "D_far_ahead", "no_gradient_at_G", "D_too_weak",
    "few_images", "diversity_gone", "modes_missing", "memorised", "outside_the_range", "constant_pixels", "swings_grow",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What is wrong with a run.

    name : of the rule
    title : in a few words
    evidence : what was measured, beside what is usual
    cause, cure : a sentence each
    lesson : number of the lesson that explains it
    panel : name of the scalar whose panel shows it, "" if no curve does
    since : the step from which on it is so, for the picture
    """

    name: str
    title: str
    evidence: str
    cause: str
    cure: str
    lesson: int
    panel: str = ""
    since: float = 0.0

    def __str__(self) -> str:
        return f"{self.title}: {self.evidence}. {self.cause} {self.cure} (lesson {self.lesson})"

    def _repr_html_(self) -> str:  # what a notebook asks for
        title, evidence, cause, cure = map(html.escape, (self.title, self.evidence, self.cause, self.cure))
        return f"<p><b>{title}</b>: {evidence}.<br>{cause}<br><i>{cure}</i> Lesson {self.lesson}.</p>"


Seen = str | None


@dataclass(frozen=True)
class Rule:
    """`see(symptoms)` -> the evidence, or None.

    live : it is asked during a training, because it needs nothing but the log
    hides : the rules below it that it explains
    """

    title: str
    cause: str
    cure: str
    lesson: int
    see: Callable[[Symptoms], Seen]
    panel: str = ""
    live: bool = False
    hides: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """That of its function."""
        return self.see.__name__


def rule(
    title: str, cause: str, cure: str, lesson: int, panel: str = "", live: bool = False, hides: Iterable[str] = ()
) -> Callable[[Callable[[Symptoms], Seen]], Rule]:
    """Make the function below a rule."""

    def made(see: Callable[[Symptoms], Seen]) -> Rule:
        return Rule(title, cause, cure, lesson, see, panel, live, tuple(hides))

    return made


def with_numbers(cure: str, options: Mapping[str, object]) -> str:
    """LR/10 becomes 0.0002 for a run with lr 0.002; it stays as it is if the option is not known, or 0."""

    def number(match: re.Match) -> str:
        value, factor = options.get(match[1].lower()), int(match[3])
        if not isinstance(value, int | float) or not value:
            return match[0]
        return f"{value * factor if match[2] == '*' else value / factor:g}"

    return re.sub(r"\b([A-Z]{2,})([*/])(\d+)", number, cure)


def since(s: Symptoms, rule: Rule) -> float:
    """Where the stretch begins that a finding is about: at the first bad number, or with the last third of the log."""
    if rule.name == "not_finite":
        return s.broken
    return s.rows[-(len(s.rows) // 3) or -1]["step"] if s.rows else 0.0
