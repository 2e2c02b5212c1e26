"""The table of small sets: what each method trains on, and a tiny cell of each kind."""

import dataclasses

import numpy as np
import pytest

from minigan import data
from minigan.measure.results import portraits
from minigan.measure.results.table import Cell

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Every 10th image of each set."""
    whole = {name: data.load(name) for name in ("portraits", "emoji")}
    tenth = {
        name: dataclasses.replace(
            found,
            images=found.images[::10],
            labels=None if found.labels is None else found.labels[::10],
            attributes={key: codes[::10] for key, codes in found.attributes.items()},
        )
        for name, found in whole.items()
    }
    monkeypatch.setattr(data, "load", lambda name: tenth[name])


def cell(method, **changes):
    tiny = {"steps": 4, "width": 2, "batch": 4, "latent": 4}
    return Cell(method, 0, portraits.METHODS[method] | tiny | changes)


def test_the_methods_differ_in_the_images_and_the_augmentation_only():
    assert len(portraits.METHODS) == 12
    for settings in portraits.METHODS.values():
        same = {name: value for name, value in settings.items() if name not in ("data", "images", "augment", "ada")}
        assert same == {name: value for name, value in portraits.METHODS["400/plain"].items() if name in same}
    assert portraits.METHODS["400/plain"]["augment"] == "none"
    assert portraits.METHODS["4,000/ADA"]["ada"]


@pytest.mark.parametrize("method", ["400/DiffAugment", "emoji/ADA"])
def test_one_cell(method):
    figures = portraits.run_cell(cell(method, images=120), quick=True)
    expected = set(portraits.COLUMNS)
    if method.startswith("emoji"):
        expected -= {"pairs_made", "pair_error", "new_combinations"}
    assert set(figures) == expected
    assert all(np.isfinite(value) for value in figures.values())
    assert figures["frechet"] > figures["floor"]
    assert figures["augment_p"] == (1 if method == "400/DiffAugment" else pytest.approx(0, abs=0.01))
    again = portraits.run_cell(cell(method, images=120), quick=True)
    assert again == figures
