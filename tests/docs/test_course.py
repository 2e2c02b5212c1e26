"""The map: every lesson is in one part, and a part needs only parts above it."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def course():
    spec = importlib.util.spec_from_file_location("course", ROOT / "docs" / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_lesson_is_in_one_part(course):
    listed = [number for part in course.PARTS for number in part.lessons]
    assert len(set(listed)) == len(listed)
    assert {path.name[:2] for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")} <= set(listed)


def test_a_part_needs_only_parts_above_it(course):
    titles = [part.title for part in course.PARTS]
    for k, part in enumerate(course.PARTS):
        named = [title for title in titles if title in part.needs]
        assert set(named) <= set(titles[:k]), part.title
        assert not part.core or all(course.PARTS[titles.index(title)].core for title in named)


def test_the_hours_follow_from_the_lesson(course, tmp_path):
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "**Run time** 90 s " + "word " * 596},
        {"cell_type": "code", "metadata": {"tags": ["exercise"]}, "source": "not words"},
    ]
    path = tmp_path / "01_a.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    assert course.hours(path) == pytest.approx((600 / 60 + 20 + 1.5) / 60)


def test_the_page_has_all_parts_and_both_sums(course):
    page = course.page(ROOT / "notebooks")
    assert "| Foundations | [1](01_derivatives.ipynb), " in page
    assert page.count("```{toctree}") == page.count(":caption:")
    assert re.search(r"^\| the core path \| \| \| \d+ \|", page, re.MULTILINE)
    assert re.search(r"^\| the whole course \| \| \| \d+ \|", page, re.MULTILINE)
