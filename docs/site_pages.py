"""The pages of the site that are made, not written: lessons, sources, the API.

They are made anew before each build (folders lessons/, code/ and api/, none of them in git), from the notebooks, from the source
files, and from the docstrings with the equations that minigan.teach.formulas knows of each name.
"""

import importlib
import inspect
import json
import os
import re
import shutil
import sys
from pathlib import Path

from docutils.nodes import Text, inline, math, math_block

from minigan.running.files import atomic_write
from minigan.teach.formulas import equations, locate

ROOT = Path(__file__).resolve().parent.parent
API = {  # module -> what is said of it; in the order of reading
    "minigan.layers": "Layers: five verbs each",
    "minigan.network": "Networks over one flat vector",
    "minigan.losses": "Losses: scores to value and slopes",
    "minigan.penalties": "Gradient penalties",
    "minigan.optim": "Optimizers, schedules, the moving average",
    "minigan.game": "The two steps of a GAN",
    "minigan.trainer": "The loop around a game",
    "minigan.differences": "Numerical derivatives",
    "minigan.gradcheck": "Checks of layers, networks and steps",
    "minigan.models": "Networks to begin with",
    "minigan.data": "Data sets",
    "minigan.metrics": "Measures of quality",
    "minigan.evaluation": "Evaluation of a run",
    "minigan.plots": "Pictures",
    "minigan.running.checkpoint": "Checkpoints",
    "minigan.running.interop": "Weights from and to PyTorch",
    "minigan.running.folder": "Runs on disk",
    "minigan.zoo.recipe": "Options of a recipe",
    "minigan.kernels": "Kernels",
}
LINK = re.compile(r"\[([^\[\]]+)\]\(((?:\.\./)+)([^)#\s]+)(?:#L(\d+))?\)")


def write(docs: Path, kernels: Path) -> None:
    kernel(kernels)
    for name in ("lessons", "code", "api"):
        shutil.rmtree(docs / name, ignore_errors=True)
    lessons(docs / "lessons")
    sources(docs / "code")
    api(docs / "api")


def kernel(folder: Path) -> None:
    """The lessons run in the very Python that builds the site; a new ipykernel warns of its line to its own machine, which is left out."""
    argv = [sys.executable, "-m", "ipykernel_launcher", "--log-level=ERROR", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    atomic_write(folder / "kernels" / "python3" / "kernel.json", json.dumps(spec))
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(folder), os.environ.get("JUPYTER_PATH", "")])


# ---- lessons -------------------------------------------------------------------------------------------------------------


def lessons(folder: Path) -> None:
    """The notebooks; each `eq:name` in their text gets its number."""
    notebooks = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    known = equations()
    for path in notebooks:
        book = json.loads(path.read_text(encoding="utf-8"))
        for cell in book["cells"]:
            if cell["cell_type"] == "markdown":
                text = "".join(cell["source"])
                cell["source"] = re.sub(r"`eq:([\w.]+)`", lambda m: numbered(m[1]) if m[1] in known else m[0], text)
        atomic_write(folder / path.name, json.dumps(book))
    listed = "\n".join(path.stem for path in notebooks)
    atomic_write(
        folder / "index.md",
        "# Lessons\n\nEach derives its formulas, shows the library's own source, checks it numerically and breaks it on purpose. "
        "Below they are with their outputs; to work through them, run `minigan notebooks`: it copies them to a folder of yours "
        "and opens Jupyter Lab.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n",
    )


def mend_formulas(app, doctree) -> None:
    """An equation with a \\tag of its own is left to MathJax; a comma stays with its formula."""
    for equation in doctree.findall(math_block):
        latex = equation.astext()
        if r"\tag" in latex:  # Sphinx would put several lines into a `split`, which has no tags
            latex = re.sub(r"\\tag\{[^}]*\}", lambda tag: tag[0].replace(r"\_", "_"), latex)
            equation["no-wrap"] = equation["nowrap"] = True  # what Sphinx calls the flag from 8.2 on, and before
            equation.clear()
            equation += Text(rf"\[{latex}\]")
    for formula in list(doctree.findall(math)):
        after = formula.next_node(descend=False, siblings=True)
        if isinstance(after, Text) and after[:1] in {",", ".", ";", ":", ")", "?", "!"}:
            line, at = formula.parent, formula.parent.index(formula)
            line[at : at + 2] = [inline("", "", formula, Text(after[:1]), classes=["together"]), Text(after[1:])]


def numbered(name: str) -> str:
    """The equation's name, and its number on this site, which leads to formulas.md."""
    return f"`{name}` {{eq}}`eq:{name}`"


# ---- sources -------------------------------------------------------------------------------------------------------------


def sources(folder: Path) -> None:
    """Every Python file of package and tests as a page of its own, so that the map of formulas has somewhere to lead."""
    files = sorted(path for top in ("minigan", "tests") for path in (ROOT / top).rglob("*.py"))
    names = [path.relative_to(ROOT).as_posix() for path in files]
    for name in names:
        up = "../" * (name.count("/") + 2)
        page = f"---\norphan: true\n---\n# `{name}`\n\n```{{literalinclude}} {up}{name}\n:language: python\n:linenos:\n```\n"
        atomic_write(folder / f"{name}.md", page)
    items = "\n".join(f"- [{name}]({name}.md)" for name in names)
    atomic_write(
        folder / "index.md",
        f"# Source\n\nThe files of the package and its tests, as they were when this site was built.\n\n{items}\n",
    )


def rewrite(app, name: str, source: list[str]) -> None:
    """Links out of docs/ lead to the pages made here: ../minigan/game.py#L12 to that line of its source, a folder to the list."""
    depth = name.count("/")

    def lead(match):
        text, up, path, line = match.groups()
        if up.count("../") != depth + 1:
            return match[0]
        if line:  # of a line Sphinx knows nothing, so the link is written as HTML; docs/check_site.py follows it
            return f'<a class="reference internal" href="{"../" * depth}code/{path}.html#L{line}">{text}</a>'
        if path.endswith(".py"):
            target = f"code/{path}.md"
        elif path.startswith("notebooks/"):
            target = "lessons/" + Path(path).name
        else:
            target = "code/index.md" if (ROOT / path).is_dir() else "index.md"
        return f"[{text}]({'../' * depth}{target})"

    if not name.startswith(("code/", "lessons/")):
        source[0] = LINK.sub(lead, source[0])


def number_lines(app, name: str, template: str, context: dict, doctree) -> None:
    """Line 12 of a source's page is an anchor, #L12."""
    if name.startswith("code/"):
        line = r'<span class="linenos">( *(\d+))</span>'
        context["body"] = re.sub(line, r'<span class="linenos" id="L\2">\1</span>', context["body"])


# ---- API -----------------------------------------------------------------------------------------------------------------


def api(folder: Path) -> None:
    of = {}
    for place in locate():
        if place.kind == "code":
            of.setdefault((place.path, place.owner.split(".")[0]), []).append(place.name)
    for name, title in API.items():
        module = importlib.import_module(name)
        text = [f"# {title}\n\n`{name}`\n", fenced(inspect.getdoc(module) or "")]
        text += [entry(public, getattr(module, public), of) for public in names_of(module)]
        atomic_write(folder / f"{name}.md", "\n".join(text))
    listed = "\n".join(API)
    atomic_write(
        folder / "index.md",
        "# API\n\nThe docstrings, with the equations each part computes. In a terminal: `minigan explain Conv2d`.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n",
    )


def names_of(module) -> list[str]:
    """What a module offers: its __all__, or what it defines itself and does not hide."""
    if hasattr(module, "__all__"):
        names = module.__all__
    else:
        names = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    things = {name: getattr(module, name) for name in names if not name.startswith("_")}
    kinds = inspect.isclass, inspect.isfunction
    return [name for name, thing in things.items() if any(is_one(thing) for is_one in kinds) and ours(thing)]


def ours(thing) -> bool:
    return thing.__module__.startswith("minigan")


def entry(name: str, thing, of: dict) -> str:
    path = Path(inspect.getfile(inspect.unwrap(thing))).resolve().relative_to(ROOT).as_posix()
    lines = [f"## {name}\n", f"```python\n{name}{signature(thing)}\n```\n", fenced(inspect.getdoc(thing) or "")]
    for equation in dict.fromkeys(of.get((path, name), ())):
        lines.append(f"$$\n{equations()[equation].latex}\n$$\n")
    lines.append(f"Source: [{path}](../code/{path}.md)\n")
    return "\n".join(lines)


def signature(thing) -> str:
    try:
        return str(inspect.signature(thing)).replace("'", "")
    except (ValueError, TypeError):
        return "(...)"


def fenced(docstring: str) -> str:
    return f"```text\n{docstring}\n```\n" if docstring else ""
