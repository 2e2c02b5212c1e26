"""The lessons in Chinese: what is translated, what stays, what `minigan notebooks --lang zh` writes."""

import json
import re
import sysconfig

import pytest

pytest.importorskip("babel")

from minigan import cli
from minigan.teach.lessons import shelf, translate
from minigan.teach.lessons.shelf import lessons
from minigan.teach.lessons.translate import (
    caption,
    captioned,
    catalogues,
    messages,
    read_catalogue,
    titles,
    translated,
    translated_text,
)

CHINESE = re.compile(r"[\u4e00-\u9fff]")
MARKDOWN = """# A title

Some *words*
on two lines with $a_b$.

- one item
  that goes on
- another

| a | b |
|---|---|
| cell | cell |

$$ x = 1 \\tag{1.1} $$

```python
code = "cell"
```
"""


def code(book):
    return [cell for cell in book["cells"] if cell["cell_type"] == "code"]


def test_messages_are_headings_paragraphs_items_and_cells():
    found = list(messages(MARKDOWN))
    assert [message.text for message in found] == [
        *("A title", "Some *words* on two lines with $a_b$.", "one item that goes on", "another"),
        *("a", "b", "cell", "cell"),
    ]
    assert [MARKDOWN[m.start : m.end] for m in found[:3]] == [
        *("A title", "Some *words*\non two lines with $a_b$.", "one item\n  that goes on"),
    ]


def test_only_known_messages_are_replaced():
    known = {"A title": "标题", "one item that goes on": "一项", "cell": "格"}
    done = translated_text(MARKDOWN, known)
    assert done == (
        MARKDOWN.replace("# A title", "# 标题")
        .replace("- one item\n  that goes on", "- 一项")
        .replace("| cell | cell |", "| 格 | 格 |")
    )
    assert translated_text(MARKDOWN, {}) == MARKDOWN


def test_a_figure_gets_its_title_as_a_caption_only_if_it_is_translated():
    source = 'with figure("Too small, and 2 * 3") as ax:\n    pass\nfilm("A film", frames)\nfigure(title)'
    assert titles('title = "A name"\nwith figure(title, panels=2):\n    pass') == ["A name"]
    assert titles(source) == ["Too small, and 2 * 3", "A film"]
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    assert caption("Too small, and 2 * 3") == r"Too small, and 2 \* 3"
    assert list(captioned([cell], {})) == [cell]
    assert [c["source"] for c in captioned([cell], {"A film": "影片"})] == [source, "A film"]
    assert [c["source"] for c in captioned([cell], None)] == [source, "Too small, and 2 \\* 3\n\nA film"]
    book = translated({"cells": [cell]}, {"A film": "图：影片"}, "zh_CN")
    assert ["".join(c["source"]) for c in book["cells"]] == [source, "图：影片"]


def test_words_that_are_written_as_html_are_translated_too():
    text = "<details><summary>Solution</summary>"
    assert translate.translated_html(text, "zh_CN") == "<details><summary>答案</summary>"
    assert translate.translated_html(text, "en") == text


def test_fuzzy_and_empty_translations_do_not_count_and_equations_keep_their_names(tmp_path):
    path = tmp_path / "a.po"
    path.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "one"\nmsgstr "一"\n\nmsgid "two"\nmsgstr ""\n\n#, fuzzy\nmsgid "three"\nmsgstr "三"\n\n'
        'msgid "by `bce` {eq}`eq:bce`"\nmsgstr "由 `bce` {eq}`eq:bce`"\n',
        encoding="utf-8",
    )
    assert read_catalogue(path) == {"one": "一", "by `eq:bce`": "由 `eq:bce`"}
    assert read_catalogue(tmp_path / "none.po") == {}


def test_the_command_writes_lesson_0_in_chinese_with_the_same_code(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["notebooks", "--lang", "zh", "--no-open"]) == 0
    assert "00_first_look.ipynb  copied" in capsys.readouterr().out
    for lesson in lessons():
        english = json.loads(lesson.read_text(encoding="utf-8"))
        chinese = json.loads((tmp_path / "minigan-lessons-zh" / lesson.name).read_text(encoding="utf-8"))
        assert code(chinese) == code(english)
        assert all(cell["outputs"] == [] for cell in code(chinese))
        ids = [cell["id"] for cell in chinese["cells"]]
        assert len(set(ids)) == len(ids)
    book = json.loads((tmp_path / "minigan-lessons-zh" / "00_first_look.ipynb").read_text(encoding="utf-8"))
    words = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "markdown"]
    assert words[0].startswith("# 第 0 课：初次见面\n\n**目标** ")
    assert all(CHINESE.search(text) for text in words)
    assert "图：同样的 400 个假样本，从第一步到最后一步" in words


def test_a_lesson_without_a_catalogue_stays_english(tmp_path, monkeypatch):
    monkeypatch.setattr(translate, "catalogues", lambda language: tmp_path)
    (lesson,) = lessons("0")
    written = translate.translated_lessons([lesson], "zh")[lesson.name]
    assert json.loads(written) == json.loads(lesson.read_text(encoding="utf-8"))


def test_an_installed_wheel_has_the_catalogues_in_share(tmp_path, monkeypatch):
    monkeypatch.setattr(translate, "ROOT", tmp_path)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / name))
    with pytest.raises(FileNotFoundError, match=r"neither in .*docs.locale.* nor in .*share.minigan.notebooks.zh_CN"):
        catalogues("zh")
    place = tmp_path / "data" / "share" / "minigan" / "notebooks" / "zh_CN"
    place.mkdir(parents=True)
    (place / "01_a.po").touch()
    assert catalogues("zh") == place


def test_missing_packages_are_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(translate, "find_spec", lambda name: None if name == "babel" else object())
    assert cli.main(["notebooks", "--lang", "zh", "--no-open", str(tmp_path / "a")]) == 1
    assert "translating the lessons needs babel: pip install babel" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_check_and_lang_do_not_go_together(capsys):
    assert cli.main(["notebooks", "--lang", "zh", "--check"]) == 1
    assert "--lang does not go with --check" in capsys.readouterr().err


def test_english_is_copied_as_it_is(tmp_path):
    assert set(shelf.copy_lessons(tmp_path, language="en").values()) == {"copied"}
    assert (tmp_path / lessons()[0].name).read_bytes() == lessons()[0].read_bytes()
