"""Print the certificate: for each subject its worst error, the bound, and the sample with that error."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO

from minigan.measure.certify.claim import Finding

VERBS = (
    "first order", "complex step", "tangent", "adjoint", "second order", "both streams", "in use", "float32", "contract"
)  # fmt: skip


def report(certify: Callable[[], list[Finding]], stream: TextIO) -> int:
    """Run certify(), print its findings and the time it took -> 0 if all checks hold, else 1."""
    started = time.perf_counter()
    findings = certify()
    seconds = time.perf_counter() - started
    sections = dict.fromkeys(finding.claim.section for finding in findings)
    for section in sections:
        chosen = [finding for finding in findings if finding.claim.section == section]
        rows = _layer_rows(chosen) if section == "layers" else _rows(section, chosen)
        print("\n".join(_aligned(rows)), end="\n\n", file=stream)
    failed = [finding for finding in findings if not finding.check.ok]
    for finding in failed:
        print(f"FAILED  {finding}", file=stream)
    verdict = f"{len(failed)} of {len(findings)} checks FAILED" if failed else f"all {len(findings)} checks hold"
    print(f"{verdict}, in {seconds:.1f} s", file=stream)
    return 1 if failed else 0


def _worst(findings: Iterable[Finding]) -> Finding:
    """The finding with the largest error relative to its bound."""
    return max(findings, key=lambda finding: finding.share)


def _cell(finding: Finding) -> str:
    if finding.check.error == 0:
        return "exact"
    return f"{finding.check.error:.1e}{'' if finding.check.ok else ' FAIL'}"


def _short(name: str, width: int = 56) -> str:
    return name if len(name) <= width else name[: width - 3] + "..."


def _groups(findings: Iterable[Finding], key: Callable[[Finding], Any]) -> dict[Any, list[Finding]]:
    groups: dict[Any, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    return groups


def _rows(section: str, findings: list[Finding]) -> list[tuple[str, ...]]:
    """One row for each subject and verb: worst error, bound, verdict, sample."""
    rows: list[tuple[str, ...]] = [(section, "worst error", "bound", "", "worst at")]
    for (subject, verb), group in _groups(findings, lambda f: (f.claim.subject, f.claim.verb)).items():
        worst = _worst(group)
        bound = f"{worst.check.bound:.0e}" if worst.check.bound else "exact"
        rows.append(
            (f"{subject}, {verb}", _cell(worst), bound, "ok" if worst.check.ok else "FAIL", _short(worst.claim.sample))
        )
    return rows


def _layer_rows(findings: list[Finding]) -> list[tuple[str, ...]]:
    """One row for each layer, one column for each verb.  A layer that mixes samples refuses tangent to both streams."""
    bounds = []
    for verb in VERBS:
        group = [f for f in findings if f.claim.verb == verb]
        bounds.append(f"{max(f.check.bound for f in group):.0e}" if group else "")
    rows: list[tuple[str, ...]] = [("layers", *VERBS, "worst at"), ("bound", *bounds, "")]
    for subject, group in _groups(findings, lambda f: f.claim.subject).items():
        verbs = _groups(group, lambda f: f.claim.verb)
        refused = "refusal" in verbs and _worst(verbs["refusal"]).check.ok
        cells = [_cell(_worst(verbs[verb])) if verb in verbs else "refuses" if refused else "FAIL" for verb in VERBS]
        rows.append((subject, *cells, _short(_worst(group).claim.sample)))
    return rows


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
