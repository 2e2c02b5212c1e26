"""Who evaluates the evaluators?  Each measure is given real digits with known, increasing damage; which measure notices what?

mnist10k is split into two random halves.  The reference set is 1,500 images of the first half; the query set is 1,500 images of
the second half, damaged by harm.py.  A value alone means little, so it is compared with the values of undamaged images: eight
other random splits give their mean and standard deviation s, and

    z = +-(value - mean) / s,   with the sign chosen so that z > 0 means "worse than real"

Above 3, a measure sees the damage.  Below -3 it is fooled: the damaged set scores better than real images.  In between it is
blind.  The distance to the nearest reference image does not measure quality and is listed separately: it exists to catch
copies, so its z is positive when images are nearer.

The table shows the values themselves; the picture shows z, computed from them.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from minigan import data
from minigan.measure.results import rows
from minigan.measure.results.harm import HARMS, Pool
from minigan.measure.results.table import Cell, Column
from minigan.metrics.frechet import frechet_distance
from minigan.metrics.inception import inception_score
from minigan.metrics.kid import kernel_distance
from minigan.metrics.manifold import density_coverage, precision_recall
from minigan.metrics.neighbours import nearest
from minigan.metrics.parzen import parzen_log_likelihood
from minigan.metrics.wasserstein import sliced_wasserstein
from minigan.models import digitnet
from minigan.running.files import atomic_file

NAME, SEEDS = "damage", 1
SAME = {"images": 1500, "cuts": 8}
FLOOR = "none (mean of 8 cuts)"
METHODS: dict[str, dict[str, Any]] = {FLOOR: SAME} | {
    f"{name}, {strength}": {**SAME, "harm": name, "strength": strength}
    for name, (_, strengths, _) in HARMS.items()
    for strength in strengths
}
QUICK = {"images": 300}
Measures = dict[str, tuple[str, str, int]]
MEASURES: Measures = {  # figure -> heading, format, sign of a change for the worse
    "frechet": ("Frechet distance", ".2f", +1),
    "kernel": ("kernel distance", ".4f", +1),
    "inception": ("Inception score", ".2f", -1),
    "precision": ("precision", ".3f", -1),
    "recall": ("recall", ".3f", -1),
    "density": ("density", ".3f", -1),
    "coverage": ("coverage", ".3f", -1),
    "wasserstein": ("sliced Wasserstein, pixels", ".3f", +1),
    "parzen": ("Parzen, nats", ".1f", -1),
    "nearest": ("distance to the nearest image", ".3f", -1),
}
COLUMNS = {name: Column(heading, form) for name, (heading, form, _) in MEASURES.items()}
NEAREST = "nearest"  # the one that does not measure quality
SIGMA = 0.2  # of the Parzen windows: fixed, so only the samples differ
NOTICED = 3.0
SHADES = {"blind": "0.93", "FOOLED": "0.7"}


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """All measures of one damaged set; or, for the floor, their means and standard deviations over the undamaged splits."""
    return measured(cell, split_pool, answers, MEASURES)


def measured(
    cell: Cell, split_pool: Callable[..., Pool], answers: Callable[..., dict[str, float]], measures: Iterable[str]
) -> dict[str, float]:
    """What `run_cell` returns, for any images and measures: see `split_pool` and `answers`."""
    s = cell.settings
    if "harm" in s:
        pool = split_pool(s["images"], np.random.default_rng([cell.seed, 0]))
        rng = np.random.default_rng([cell.seed, 1])
        images = HARMS[s["harm"]][0](pool, s["strength"], s["images"], rng)
        return answers(pool.reference, images)
    pools = (split_pool(s["images"], np.random.default_rng([cell.seed, 2, i])) for i in range(s["cuts"]))
    floors = [answers(pool.reference, pool.images[: s["images"]]) for pool in pools]
    found = {name: [floor[name] for floor in floors] for name in measures}
    return {name: float(np.mean(values)) for name, values in found.items()} | {
        f"{name}_std": float(np.std(values, ddof=1)) for name, values in found.items()
    }


def split_pool(n: int, rng: np.random.Generator) -> Pool:
    """Split mnist10k into random halves: n images of the first become the reference, the entire second half the pool."""
    digits = data.load("mnist10k")
    assert digits.labels is not None
    order = rng.permutation(len(digits))
    x = digits.to_float()[order]
    half = len(x) // 2
    return Pool(x[half:], digits.labels[order][half:], x[:n])


def answers(reference: np.ndarray, query: np.ndarray) -> dict[str, float]:
    """Each measure of the query set against the reference set; both are images (n, 28, 28, 1) in [-1, 1].

    The random parts (directions, subsets, order) are drawn from the same seed in every call.
    """
    (real, _), (fake, p) = digitnet.features(reference), digitnet.features(query)
    x, y = (((images + 1) / 2).reshape(len(images), -1) for images in (reference, query))  # (n, 784) in [0, 1]
    rng = np.random.default_rng(0)
    precision, recall = precision_recall(real, fake)
    density, coverage = density_coverage(real, fake)
    return {
        "frechet": frechet_distance(real, fake),
        "kernel": kernel_distance(real, fake, rng, subsets=20, size=min(500, len(real)))[0],
        "inception": inception_score(p[rng.permutation(len(p))], splits=5)[0],
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "wasserstein": sliced_wasserstein(x, y, rng),
        "parzen": parzen_log_likelihood(y, x, SIGMA).mean(),
        NEAREST: float(np.median(nearest(y, x)[1])),
    }


def scores(figures: dict[str, dict[str, float]], measures: Measures = MEASURES) -> dict[str, dict[str, list[float]]]:
    """z = +-(value - mean) / s:   {method: figures} of the complete table -> {measure: {harm: [z of each strength]}}."""
    floor, z = figures[FLOOR], {}
    for name, (_, _, sign) in measures.items():
        mean, s = floor[name], floor[f"{name}_std"]
        z[name] = {
            harm: [sign * (figures[f"{harm}, {strength}"][name] - mean) / s for strength in strengths]
            for harm, (_, strengths, _) in HARMS.items()
        }
    return z


def verdict(name: str, z: list[float]) -> str:
    """The measure's verdict on the strongest damage, in a word."""
    words = ("nearer", "as real", "farther") if name == NEAREST else ("sees", "blind", "FOOLED")
    return words[0] if z[-1] > NOTICED else words[2] if z[-1] < -NOTICED else words[1]


def draw(found: list[rows.Row], folder: Path, quick: bool) -> list[Path]:
    """One small panel for each measure and harm: z against strength; the verdict as a word and as the panel's shade.

    Draws nothing, and returns [], until the table is complete.
    """
    figures = {row["method"]: rows.figures(row) for row in found}
    if METHODS.keys() - figures.keys():
        return []
    z = scores(figures)
    return [picture(z, MEASURES, title(z), folder / f"{NAME}{'-quick' * quick}.png")]


def picture(z: dict[str, dict[str, list[float]]], measures: Measures, heading: str, path: Path) -> Path:
    """Write the panels of these scores to `path`: a line for each measure, a column for each harm."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 3 + len(measures)), dpi=90, layout="constrained")
    panels = figure.subplots(len(measures), len(HARMS), sharex="col", sharey=True)
    for line, name in zip(panels, measures, strict=True):
        line[0].set_ylabel(fill(measures[name][0], 14), rotation=0, ha="right", va="center", fontsize=11)
        for axes, harm in zip(line, HARMS, strict=True):
            word, strengths = verdict(name, z[name][harm]), HARMS[harm][1]
            axes.axhspan(-NOTICED, NOTICED, color="0.8", linewidth=0)
            axes.plot(range(1 + len(strengths)), [0, *z[name][harm]], "o-", color="0.1", markersize=4, linewidth=1.5)
            axes.set_facecolor(SHADES.get(word, "white"))
            axes.text(0.04, 0.95, word, transform=axes.transAxes, va="top", weight="bold" if word in SHADES else None)
            axes.set_yscale("symlog", linthresh=NOTICED, linscale=0.5)
            axes.set_ylim(-1e3, 1e5)
            axes.set_yticks([-100, 0, 100, 10_000], ["-100", "0", "100", "10,000"], fontsize=8)
            axes.minorticks_off()
            axes.set_xticks(range(1 + len(strengths)), ["0", *map(str, strengths)], fontsize=8)
    for axes, harm in zip(panels[0], HARMS, strict=True):
        axes.set_title(harm, fontsize=11)
    for axes, (_, _, unit) in zip(panels[-1], HARMS.values(), strict=True):
        axes.set_xlabel(unit, fontsize=9)
    figure.suptitle(heading, fontsize=12)
    with atomic_file(path) as file:
        figure.savefig(file, format="png")
    return path


def title(z: dict[str, dict[str, list[float]]]) -> str:
    """The picture's findings, counted from the verdicts."""
    measures = [name for name in MEASURES if name != NEAREST]
    verdicts = {harm: [verdict(name, z[name][harm]) for name in measures] for harm in HARMS}
    seen = ", ".join(f"{harm} {verdicts[harm].count('sees')}" for harm in HARMS)
    fooled = verdicts["memorised images"].count("FOOLED")
    return (
        f"How many of {len(measures)} measures see the damage: {seen}.\n"
        f"{fooled} of them rate a memorised training set better than real images; only the last row reveals it.\n"
        "Height: z, in standard deviations between sets of real images (grey band: within 3); up is worse"
    )
