"""Recipes are found by listing a folder, and refused with a sentence when they are not recipes."""

import dataclasses
import re
import shutil
from pathlib import Path

import pytest

from minigan import zoo
from minigan.zoo import gan, recipe
from minigan.zoo.recipe import option

GOOD = "from minigan.zoo.gan import Options, build\n"


RESULTS = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["vae", "vaegan", "context", "small", "projected"])
def test_a_measured_result_is_that_of_the_table(name):
    _, result = zoo.summary(zoo.load(name))
    figures = re.findall(r"\d+\.\d+", result)
    assert figures
    assert all(figure in RESULTS for figure in figures)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder of the user's own recipes."""
    monkeypatch.setenv("MINIGAN_RECIPES", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", zoo.names())
def test_every_recipe_of_minigan_is_one_and_says_what_it_is(name):
    found = zoo.load(name)
    assert zoo.name_of(found) == name
    line, result = zoo.summary(found)
    assert 10 < len(line) < 120
    assert "\n" not in result
    assert all(item.metadata["help"] for item in dataclasses.fields(found.Options))
    assert found.Options().steps >= 1  # the defaults fit


def test_the_default():
    assert zoo.load() is gan
    assert zoo.names() == sorted(zoo.names())


def test_a_file_in_the_users_folder_is_a_recipe(own):
    (own / "mine.py").write_text('"""Mine."""\n' + GOOD, encoding="utf-8")
    (own / "_helper.py").write_text("", encoding="utf-8")
    assert zoo.names()[-1] == "mine"
    mine = zoo.load("mine")
    assert zoo.load("mine") is mine  # imported once: its Options stay the same class
    assert zoo.name_of(mine) == "mine"
    assert zoo.summary(mine) == ("Mine.", "")


def test_the_same_name_in_another_folder_is_another_recipe(own, monkeypatch):
    (own / "mine.py").write_text(GOOD, encoding="utf-8")
    first = zoo.load("mine")
    shutil.copytree(own, own / "copy")
    monkeypatch.setenv("MINIGAN_RECIPES", str(own / "copy"))
    assert zoo.load("mine") is not first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"bad\.py is not a recipe: it needs a class Options that inherits"),
        ("class Options: pass\n", "it needs a class Options that inherits"),
        ("from minigan.zoo.gan import Options\n", r"it needs a function build\(options, source, rng\)"),
        (
            "from minigan.zoo import gan\nbuild = gan.build\nclass Options(gan.Options):\n    more: int = 1\n",
            r"put @dataclass\(frozen=True\) above its class Options",
        ),
        ("x = 1\ny = x / 0\n", r"bad\.py, line 2: ZeroDivisionError: division by zero"),
        ("x = 1\ny = (\n", r"bad\.py, line 2: SyntaxError: "),
        (
            "from dataclasses import dataclass\nfrom minigan.zoo import gan\nbuild = gan.build\n"
            "@dataclass(frozen=True)\nclass Options(gan.Options):\n    sizes: tuple = ()\n",
            "the option sizes must be an int, a float, a bool or a str",
        ),
    ],
)
def test_what_is_not_a_recipe(own, text, message):
    (own / "bad.py").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        zoo.load("bad")


def test_a_name_that_minigan_has_already(own):
    (own / "gan.py").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ValueError, match=r"gan\.py has the name of a recipe of minigan: rename it"):
        zoo.names()


def test_a_folder_that_is_not_there(monkeypatch):
    monkeypatch.setenv("MINIGAN_RECIPES", "/no/such/folder")
    with pytest.raises(NotADirectoryError, match="MINIGAN_RECIPES must be a folder of recipes, got '/no/such/folder'"):
        zoo.names()


def test_a_name_that_does_not_exist(monkeypatch):
    monkeypatch.delenv("MINIGAN_RECIPES", raising=False)
    with pytest.raises(ValueError, match=r"^unknown recipe 'gen' \(MINIGAN_RECIPES names no .*\): did you mean 'gan'"):
        zoo.load("gen")


# ---- options -------------------------------------------------------------------------------------------------------------


def test_annotations_may_be_strings():
    """`from __future__ import annotations` in a recipe."""

    @dataclasses.dataclass(frozen=True)
    class Options(recipe.Options):
        speed: "float" = option(1.0, "how fast", least=-1)  # noqa: RUF009

    assert Options(speed=3).speed == 3.0
    with pytest.raises(ValueError, match=r"speed must be finite and at least -1, got -2\.0"):
        Options(speed=-2)


def test_bounds_of_an_option():
    @dataclasses.dataclass(frozen=True)
    class Options(recipe.Options):
        free: float = option(0.0, "any number")
        kind: str = option("a", "one of two", choices=["a", "b"])

    assert Options(free=-1e30).free == -1e30
    with pytest.raises(ValueError, match="free must be finite, got inf"):
        Options(free=float("inf"))
    with pytest.raises(ValueError, match="unknown kind 'c'; choose from a, b"):
        Options(kind="c")
