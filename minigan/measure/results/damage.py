"""Who evaluates the evaluators?  Every measure is shown real digits with known harm, growing; which one notices what?

mnist10k is cut into two random halves.  The reference is 1,500 images of the first.  The query is 1,500 of the second, harmed (harm.py).
A measure's answer means little by itself, so it is told in units of its own floor: eight other random cuts, no harm, give its
mean and standard deviation, and

    z = (answer - mean) / deviation,   signed so that z > 0 says "worse than real"

Above 3 a measure sees the harm.  Below -3 it is fooled: the harmed set seems better than real images.  In between it is blind.
The distance to the nearest reference image is no measure of quality and stands apart: it is there to catch copies, so "nearer" is up.

The figures of the table are the answers themselves; z is in the picture and computed from them.
"""

from pathlib import Path
from textwrap import fill

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
METHODS = {FLOOR: SAME} | {
    f"{name}, {strength}": {**SAME, "harm": name, "strength": strength}
    for name, (_, strengths, _) in HARMS.items()
    for strength in strengths
}
QUICK = {"images": 300}
MEASURES = {  # figure -> heading, format, what is worse
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
APART = "nearest"
SIGMA = 0.2  # of the Parzen windows: fixed, so that only the samples differ
NOTICED = 3.0
SHADES = {"blind": "0.93", "FOOLED": "0.7"}


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    s = cell.settings
    if "harm" in s:
        pool = cut(s["images"], np.random.default_rng([cell.seed, 0]))
        rng = np.random.default_rng([cell.seed, 1])
        images = HARMS[s["harm"]][0](pool, s["strength"], s["images"], rng)
        return answers(pool.reference, images)
    cuts = (cut(s["images"], np.random.default_rng([cell.seed, 2, i])) for i in range(s["cuts"]))
    floors = [answers(pool.reference, pool.images[: s["images"]]) for pool in cuts]
    found = {name: [floor[name] for floor in floors] for name in MEASURES}
    return {name: np.mean(values) for name, values in found.items()} | {
        f"{name}_deviation": np.std(values, ddof=1) for name, values in found.items()
    }


def cut(n: int, rng: np.random.Generator) -> Pool:
    """Two random halves of mnist10k: n of the first are the reference, all of the second the pool."""
    digits = data.load("mnist10k")
    order = rng.permutation(len(digits))
    x = digits.to_float()[order]
    half = len(x) // 2
    return Pool(x[half:], digits.labels[order][half:], x[:n])


def answers(reference: np.ndarray, query: np.ndarray) -> dict[str, float]:
    """Every measure of the query against the reference, images (n, 28, 28, 1) in [-1, 1]; always with the same random directions."""
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
        "nearest": np.median(nearest(y, x)[1]),
    }


def scores(figures: dict[str, dict[str, float]]) -> dict[str, dict[str, list[float]]]:
    """{method: figures} of the whole table -> {measure: {harm: [z of each strength]}}."""
    floor, z = figures[FLOOR], {}
    for name, (_, _, sign) in MEASURES.items():
        mean, deviation = floor[name], floor[f"{name}_deviation"]
        z[name] = {
            harm: [sign * (figures[f"{harm}, {strength}"][name] - mean) / deviation for strength in strengths]
            for harm, (_, strengths, _) in HARMS.items()
        }
    return z


def verdict(name: str, z: list[float]) -> str:
    """What the measure says of the strongest harm, in a word."""
    words = ("nearer", "as real", "farther") if name == APART else ("sees", "blind", "FOOLED")
    return words[0] if z[-1] > NOTICED else words[2] if z[-1] < -NOTICED else words[1]


def draw(found: list[rows.Row], folder: Path, quick: bool) -> list[Path]:
    """Measures by harms, a small panel each: z against strength, and the verdict in words and in the shade of the panel.

    Nothing is drawn before the table is whole.
    """
    from matplotlib.figure import Figure

    figures = {row["method"]: rows.figures(row) for row in found}
    if METHODS.keys() - figures.keys():
        return []
    z = scores(figures)
    figure = Figure(figsize=(14, 13), dpi=90, layout="constrained")
    panels = figure.subplots(len(MEASURES), len(HARMS), sharex="col", sharey=True)
    for line, name in zip(panels, MEASURES, strict=True):
        line[0].set_ylabel(fill(MEASURES[name][0], 14), rotation=0, ha="right", va="center", fontsize=11)
        for axes, harm in zip(line, HARMS, strict=True):
            told, strengths = verdict(name, z[name][harm]), HARMS[harm][1]
            axes.axhspan(-NOTICED, NOTICED, color="0.8", linewidth=0)
            axes.plot(range(1 + len(strengths)), [0, *z[name][harm]], "o-", color="0.1", markersize=4, linewidth=1.5)
            axes.set_facecolor(SHADES.get(told, "white"))
            axes.text(0.04, 0.95, told, transform=axes.transAxes, va="top", weight="bold" if told in SHADES else None)
            axes.set_yscale("symlog", linthresh=NOTICED, linscale=0.5)
            axes.set_ylim(-1e3, 1e5)
            axes.set_yticks([-100, 0, 100, 10_000], ["-100", "0", "100", "10,000"], fontsize=8)
            axes.minorticks_off()
            axes.set_xticks(range(1 + len(strengths)), ["0", *map(str, strengths)], fontsize=8)
    for axes, harm in zip(panels[0], HARMS, strict=True):
        axes.set_title(harm, fontsize=11)
    for axes, (_, _, unit) in zip(panels[-1], HARMS.values(), strict=True):
        axes.set_xlabel(unit, fontsize=9)
    figure.suptitle(title(z), fontsize=12)
    path = folder / f"{NAME}{'-quick' * quick}.png"
    with atomic_file(path) as file:
        figure.savefig(file, format="png")
    return [path]


def title(z) -> str:
    """What the picture shows, counted from the verdicts."""
    judges = [name for name in MEASURES if name != APART]
    told = {harm: [verdict(name, z[name][harm]) for name in judges] for harm in HARMS}
    seen = ", ".join(f"{harm} {told[harm].count('sees')}" for harm in HARMS)
    fooled = told["memorised images"].count("FOOLED")
    return (
        f"How many of {len(judges)} measures see the harm: {seen}.\n"
        f"{fooled} of them take a memorised training set for better than real images; only the last row can show it.\n"
        "Heights: deviations of real images among themselves (grey band: 3 of them), up is worse"
    )
