"""Formula, code, test, lesson: every equation has all of them, and the page that lists them is up to date."""

import json
import re
import runpy
from pathlib import Path

import pytest

import minigan
from minigan import losses, optim, penalties
from minigan.measure.certify.samples import SAMPLES
from minigan.teach.formulas import book, equations, gaps, groups, locate, page, places
from minigan.teach.formulas.subject import names

ROOT = Path(minigan.__file__).parents[1]
ALL = equations().values()


def without_lines(text: str) -> str:
    """The page without its line numbers, which change with every edit."""
    return re.sub(r"(#L|:)\d+", r"\1", text)


# ---- the map --------------------------------------------------------------------------------------------------------------


def test_every_equation_has_code_a_test_and_a_lesson():
    assert gaps() == []


def test_the_page_is_up_to_date():
    written = (ROOT / "docs" / "formulas.md").read_text(encoding="utf-8")
    assert without_lines(written) == without_lines(page()), "run: python -m minigan.teach.formulas > docs/formulas.md"


def test_the_line_numbers_of_a_new_page_are_right():
    links = re.findall(r"\]\(\.\./([^)#]+)#L(\d+)\)", page())
    assert len(links) > 2 * len(ALL)
    sources = {path: (ROOT / path).read_text(encoding="utf-8").splitlines() for path, _ in links}
    assert all(int(line) <= len(sources[path]) for path, line in links)
    named = {(place.path, place.line) for place in locate() if place.kind != "lesson"}
    assert {(path, int(line)) for path, line in links} == named


def test_the_module_prints_the_page(capsys):
    runpy.run_module("minigan.teach.formulas", run_name="__main__")
    assert capsys.readouterr().out == page()


def test_every_link_of_the_page_has_a_target():
    paths = set(re.findall(r"\]\(\.\./([^)#]+)", page()))
    assert all((ROOT / path).exists() for path in paths)


def test_everything_certified_has_an_equation():
    """Fails for a new layer, loss, penalty or optimizer that is not in the map."""
    certified = {type(sample.layer).__name__ for sample in SAMPLES} | {*losses.GAN_LOSSES, *penalties.PENALTIES}
    assert certified | {"SGD", "RMSProp", "Adam", "EMA", *vars(optim).keys() & {"constant", "linear", "cosine"}} <= set(
        names()
    )


# ---- the book -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("equation", ALL, ids=lambda equation: equation.name)
def test_each_equation_can_be_typeset_and_read(equation):
    assert places.TAG.fullmatch(equation.tag)
    assert all(part.strip() for part in equation[:-1])
    assert max(map(len, equation.text.splitlines())) <= 96
    assert not re.search(r"\\[a-zA-Z]", equation.text)  # no LaTeX in a terminal
    latex = re.sub(r"\\[\\{}]", "", equation.latex)
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\bigl") == latex.count(r"\bigr")
    assert latex.count(r"\Bigl") == latex.count(r"\Bigr")
    assert re.findall(r"\\begin{(\w+)}", latex) == re.findall(r"\\end{(\w+)}", latex)
    assert not re.search(r"\$|\n\n", equation.latex)  # either one would end the formula on the page
    assert "\n" not in equation.title + equation.words + equation.source


def test_titles_and_anchors_are_unique():
    assert len({equation.title for equation in ALL}) == len({equation.name.lower() for equation in ALL}) == len(ALL)


def test_each_equation_is_in_one_chapter():
    inside = [equation for chapter in groups().values() for equation in chapter]
    assert sorted(inside) == sorted(ALL)
    assert all(groups().values())


def test_an_equation_without_a_chapter_is_refused(monkeypatch):
    lost = book.Equation("lost.dx", "Lost", "x", "x", "Lost.")
    monkeypatch.setattr(book, "equations", lambda: {"lost.dx": lost})
    with pytest.raises(ValueError, match=r"eq:lost\.dx belongs to no chapter: add 'lost' to the names of a chapter"):
        groups()


# ---- the search -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path):
    """A small project in a temporary folder -> write(path, text), which returns the places of its package."""

    def write(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
        places.locate.cache_clear()
        return places.locate(tmp_path / "package")

    write("pyproject.toml", "")
    yield write
    places.locate.cache_clear()


CODE = '''"""eq:dense.dx in a docstring of the code does not count."""


class Dense:
    # dW += x' dy   eq:dense.dW

    @property
    def outer(self):
        y = "eq:dense.dx"
        return y  # x' dy   eq:conv.dW eq:adam


TABLE: dict = {
    "a": 1,  # eq:ema
}
[0][0] = 1  # eq:clip
'''


def found(all_places):
    return [(place.name, place.kind, place.path, place.line, place.owner) for place in all_places]


def test_in_code_comments_count_and_a_comment_line_belongs_to_the_next_line(project):
    assert found(project("package/dense.py", CODE)) == [
        ("dense.dW", "code", "package/dense.py", 7, "Dense.outer"),
        ("conv.dW", "code", "package/dense.py", 10, "Dense.outer"),
        ("adam", "code", "package/dense.py", 10, "Dense.outer"),
        ("ema", "code", "package/dense.py", 14, "TABLE"),
        ("clip", "code", "package/dense.py", 16, "[0][0]"),
    ]


def test_in_tests_docstrings_count_too(project):
    project("package/__init__.py", "")
    test = (
        'def test_a():\n    """It is eq:ema."""\n    # eq:adam\n    assert "eq:clip"\n\n\nif 1:  # eq:sgd\n    pass\n'
    )
    assert found(project("tests/deep/test_a.py", test)) == [
        ("ema", "test", "tests/deep/test_a.py", 1, "test_a"),
        ("adam", "test", "tests/deep/test_a.py", 4, "test_a"),
        ("sgd", "test", "tests/deep/test_a.py", 7, ""),
    ]


def test_in_lessons_the_text_counts(project):
    project("package/__init__.py", "")
    cells = [{"source": ["By {eq}`eq:conv.dW`, ", "and eq:conv.dW again."]}, {"source": r"\tag{eq:leaky\_relu.dx}"}]
    assert found(project("notebooks/10_convolution.ipynb", json.dumps({"cells": cells}))) == [
        ("conv.dW", "lesson", "notebooks/10_convolution.ipynb", 1, "10_convolution"),
        ("leaky_relu.dx", "lesson", "notebooks/10_convolution.ipynb", 1, "10_convolution"),
    ]


def test_in_an_installed_package_only_the_code_is_searched(project, tmp_path):
    project("package/a.py", "x = 1  # eq:adam\n")
    project("tests/test_a.py", "x = 1  # eq:adam\n")
    (tmp_path / "pyproject.toml").unlink()
    places.locate.cache_clear()
    assert {place.kind for place in places.locate(tmp_path / "package")} == {"code"}


def test_every_missing_link_is_reported():
    some = tuple(place for place in locate() if place.name not in ("adam", "ema"))
    adam = next(place for place in locate() if place.name == "adam" and place.kind == "code")
    ema = next(place for place in locate() if place.name == "ema" and place.kind == "test")
    wrong = ema._replace(name="emma")
    assert gaps((*some, adam, ema, wrong)) == [
        f"{ema}: eq:emma is not in equations.toml",
        "eq:ema: no line of code carries it",
        "eq:adam: no test carries it",
        "eq:adam: no lesson derives it",
        "eq:ema: no lesson derives it",
    ]


def test_every_equation_of_the_page_links_to_a_lesson():
    written = page()
    waiting = [name for name in equations() if name.split(".")[0] in book.without_lesson()]
    assert written.count("- lesson: [") == len(equations()) - len(waiting)
    assert written.count("- lesson: -") == len(waiting)
