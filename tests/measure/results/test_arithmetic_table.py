"""The table of attribute arithmetic: what is added, what is counted, on a game whose codes are the attributes."""

import dataclasses

import pytest

from minigan import data
from minigan.data.portraits import FILES, read
from minigan.measure.results import arithmetic
from minigan.measure.results.table import Cell
from minigan.models.portraitnet import SIZES

pytestmark = pytest.mark.slow


class Pixels:
    """Its code is the image itself, so a direction is the difference of two mean images."""

    def encode(self, x):
        return x.reshape(len(x), -1)

    def generate(self, z):
        return z.reshape(-1, 32, 32, 3)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """The training portraits take the place of the fresh ones."""
    found = read(FILES / "portraits.png")
    few = dataclasses.replace(
        found, images=found.images[::10], attributes={name: codes[::10] for name, codes in found.attributes.items()}
    )
    monkeypatch.setattr(data, "load", lambda name, split="train": few)
    monkeypatch.setattr(arithmetic.pretrained, "load", lambda name: Pixels())
    return few


def cell(method, **changes):
    return Cell(method, 0, arithmetic.METHODS[method] | {"portraits": 60} | changes)


def test_every_value_that_is_added_exists(known):
    for settings in arithmetic.METHODS.values():
        values = known.attribute_classes[settings["attribute"]]
        assert arithmetic.codes_of(values, settings["value"])
        assert 0 < arithmetic.has(known, settings["attribute"], settings["value"]).mean() < 0.7
    assert arithmetic.codes_of(("chin", "full", "none"), arithmetic.ANY) == [0, 1]
    assert arithmetic.codes_of(("chin", "full", "none"), "none") == [2]


def test_nothing_added_changes_nothing(known):
    figures = arithmetic.run_cell(cell("beard, 1 times", scale=0.0), quick=True)
    assert figures["after"] == figures["before"]
    assert figures["kept"] == figures["kept_least"] == 100
    beard = arithmetic.has(known, "beard", arithmetic.ANY)[:60].mean()
    assert figures["before"] == pytest.approx(100 * beard, abs=10)  # as PortraitNet reads it
    kept = {f"kept_{name}" for name in SIZES if name != "beard"}
    assert set(figures) == {*arithmetic.COLUMNS, *kept}


def test_a_background_can_be_added_to_the_pixels():
    figures = arithmetic.run_cell(cell("violet background, 1 times"), quick=True)
    assert figures["after"] > figures["before"]
    assert figures["kept_least"] <= figures["kept"] < 100
    assert figures["kept_least"] == min(value for name, value in figures.items() if name.startswith("kept_"))


def test_the_picture(tmp_path):
    (path,) = arithmetic.draw([], tmp_path, quick=False)
    assert path.stat().st_size > 10_000
    assert path.name == "arithmetic.png"
