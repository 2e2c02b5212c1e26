"""The map of the course: its parts, what belongs to the core path, and how many hours each takes.

The hours are an estimate from the lessons themselves: the words of the text at WORDS a minute, which is slow reading with a pencil,
MINUTES for each exercise, and the run time that the lesson states.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

WORDS, MINUTES = 60, 20


class Part(NamedTuple):
    title: str
    core: bool  # on the core path
    lessons: tuple[str, ...]  # numbers, in reading order
    needs: str
    gives: str


PARTS = (
    Part("First look", True, ("00",), "nothing", "a GAN trained, watched, walked through and broken"),
    Part(
        "Foundations",
        True,
        ("01", "02", "03", "04", "05"),
        "calculus, NumPy",
        "layers, losses and optimizers whose gradients you can prove",
    ),
    Part(
        "The game",
        True,
        ("06", "07", "08", "09"),
        "Foundations",
        "what D measures, what G minimises, a GAN of your own, and how it fails",
    ),
    Part("Images", True, ("10", "11", "12", "13"), "The game", "convolutions, normalisation, and digits"),
    Part(
        "Distances and penalties",
        True,
        ("14", "15", "16"),
        "The game",
        "Wasserstein's distance, the gradient of a gradient, why R1 converges",
    ),
    Part(
        "Making it work",
        False,
        ("17", "18", "19"),
        "Distances and penalties, Images",
        "the modern baseline, spectral norm, the loss zoo, labels",
    ),
    Part("Using it", False, ("20", "22"), "Images", "measuring, saving, shipping; the article, line by line"),
    Part("Latent spaces", False, ("23", "24"), "Images", "VAE, VAE-GAN, arithmetic with attributes"),
    Part(
        "Seeing and small data",
        False,
        ("25", "26"),
        "Images",
        "features of a trained network, GANs on a few hundred pictures",
    ),
    Part(
        "Applications",
        False,
        ("27", "28", "29"),
        "Latent spaces",
        "inpainting and its relatives, video, pictures from pictures",
    ),
    Part(
        "Beyond GANs",
        False,
        ("21", "30"),
        "Distances and penalties",
        "matching, flows and diffusion, and the bridge back",
    ),
)


def hours(notebook: Path) -> float:
    """The estimate for one lesson."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    exercises = sum("exercise" in cell["metadata"].get("tags", []) for cell in cells)
    found = re.search(r"\*\*Run time\*\*\D*?(\d[\d.]*) (s|min)", text)
    run = float(found[1]) / (60 if found[2] == "s" else 1) if found else 0.0
    return (len(text.split()) / WORDS + MINUTES * exercises + run) / 60


def halves(hours: float) -> str:
    """Hours to the nearest half, at least one half."""
    return f"{max(0.5, round(2 * hours) / 2):g}"


def page(folder: Path) -> str:
    """The page of the map in MyST, for the notebooks of `folder`."""
    books = {path.name[:2]: path for path in sorted(folder.glob("[0-9]*.ipynb"))}
    time = {number: hours(path) for number, path in books.items()}
    rows, trees = [], []
    for part in PARTS:
        there = [books[number] for number in part.lessons if number in books]
        if not there:
            continue
        names = ", ".join(f"[{int(path.name[:2])}]({path.stem}.ipynb)" for path in there)
        path = "core" if part.core else "optional"
        rows.append(
            f"| {part.title} | {names} | {path} | {halves(sum(time[path.name[:2]] for path in there))} | {part.needs} | {part.gives} |"
        )
        trees.append(
            f"```{{toctree}}\n:maxdepth: 1\n:caption: {part.title}\n\n"
            + "\n".join(path.stem for path in there)
            + "\n```\n"
        )
    core = sum(time[n] for part in PARTS if part.core for n in part.lessons if n in books)
    whole = sum(time.values())
    return (
        "# Lessons\n\nEach lesson derives its formulas, shows the library's own source, checks it numerically and breaks it on "
        "purpose. Here you see them with their outputs; to work through them, run `minigan notebooks`, which copies them to a "
        "folder of your choice and opens Jupyter Lab.\n\n"
        "After the core path, take the other parts in any order that respects what they need. The hours are estimates: "
        f"{WORDS} words a minute, {MINUTES} minutes for an exercise.\n\n"
        "| part | lessons | path | hours | needs | gives |\n|---|---|---|---:|---|---|\n"
        + "\n".join(rows)
        + f"\n| the core path | | | {core:.0f} | | |\n| the whole course | | | {whole:.0f} | | |\n\n"  # not in a translated sentence
        + "\n".join(trees)
    )
