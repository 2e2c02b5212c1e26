"""Is the doctor right?  Sabotaged runs and good ones, on seeds that its rules were not tuned on.

Each cell trains one run, diagnoses it, and looks at the first finding.  Of a sabotaged run it is right if it is among the findings that
`faults.FAULTS` calls right for this fault; of a good run, if there is none.
The rules were tuned on seeds 0 to 4 and mended on seed 10; the cells begin at 20.
"""

from pathlib import Path
from typing import Any

import numpy as np

from minigan.measure.results import faults, rows
from minigan.measure.results.table import Cell, Column, save_figure
from minigan.running.doctor.diagnose import measured
from minigan.running.doctor.rules import RULES, Finding, findings

NAME, SEEDS = "doctor", 3
FIRST = 20  # seed
NAMES = tuple(rule.name for rule in RULES)


def methods() -> dict[str, dict[str, Any]]:
    """data / fault -> its settings; there are about as many good settings as faults."""
    found: dict[str, dict[str, Any]] = {}
    for data, base in faults.BASES.items():
        for name in faults.GOOD:
            if data == "ring" and name in faults.ONLY_IMAGES:
                continue
            found[f"{data}/good, {name}"] = {"data": data, "name": name, "first": FIRST, **base}
        for name, fault in faults.FAULTS.items():
            if data != "ring" or not fault.images:
                found[f"{data}/{name}"] = {"data": data, "name": name, "first": FIRST, **base}
    return found


METHODS = methods()
QUICK = {"steps": 60}
COLUMNS = {
    "right": Column("first finding is right", ".0%", "more"),
    "among": Column("right one is among them", ".0%", "more"),
    "findings": Column("findings", ".1f"),
}


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """One run: is its first finding right, is a right one among its findings, how many are there, and which is the first."""
    settings = cell.settings
    found = [
        finding.name
        for finding in diagnosed(settings["data"], settings["name"], settings["first"] + cell.seed, settings["steps"])
    ]
    right = faults.FAULTS[settings["name"]].found if settings["name"] in faults.FAULTS else ("none",)
    first = found[0] if found else "none"
    among = any(each in right for each in found or ["none"])
    return {"right": float(first in right), "among": float(among), "findings": len(found), f"first_{first}": 1}


def diagnosed(data: str, name: str, seed: int, steps: int | None = None) -> list[Finding]:
    """Train this run and diagnose it."""
    trainer, start = faults.run(data, name, seed, steps)
    return findings(measured(trainer, trainer.game.panels, start)[0])


def notes(found: list[rows.Row]) -> list[str]:
    """How many runs there were of each kind, how often the doctor was right, and within which limits that is known."""
    lines = []
    for data in (*faults.BASES, ""):
        for kind, good in (("sabotaged", False), ("good", True)):
            wanted = [
                rows.figures(row)
                for row in found
                if row["method"].startswith(data) and ("/good" in row["method"]) == good and not row["failure"]
            ]
            if not wanted:
                continue
            right, among = (round(sum(row[name] for row in wanted)) for name in ("right", "among"))
            low, high = interval(right, len(wanted))
            said = f"{data or 'all data sets'}: right on {right} of {len(wanted)} {kind} runs (95 % interval {low:.0%} to {high:.0%})"
            if kind == "sabotaged":
                said += f"; a right finding is among those of {among}"
            lines.append(said + ".")
    return lines


def interval(k: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The share p of which k of n were seen lies between (k + z^2/2 +- z sqrt(k (n - k)/n + z^2/4)) / (n + z^2).   Wilson 1927"""
    centre, half = k + z * z / 2, z * (k * (n - k) / n + z * z / 4) ** 0.5
    return (centre - half) / (n + z * z), (centre + half) / (n + z * z)


def matrix(found: list[rows.Row]) -> tuple[list[str], list[str], np.ndarray]:
    """Rows: what was planted; columns: the first finding; entries: how many runs."""
    planted = [*(["good"] if any("/good" in row["method"] for row in found) else []), *faults.FAULTS]
    counts = np.zeros((len(planted), len(NAMES) + 1))
    for row in found:
        name = row["method"].partition("/")[2]
        at = planted.index("good" if name.startswith("good") else name)
        figures = rows.figures(row)
        counts[at] += [figures.get(f"first_{each}", 0) for each in ("none", *NAMES)]
    return planted, ["none", *NAMES], counts


def draw(found: list[rows.Row], folder: Path, quick: bool) -> list[Path]:
    """The confusion matrix: which fault was planted, and what was found first."""
    from matplotlib.figure import Figure

    planted, names, counts = matrix([row for row in found if not row["failure"]])
    used = [i for i, column in enumerate(counts.T) if column.any()]
    counts, names = counts[:, used], [names[i].replace("_", " ") for i in used]
    figure = Figure(figsize=(2.5 + 0.5 * len(names), 2 + 0.34 * len(planted)), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (i, j), count in np.ndenumerate(counts):
        if count:
            share = count / counts[i].sum()
            axes.text(
                j, i, f"{count:.0f}", ha="center", va="center", fontsize=8, color="white" if share > 0.6 else "black"
            )
    axes.set(yticks=range(len(planted)), yticklabels=planted, ylabel="planted", xlabel="first finding")
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=8)
    axes.set_title("What was planted, and what the doctor found first", loc="left", fontsize=11)
    return save_figure(figure, NAME, folder, quick)
