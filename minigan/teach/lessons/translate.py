"""The lessons in another language: `minigan notebooks --lang zh`.

A gettext catalogue has a message for each paragraph, heading, list item and table cell of a lesson's Markdown, and one for the
title of each figure and film.  They are the catalogues from which Sphinx builds the Chinese site (docs/locale), so a sentence is
translated once.  Text without a translation stays English, and no code is changed: below a figure is a caption in Markdown.
"""

import ast
import json
import re
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from minigan.teach.lessons.shelf import ROOT
from minigan.teach.lessons.solve import source

LANGUAGES = {"zh": "zh_CN"}  # --lang -> the folder of its catalogues
HTML = {
    "zh_CN": {">Solution<": ">答案<", ">This page as PDF<": ">本页的 PDF<"}
}  # what is written as HTML is not in a catalogue
NEEDS = {"babel": "babel", "markdown_it": "markdown-it-py", "mdit_py_plugins": "mdit-py-plugins"}
SHOWN = "figure", "film"  # the functions whose first argument is a title
NUMBERED = re.compile(r"`([\w.]+)` \{eq\}`eq:\1`")  # what the site makes of `eq:NAME`


class Message(NamedTuple):
    """A translatable piece of Markdown, on one line, and its place in the text."""

    text: str
    start: int
    end: int


def catalogues(language: str) -> Path:
    """Return the folder with a catalogue for each lesson: in a checkout docs/locale, in an installed wheel a folder in share/.

    Raises ValueError if a package is missing, FileNotFoundError if there are no catalogues.
    """
    if missing := [package for module, package in NEEDS.items() if not find_spec(module)]:
        raise ValueError(f"translating the lessons needs {', '.join(missing)}: pip install {' '.join(missing)}")
    name = LANGUAGES[language]
    places = (
        ROOT / "docs" / "locale" / name / "LC_MESSAGES" / "lessons",
        Path(sysconfig.get_path("data")) / "share" / "minigan" / "notebooks" / name,
    )
    for place in places:
        if any(place.glob("*.po")):
            return place
    raise FileNotFoundError(f"the translations of the lessons are neither in {places[0]} nor in {places[1]}")


def read_catalogue(path: Path) -> dict[str, str]:
    """Return the finished translations of a catalogue, {English: translation}; {} if there is no such file."""
    from babel.messages.pofile import read_po

    if not path.is_file():
        return {}
    with path.open("rb") as file:
        known = read_po(file)
    return {plain(str(m.id)): plain(str(m.string)) for m in known if m.id and m.string and not m.fuzzy}


def plain(text: str) -> str:
    """Return a message of the site as it is in the notebook: equations there have names, and no numbers."""
    return NUMBERED.sub(r"`eq:\1`", text)


def messages(markdown: str) -> Iterator[Message]:
    """Yield the messages of a Markdown text in order, as Sphinx extracts them: without code blocks and displayed formulas."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    lines = [0]
    for line in markdown.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    end = 0
    for token in MarkdownIt("commonmark").enable("table").use(dollarmath_plugin).parse(markdown):
        if token.type != "inline" or not token.content or token.map is None:
            continue
        parts = token.content.split("\n")
        start = end = max(end, lines[token.map[0]])
        for i, part in enumerate(parts):  # between the lines may be the indentation of a list
            found = markdown.find(part, end)
            if found < 0:
                break  # an escaped | in a table
            start, end = (found if i == 0 else start), found + len(part)
        else:
            yield Message(token.content.replace("\n", " ").strip(), start, end)


def titles(code: str) -> list[str]:
    """Return the titles of the figures and films of a code cell that are written out there, or assigned to a name before."""
    found: list[tuple[int, str]] = []
    named: dict[str, ast.expr] = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id] = node.value
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SHOWN and node.args:
            title = node.args[0]
            title = named.get(title.id, title) if isinstance(title, ast.Name) else title
            if isinstance(title, ast.Constant):
                found.append((node.lineno, str(title.value)))
    return [title for _, title in sorted(found)]


def caption(title: str) -> str:
    """Return a title as Markdown: none of its characters is markup."""
    return re.sub(r"([\\*_$`<\[])", r"\\\1", title)


def captioned(cells: list[dict], known: dict[str, str] | None) -> Iterator[dict]:
    """Yield the cells, and after each with a figure a cell with its title in English; with `known`, only titles it has."""
    for cell in cells:
        yield cell
        if cell["cell_type"] == "code":
            wanted = [caption(title) for title in titles(source(cell))]
            wanted = [text for text in wanted if known is None or text in known]
            if wanted:
                id = f"{cell['id']}-caption"
                yield {"cell_type": "markdown", "id": id, "metadata": {}, "source": "\n\n".join(wanted)}


def translated_text(markdown: str, known: dict[str, str]) -> str:
    """Return a Markdown text with the messages in `known` translated."""
    done, at = "", 0
    for text, start, end in messages(markdown):
        if text in known:
            done, at = done + markdown[at:start] + known[text], end
    return done + markdown[at:]


def translated_html(text: str, language: str) -> str:
    """Return a text with the words that are written as HTML translated; `language` is such as "zh_CN"."""
    for english, other in HTML.get(language, {}).items():
        text = text.replace(english, other)
    return text


def translated(book: dict[str, Any], known: dict[str, str], language: str) -> dict[str, Any]:
    """Return a notebook with its Markdown translated and captions below its figures; the code is the same."""
    cells = []
    for cell in captioned(book["cells"], known):
        if cell["cell_type"] == "markdown":
            text = translated_html(translated_text(source(cell), known), language)
            cell = cell | {"source": text.splitlines(keepends=True)}
        cells.append(cell)
    return book | {"cells": cells}


def translated_lessons(lessons: list[Path], language: str) -> dict[str, bytes]:
    """Return {file name: the notebook in another language, as bytes} for each lesson."""
    folder, books = catalogues(language), {}
    for lesson in lessons:
        book, known = json.loads(lesson.read_text(encoding="utf-8")), read_catalogue(folder / f"{lesson.stem}.po")
        book = translated(book, known, LANGUAGES[language])
        books[lesson.name] = (json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
    return books
