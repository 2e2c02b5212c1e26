"""The pages of the site that are generated: lessons, sources, the API.

Each build writes them again (folders lessons/, code/ and api/, none of them in git) from the notebooks, from the source files,
and from the docstrings with the equations that minigan.teach.formulas finds for each name.
"""

import importlib
import inspect
import json
import os
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import course
from docutils.nodes import Text, document, inline, math, math_block

from minigan.running.files import atomic_write
from minigan.teach.formulas import equations, locate
from minigan.teach.lessons.translate import captioned, read_catalogue, translated_html

ROOT = Path(__file__).resolve().parent.parent
API = {  # module -> the title of its page; in reading order
    "minigan.layers": "Layers: five verbs each",
    "minigan.network": "Networks over one flat vector",
    "minigan.losses": "Losses: from scores to a value and gradients",
    "minigan.penalties": "Gradient penalties",
    "minigan.optim": "Optimizers, schedules, the moving average",
    "minigan.game": "The two steps of a GAN",
    "minigan.trainer": "The training loop",
    "minigan.differences": "Numerical derivatives",
    "minigan.gradcheck": "Checks of layers, networks and steps",
    "minigan.models": "Networks to start with",
    "minigan.models.pretrained": "Trained models",
    "minigan.data": "Data sets",
    "minigan.metrics": "Quality metrics",
    "minigan.evaluation": "Evaluation of a run",
    "minigan.plots": "Plots",
    "minigan.running.checkpoint": "Checkpoints",
    "minigan.running.interop": "Weights to and from PyTorch",
    "minigan.running.folder": "Runs on disk",
    "minigan.running.weights": "Models in one file",
    "minigan.running.use": "Samples and measures of a run",
    "minigan.zoo.recipe": "Options of a recipe",
    "minigan.kernels": "Kernels",
}
LINK = re.compile(r"\[([^\[\]]+)\]\(((?:\.\./)+)([^)#\s]+)(?:#L(\d+))?\)")


def write(app: Any) -> None:
    """Write all generated pages into the folder of the sources, and the Jupyter kernel that runs the lessons into that of the doctrees."""
    docs = Path(app.srcdir)
    kernel(Path(app.doctreedir, "jupyter"))
    for name in ("lessons", "code", "api"):
        shutil.rmtree(docs / name, ignore_errors=True)
    lessons(docs / "lessons", app.builder.name, app.config.language, Path(app.outdir))
    sources(docs / "code")
    api(docs / "api")


def kernel(folder: Path) -> None:
    """Write a kernel that runs the lessons in the Python that builds the site, without the start-up messages of ipykernel."""
    argv = [sys.executable, "-m", "ipykernel_launcher", "--log-level=ERROR", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    atomic_write(folder / "kernels" / "python3" / "kernel.json", json.dumps(spec))
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(folder), os.environ.get("JUPYTER_PATH", "")])


# ---- lessons -------------------------------------------------------------------------------------------------------------


def lessons(folder: Path, builder: str, language: str, site: Path) -> None:
    """Copy the notebooks; each `eq:name` in their text gets its number.

    For a translation, and for the list of what there is to translate (the builder gettext), the figures get captions.  The site
    in another language is a folder in the English one: the outputs come from there.
    """
    notebooks = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    known = equations()
    for path in notebooks:
        book = json.loads(path.read_text(encoding="utf-8"))
        if builder == "gettext":
            book["cells"] = list(captioned(book["cells"], None))
        elif language != "en":
            fill_outputs(book, site.parents[1] / "jupyter_execute" / "lessons" / path.name)
            catalogue = folder.parent / "locale" / language / "LC_MESSAGES" / "lessons" / f"{path.stem}.po"
            book["cells"] = list(captioned(book["cells"], read_catalogue(catalogue)))
        for cell in book["cells"]:
            if cell["cell_type"] == "markdown":
                text = translated_html("".join(cell["source"]), language)
                cell["source"] = re.sub(r"`eq:([\w.]+)`", lambda m: numbered(m[1]) if m[1] in known else m[0], text)
        atomic_write(folder / path.name, json.dumps(book))
    atomic_write(folder / "index.md", course.page(ROOT / "notebooks"))


def fill_outputs(book: dict[str, Any], executed: Path) -> None:
    """Copy the outputs of a lesson that the English build executed; leave it as it is if there was none, or it had other code."""
    if executed.is_file():
        done = [
            cell for cell in json.loads(executed.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"
        ]
        mine = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
        if ["".join(cell["source"]) for cell in done] == ["".join(cell["source"]) for cell in mine]:
            for cell, other in zip(mine, done, strict=True):
                cell["outputs"] = other["outputs"]


def mend_formulas(app: Any, doctree: document) -> None:
    """Leave an equation with its own \\tag to MathJax, and keep the punctuation after a formula on the same line."""
    for equation in doctree.findall(math_block):
        latex = equation.astext()
        if r"\tag" in latex:  # Sphinx would wrap several lines in a `split`, which allows no tags
            latex = re.sub(r"\\tag\{[^}]*\}", lambda tag: tag[0].replace(r"\_", "_"), latex)
            equation["no-wrap"] = equation["nowrap"] = True  # the flag's name since Sphinx 8.2, and before
            equation.clear()
            equation += Text(rf"\[{latex}\]")
    for formula in list(doctree.findall(math)):
        after = formula.next_node(descend=False, siblings=True)
        if isinstance(after, Text) and after[:1] in set(",.;:)?!，。；：）？！、"):
            line, at = formula.parent, formula.parent.index(formula)
            line[at : at + 2] = [inline("", "", formula, Text(after[:1]), classes=["together"]), Text(after[1:])]


def numbered(name: str) -> str:
    """Return the equation's name and its number on this site, a link to formulas.md."""
    return f"`{name}` {{eq}}`eq:{name}`"


# ---- sources -------------------------------------------------------------------------------------------------------------


def sources(folder: Path) -> None:
    """Write a page for every Python file of the package and the tests; the map of formulas links to them."""
    files = sorted(path for top in ("minigan", "tests") for path in (ROOT / top).rglob("*.py"))
    files.append(ROOT / "notebooks" / "microgan.py")
    names = [path.relative_to(ROOT).as_posix() for path in files]
    for name in names:
        up = "../" * (name.count("/") + 2)
        page = f"---\norphan: true\n---\n# `{name}`\n\n```{{literalinclude}} {up}{name}\n:language: python\n:linenos:\n```\n"
        atomic_write(folder / f"{name}.md", page)
    items = "\n".join(f"- [{name}]({name}.md)" for name in names)
    atomic_write(
        folder / "index.md",
        f"# Source\n\nThe files of the package and its tests at the time this site was built.\n\n{items}\n",
    )


def rewrite(app: Any, name: str, source: list[str]) -> None:
    """Point links out of docs/ to the generated pages: ../minigan/game.py#L12 to that line of its source, a folder to the list."""
    depth = name.count("/")

    def target_of(match: re.Match) -> str:
        text, up, path, line = match.groups()
        if up.count("../") != depth + 1:
            return match[0]
        if line:  # Sphinx knows nothing of line anchors, so the link is written as HTML; docs/check_site.py follows it
            return f'<a class="reference internal" href="{"../" * depth}code/{path}.html#L{line}">{text}</a>'
        if path.endswith(".py"):
            target = f"code/{path}.md"
        elif path.startswith("notebooks/"):
            target = "lessons/" + Path(path).name
        else:
            target = "code/index.md" if (ROOT / path).is_dir() else "index.md"
        return f"[{text}]({'../' * depth}{target})"

    if not name.startswith(("code/", "lessons/")):
        source[0] = translated_html(LINK.sub(target_of, source[0]), app.config.language)


def number_lines(app: Any, name: str, template: str, context: dict[str, Any], doctree: document | None) -> None:
    """Give each line of a source page an anchor: #L12."""
    if name.startswith("code/"):
        line = r'<span class="linenos">( *(\d+))</span>'
        context["body"] = re.sub(line, r'<span class="linenos" id="L\2">\1</span>', context["body"])


def link_languages(app: Any, name: str, template: str, context: dict[str, Any], doctree: document | None) -> None:
    """Give the template language.html the link to the same page in the other language: the Chinese site is in the folder zh/."""
    up, english = "../" * name.count("/"), app.config.language == "en"
    context["other_language"] = f"{up}zh/{name}.html" if english else f"{up}../{name}.html"
    context["other_name"], context["other_code"] = ("中文", "zh-CN") if english else ("English", "en")


# ---- API -----------------------------------------------------------------------------------------------------------------


def api(folder: Path) -> None:
    """Write a page for each module of API: its docstrings, with the equations each part computes."""
    of: dict[tuple[str, str], list[str]] = {}
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


def names_of(module: ModuleType) -> list[str]:
    """Return the public classes and functions of a module: those in __all__, or those it defines itself."""
    if hasattr(module, "__all__"):
        names = module.__all__
    else:
        names = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    things = {name: getattr(module, name) for name in names if not name.startswith("_")}
    kinds = inspect.isclass, inspect.isfunction
    return [name for name, thing in things.items() if any(is_one(thing) for is_one in kinds) and ours(thing)]


def ours(thing: Any) -> bool:
    """Return whether a class or function belongs to the library."""
    return thing.__module__.startswith("minigan")


def entry(name: str, thing: Any, of: dict[tuple[str, str], list[str]]) -> str:
    """Return the Markdown of one class or function; `of` maps (path, owner) to the names of its equations."""
    path = Path(inspect.getfile(inspect.unwrap(thing))).resolve().relative_to(ROOT).as_posix()
    lines = [f"## {name}\n", f"```python\n{name}{signature(thing)}\n```\n", fenced(inspect.getdoc(thing) or "")]
    for equation in dict.fromkeys(of.get((path, name), ())):
        lines.append(f"$$\n{equations()[equation].latex}\n$$\n")
    lines.append(f"Source: [{path}](../code/{path}.md)\n")
    return "\n".join(lines)


def signature(thing: Any) -> str:
    """Return the signature as text, (...) if Python does not know it."""
    try:
        return str(inspect.signature(thing)).replace("'", "")
    except (ValueError, TypeError):
        return "(...)"


def fenced(docstring: str) -> str:
    """Return a docstring as a block of plain text."""
    return f"```text\n{docstring}\n```\n" if docstring else ""
