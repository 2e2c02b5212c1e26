"""Bring the catalogues of the Chinese site up to date:  python docs/translations.py

Sphinx lists the messages of each page, and Babel merges them into docs/locale: a new message has no translation yet, one that was
reworded keeps its old translation, marked fuzzy, until somebody has read it again, and one that is gone is removed.  At the end
the script lists what is left to do.  tests/docs/test_translations.py fails until nothing is left.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from minigan.teach.lessons.translate import captioned, messages, plain, read_catalogue

DOCS = Path(__file__).resolve().parent
NOTEBOOKS = DOCS.parent / "notebooks"
LOCALE = DOCS / "locale" / "zh_CN" / "LC_MESSAGES"

LAST = 22  # the last lesson whose frame is translated
WHOLE = (  # every message of these pages is translated; all other pages of the site are English
    "index",
    "microgan",
    "glossary",
    "article",
    "cheatsheets/index",
    "cheatsheets/notation",
    "cheatsheets/losses",
    "cheatsheets/symptoms",
    "cheatsheets/shapes",
    "lessons/index",
    "lessons/00_first_look",
)
FRAME = tuple(  # of lessons 1 to LAST: title, goal, prerequisites, headings, exercises, summary, titles of figures
    path.stem for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")) if 1 <= int(path.stem[:2]) <= LAST
)
LETTERS = re.compile(r"[A-Za-z]{2}")
NO_WORDS = re.compile(r"`[^`]*`|\$[^$]*\$|\]\([^)]*\)|<[^>]*>")  # code, formulas, targets of links, HTML
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def has_words(message: str) -> bool:
    """Return whether there is anything to translate in a message."""
    return bool(LETTERS.search(NO_WORDS.sub("", message))) and not CHINESE.search(message)


def frame(cells: list[dict]) -> Iterator[str]:
    """Yield the messages of a lesson that a reader of Chinese needs at least."""
    part = ""  # the heading of the part, such as "Summary", or "Exercise"
    for cell in captioned(cells, None):
        if cell["cell_type"] == "code":
            continue
        text = "".join(cell["source"])
        for message in messages(text):
            line = text[text.rfind("\n", 0, message.start) + 1 : message.start]
            heading = line.startswith("#")
            if heading:
                part = re.split(r"[: ]", message.text)[0]
            solution = "solution" in cell["metadata"].get("tags", [])
            first = re.match(r"\*\*(Goal|Prerequisites|Run time)\*\* ", message.text)
            asked = part in ("Exercise", "Summary") and not solution
            if heading or first or asked or cell["id"].endswith("-caption"):
                yield message.text


def needed(lesson: str) -> list[str]:
    """Return the messages of a lesson in FRAME that have to be translated."""
    cells = json.loads((NOTEBOOKS / f"{lesson}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [text for text in frame(cells) if has_words(text)]


def untranslated(page: str) -> list[str]:
    """Return the messages of a page that have no translation in its catalogue, or one that is fuzzy, but need one."""
    path = LOCALE / f"{page}.po"
    if page in WHOLE:
        with path.open("rb") as file:
            wanted = [str(message.id) for message in read_po(file) if message.id and has_words(str(message.id))]
    else:
        wanted = needed(Path(page).stem)
    known = read_catalogue(path)
    return [text for text in wanted if plain(text) not in known]


def without_formulas(template: Catalog) -> Catalog:
    """Remove what Sphinx lists besides the text: displayed formulas, and an image's words that are part of another message."""
    texts = {str(message.id) for message in template}
    inside = {words for text in texts for words in re.findall(r"!\[([^\]]*)\]\(", text)}
    for text in texts:
        if text in inside or (re.search(r"\\[a-zA-Z]+", text) and not re.search(r"[$`]", text)):
            template.delete(text)
    return template


def new_catalogue() -> Catalog:
    """Return an empty catalogue."""
    catalog = Catalog(
        locale="zh_CN",
        project="minigan",
        version="0",
        copyright_holder="the minigan maintainers",
        msgid_bugs_address="docs/contributing.md",
        last_translator="the minigan maintainers",
        language_team="zh_CN",
        header_comment="# The site and the lessons in Chinese; docs/contributing.md says how to update this file.",
        fuzzy=False,
    )
    catalog.revision_date = catalog.creation_date  # not the time of writing, which would differ each time
    return catalog


def update() -> None:
    """Merge the messages of the site into the catalogues, and print how many translations each lacks."""
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "sphinx", "-Q", "-b", "gettext", "-D", "exclude_patterns=_build,code,api"]
        subprocess.run([*build, str(DOCS), folder], check=True, env=os.environ | {"MINIGAN_SITE_EXECUTE": "0"})
        for page in (*WHOLE, *(f"lessons/{lesson}" for lesson in FRAME)):
            path = LOCALE / f"{page}.po"
            catalog = new_catalogue()
            if path.is_file():
                with path.open("rb") as file:
                    catalog = read_po(file, locale="zh_CN")
            with Path(folder, f"{page}.pot").open("rb") as file:
                catalog.update(without_formulas(read_po(file)), update_creation_date=False)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, catalog, width=0, ignore_obsolete=True, no_location=True)
            if left := untranslated(page):
                print(f"{path.relative_to(DOCS.parent)}: {len(left)} to translate, the first: {left[0][:80]}")


if __name__ == "__main__":
    update()
