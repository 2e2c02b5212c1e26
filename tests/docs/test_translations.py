"""The Chinese catalogues in docs/locale: nothing is missing or fuzzy, nothing is left over, formulas and code are as they were."""

import configparser
import importlib
import json
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("babel")

from babel.messages.pofile import read_po
from markdown_it import MarkdownIt

from minigan.teach.lessons.translate import captioned, messages, plain

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
UPDATE = "run: python docs/translations.py"


def load(name):
    """A module of docs/."""
    sys.path.insert(0, str(DOCS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(DOCS))


translations = load("translations")
PAGES = (*translations.WHOLE, *(f"lessons/{lesson}" for lesson in translations.FRAME))
each = pytest.mark.parametrize("page", PAGES)


@cache
def catalogue(page):
    """{English: message} of a page, without the header."""
    with (translations.LOCALE / f"{page}.po").open("rb") as file:
        return {plain(str(message.id)): message for message in read_po(file) if message.id}


def translated(page):
    return [(text, plain(str(message.string))) for text, message in catalogue(page).items() if message.string]


def without_targets(text):
    """The site writes links to other pages in its own way, so the target of a link does not count."""
    return re.sub(r"\]\([^)]*\)", "]()", text)


def said(page, tmp_path):
    """What there is to translate on a page now."""
    if page == "lessons/index":
        pytest.importorskip("sphinx")
        load("site_pages").lessons(tmp_path, "html", "en", tmp_path)
        texts = [(tmp_path / "index.md").read_text(encoding="utf-8")]
    elif page.startswith("lessons/"):
        book = json.loads((ROOT / "notebooks" / f"{Path(page).name}.ipynb").read_text(encoding="utf-8"))
        texts = ["".join(c["source"]) for c in captioned(book["cells"], None) if c["cell_type"] == "markdown"]
    else:
        texts = [re.sub(r"\A---\n.*?\n---\n", "", (DOCS / f"{page}.md").read_text(encoding="utf-8"), flags=re.DOTALL)]
    if page == "microgan":
        pytest.importorskip("sphinx")
        rows = load("annotated").rows((ROOT / "notebooks" / "microgan.py").read_text(encoding="utf-8"))
        texts += [row.title for row in rows] + ["\n".join(row.words) for row in rows]
    return {without_targets(message.text) for text in texts for message in messages(text)}


@each
def test_every_message_that_needs_a_translation_has_one(page):
    assert not translations.untranslated(page), UPDATE


@each
def test_no_translation_is_fuzzy(page):
    assert not [text for text, message in catalogue(page).items() if message.fuzzy], (
        "read it again, then remove the flag"
    )


@each
def test_no_translation_is_stale(page, tmp_path):
    later = {
        text for part in load("course").PARTS for text in (part.title, part.needs, part.gives)
    }  # parts of the map to come
    stale = {without_targets(text) for text, _ in translated(page)} - said(page, tmp_path)
    assert not stale - (later if page == "lessons/index" else set()), UPDATE


@pytest.mark.parametrize("page", translations.WHOLE)
def test_a_whole_page_has_no_message_that_its_catalogue_lacks(page, tmp_path):
    known = {without_targets(text) for text, _ in translated(page)}
    assert not {text for text in said(page, tmp_path) - known if translations.has_words(text)}, UPDATE


@each
def test_formulas_code_and_links_are_as_they_were(page):
    kept = re.compile(r"`[^`]+`|\$[^$]+\$|\]\([^)]*\)")
    for text, chinese in translated(page):
        if page == "lessons/index":
            chinese = chinese.replace(" --lang zh", "")
        assert set(kept.findall(chinese)) == set(kept.findall(text)), text


@each
def test_translations_are_chinese(page):
    for text, chinese in translated(page):
        short = len(text.split()) < 4  # a name, a shape, an answer such as NaN
        term = page == "glossary" and chinese == text  # its first column stays English
        assert short or term or translations.CHINESE.search(chinese), text
        assert not re.search(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]", chinese), (
            f"Chinese punctuation: {chinese}"
        )


@each
def test_emphasis_and_links_are_still_markup(page):
    """A ** between a bracket and a Chinese character, for example, is no longer markup, but two stars."""

    def markup(text):
        (inline,) = MarkdownIt("commonmark").parseInline(text)
        return Counter(
            token.type for token in inline.children if token.type in ("strong_open", "link_open", "image")
        ), [token.content for token in inline.children if token.type == "text" and "*" in token.content]

    for text, chinese in translated(page):
        formulas = re.compile(r"\$[^$]+\$")
        (was, starred), (now, stars) = markup(formulas.sub("x", text)), markup(formulas.sub("x", chinese))
        assert (now, len(stars)) == (was, len(starred)), chinese


def test_every_catalogue_belongs_to_a_page():
    found = {
        path.relative_to(translations.LOCALE).with_suffix("").as_posix() for path in translations.LOCALE.rglob("*.po")
    }
    assert found == set(PAGES)


def test_a_wheel_carries_the_catalogues_of_the_lessons():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    (pattern,) = setup["options.data_files"]["share/minigan/notebooks/zh_CN"].split()
    assert {f"lessons/{path.stem}" for path in ROOT.glob(pattern)} == {
        page for page in PAGES if page.startswith("lessons/")
    }
