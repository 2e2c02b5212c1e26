"""What the Chinese site takes from the English one: the outputs of the lessons, and on each page a link to the other."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx")

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def site_pages(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import site_pages

    return site_pages


@pytest.mark.parametrize(
    ("language", "page", "target"),
    [
        ("en", "index", "zh/index.html"),
        ("en", "lessons/03_losses", "../zh/lessons/03_losses.html"),
        ("zh_CN", "index", "../index.html"),
        ("zh_CN", "lessons/03_losses", "../../lessons/03_losses.html"),
    ],
)
def test_each_page_links_to_itself_in_the_other_language(site_pages, language, page, target):
    context = {}
    site_pages.link_languages(SimpleNamespace(config=SimpleNamespace(language=language)), page, "", context, None)
    assert context["other_language"] == target
    assert context["other_name"] == ("中文" if language == "en" else "English")


def test_the_chinese_lessons_have_the_outputs_of_the_english_ones(site_pages, tmp_path):
    lessons, site = tmp_path / "lessons", tmp_path / "html" / "zh"
    site_pages.lessons(lessons, "html", "en", tmp_path / "html")
    english = json.loads((lessons / "00_first_look.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in english["cells"] if cell["cell_type"] == "code"]
    code[-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "a film"}]
    executed = tmp_path / "jupyter_execute" / "lessons" / "00_first_look.ipynb"
    executed.parent.mkdir(parents=True)
    executed.write_text(json.dumps(english), encoding="utf-8")

    site_pages.lessons(lessons, "html", "zh_CN", site)
    chinese = json.loads((lessons / "00_first_look.ipynb").read_text(encoding="utf-8"))
    assert [cell for cell in chinese["cells"] if cell["cell_type"] == "code"] == code

    code[0]["source"] = "print('another lesson')"
    executed.write_text(json.dumps(english), encoding="utf-8")
    site_pages.lessons(lessons, "html", "zh_CN", site)
    other = json.loads((lessons / "00_first_look.ipynb").read_text(encoding="utf-8"))
    assert not any(cell.get("outputs") for cell in other["cells"])


def test_a_translation_gets_captions_and_english_does_not(site_pages, tmp_path):
    def captions(builder, language):
        folder = tmp_path / "docs" / "lessons"
        (folder.parent / "locale").mkdir(parents=True, exist_ok=True)
        if not (folder.parent / "locale" / "zh_CN").exists():
            (folder.parent / "locale" / "zh_CN").symlink_to(DOCS / "locale" / "zh_CN")
        site_pages.lessons(folder, builder, language, tmp_path / "html" / "zh")
        book = json.loads((folder / "00_first_look.ipynb").read_text(encoding="utf-8"))
        return ["".join(cell["source"]) for cell in book["cells"] if cell["id"].endswith("-caption")]

    assert captions("html", "en") == []
    assert captions("html", "zh_CN") == captions("gettext", "en")
    assert "The same training without a penalty" in captions("gettext", "en")
